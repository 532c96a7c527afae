"""gunicorn's own log in the format of all others. Its access log (ACCESS_LOG) holds no query and no visitor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from gunicorn.glogging import Logger

from helpdesk.observability.logging import REQUEST_ID_KEY, formatter


class GunicornLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """The `logger_class` of gunicorn.conf.py."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(formatter(settings.LOG_FORMAT))

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Log one request: method, path, status, milliseconds, bytes of the body."""
        if not self.access_log_enabled:
            return
        fields = {
            "method": environ.get("REQUEST_METHOD", ""),
            "path": environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace"),
            "status": int(str(resp.status).partition(" ")[0]),
            "ms": round(request_time.total_seconds() * 1000),
            "bytes": resp.sent,
        }
        extra = fields | {"request_id": environ.get(REQUEST_ID_KEY, "")}
        self.access_log.info("%(method)s %(path)s %(status)s %(ms)s ms %(bytes)s bytes", fields, extra=extra)
