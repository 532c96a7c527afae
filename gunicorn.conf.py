"""How gunicorn serves the site. Run as `gunicorn helpdesk.wsgi` in this folder; HOST and PORT say where it listens.

One process with several threads suits SQLite. With PostgreSQL and Redis, set WEB_CONCURRENCY to a process per core.
helpdesk/settings.py reads all three, from the environment or from the settings file.
"""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

from helpdesk.env import check_settings

check_settings()

from django.conf import settings  # noqa: E402

from helpdesk.observability import multiprocess  # noqa: E402

bind = settings.LISTEN
workers = settings.PROCESSES
worker_class = "gthread"
threads = 8
timeout = 60  # seconds without a heartbeat before a worker is replaced
graceful_timeout = 5  # seconds to finish requests when stopping
keepalive = 5
forwarded_allow_ips = ""  # TRUSTED_PROXY decides about a proxy's X-Forwarded-Proto
control_socket_disable = True
loglevel = "warning"
logger_class = "helpdesk.observability.gunicorn_logging.GunicornLogger"
accesslog = "-" if settings.ACCESS_LOG else None

# With metrics on, each worker counts into its own file (helpdesk/observability/multiprocess.py).
if settings.METRICS_TOKEN:
    multiprocess.make_folder()


def pre_fork(server: Any, worker: Any) -> None:
    """Give a worker its slot."""
    multiprocess.assign_slot(server, worker)


def post_fork(server: Any, worker: Any) -> None:
    """Tell a worker its slot."""
    os.environ[multiprocess.SLOT] = str(worker.slot)


def on_exit(server: Any) -> None:
    """Remove the files of the metrics."""
    multiprocess.remove_folder()
