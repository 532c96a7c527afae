"""How gunicorn serves the site. Run as `gunicorn helpdesk.wsgi` in this folder; HOST and PORT say where it listens.

One process with several threads suits SQLite. With PostgreSQL and Redis, set WEB_CONCURRENCY to a process per core.
helpdesk/settings.py reads all three, from the environment or from the settings file.
"""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

from helpdesk.env import check_settings

check_settings()

from django.conf import settings  # noqa: E402  they are right

from helpdesk.observability import multiprocess as shared  # noqa: E402  `workers` is a setting of gunicorn's

bind = settings.LISTEN
workers = settings.PROCESSES
worker_class = "gthread"
threads = 8
timeout = 60  # seconds without a sign of life, until a worker is replaced
graceful_timeout = 5  # seconds to finish answers when stopping
keepalive = 5
forwarded_allow_ips = ""  # whether a proxy's X-Forwarded-Proto counts is TRUSTED_PROXY's to say
control_socket_disable = True
loglevel = "warning"
logger_class = "helpdesk.observability.gunicorn_logging.GunicornLogger"
accesslog = "-" if settings.ACCESS_LOG else None

# Where metrics are on, each worker counts into a file of its own (helpdesk/observability/multiprocess.py).
if settings.METRICS_TOKEN:
    shared.make_folder()


def pre_fork(server: Any, worker: Any) -> None:
    """Give a worker its slot."""
    shared.assign_slot(server, worker)


def post_fork(server: Any, worker: Any) -> None:
    """Tell a worker its slot."""
    os.environ[shared.SLOT] = str(worker.slot)


def on_exit(server: Any) -> None:
    """Leave nothing behind."""
    shared.remove_folder()
