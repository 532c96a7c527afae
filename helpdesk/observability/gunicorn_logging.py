"""gunicorn's own log, in the form of all other lines. Its access log (ACCESS_LOG) names no query and no visitor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from gunicorn.glogging import Logger

from helpdesk.observability.logging import REQUEST_ID, formatter


class GunicornLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn calls to say what happened."""

    def setup(self, cfg: Any) -> None:
        """Set the logs up, in the form that LOG_FORMAT names."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(formatter(settings.LOG_FORMAT))

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Write the line of one request: method, path, status, milliseconds, bytes of the body."""
        if not self.access_log_enabled:
            return
        line = {
            "method": environ.get("REQUEST_METHOD", ""),
            "path": environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace"),
            "status": int(str(resp.status).partition(" ")[0]),
            "ms": round(request_time.total_seconds() * 1000),
            "bytes": resp.sent,
        }
        more = line | {"request_id": environ.get(REQUEST_ID, "")}
        self.access_log.info("%(method)s %(path)s %(status)s %(ms)s ms %(bytes)s bytes", line, extra=more)
