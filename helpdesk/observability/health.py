"""The endpoints for load balancers and monitors: /healthz (alive), /readyz (can serve) and /metrics.

They are requested at each process's inner address: over plain http, with any Host, without cookies. So the middleware
answers before the host is checked, and the settings exempt these paths from the redirect to https.
"""

from __future__ import annotations

import logging

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.crypto import constant_time_compare

from helpdesk.observability import metrics
from helpdesk.types import GetResponse

log = logging.getLogger(__name__)

OK = "ok"


def health_middleware(get_response: GetResponse) -> GetResponse:
    """Answer the paths of this module. Without METRICS_TOKEN there is no /metrics."""
    views = {"/healthz": healthz, "/readyz": readyz}
    if settings.METRICS_TOKEN:
        views["/metrics"] = metrics_view

    def handle(request: HttpRequest) -> HttpResponse:
        view = views.get(request.path_info)
        if view is None:
            return get_response(request)
        response = view(request) if request.method in {"GET", "HEAD"} else HttpResponseNotAllowed(["GET", "HEAD"])
        response.headers["Cache-Control"] = "no-store"
        return response

    return handle


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer without checking anything else."""
    return _plain("alive\n")


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if this process can serve, or else 503 with what is missing.

    A missing cache is reported but is not a reason to route people elsewhere: the site works without it, and other
    machines would not have it either.
    """
    database = _check_database()
    migrations = _check_migrations() if database == OK else "not known"
    ready = database == migrations == OK
    checks = {"database": database, "migrations": migrations, "cache": _check_cache()}
    lines = ["ready" if ready else "not ready", *(f"{name}: {state}" for name, state in checks.items())]
    return _plain("".join(f"{line}\n" for line in lines), 200 if ready else 503)


def metrics_view(request: HttpRequest) -> HttpResponse:
    """Return the metrics to whoever sends the token."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not constant_time_compare(token.strip(), settings.METRICS_TOKEN):
        return HttpResponse("The token is not right.\n", "text/plain", 401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.exposition(), metrics.CONTENT_TYPE)


def _plain(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text, "text/plain; charset=utf-8", status)


def _check_database() -> str:
    """Return the state of the database. The log gets the exception's type only: its text can hold credentials."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        log.warning("The database does not answer: %s", type(error).__name__)
        connection.close()
        return "does not answer"
    return OK


# The migrations that were applied when none was missing: while they still are, the plan is not computed again.
_complete: set[tuple[str, str]] = set()


def _check_migrations() -> str:
    """Return `ok`, or how many migrations this version of the site still needs."""
    try:
        applied = MigrationRecorder(connection).applied_migrations().keys()
        if not _complete or not _complete <= applied:
            executor = MigrationExecutor(connection)
            if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return f"{len(plan)} not applied: run manage.py migrate"
            _complete.clear()
            _complete.update(applied)
    except Error as error:
        log.warning("The migrations cannot be read: %s", type(error).__name__)
        connection.close()
        return "cannot be read"
    return OK


def _check_cache() -> str:
    """Return the state of the Redis server that the machines share; `ok` where the settings name none."""
    if not settings.RATE_STORAGE:
        return OK
    try:
        with redis.from_url(settings.RATE_STORAGE, socket_timeout=1, socket_connect_timeout=1) as server:
            server.ping()
    except (OSError, redis.RedisError) as error:
        log.warning("The cache does not answer: %s", type(error).__name__)
        return "does not answer; the site goes on without it"
    return OK
