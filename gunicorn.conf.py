"""How gunicorn serves the site. Run as `gunicorn helpdesk.wsgi` in this folder; HOST and PORT say where it listens.

One process with several threads suits SQLite. With PostgreSQL and Redis, set WEB_CONCURRENCY to a process per core.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")


def _check_settings() -> None:
    """Stop with one line, not with each worker's stack trace, where a setting is wrong."""
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    try:
        settings.INSTALLED_APPS  # noqa: B018  reading one reads them all
    except ImproperlyConfigured as mistake:
        sys.exit(f"The settings are not right: {mistake}")


_check_settings()

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
threads = 8
timeout = 60  # seconds without a sign of life, until a worker is replaced
graceful_timeout = 5  # seconds to finish answers when stopping
keepalive = 5
forwarded_allow_ips = ""  # whether a proxy's X-Forwarded-Proto counts is TRUSTED_PROXY's to say
control_socket_disable = True
loglevel = "warning"
