"""What machines ask of the site: whether it lives (/healthz), can serve (/readyz), and how it does (/metrics).

A load balancer and a monitor ask each process by its inner address: over plain http, under any Host, without cookies.
So these are answered before the site looks at the host, and settings exempt them from the way to https.
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
    """Answer the addresses of this module; everything else goes on. Without METRICS_TOKEN there is no /metrics."""
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
    """Say that this process answers. It looks at nothing else."""
    return _plain("alive\n")


def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether this process can serve: 200, or 503 with what is missing.

    A cache that does not answer is told, and is no reason to send people elsewhere: the site goes on without it, and
    every other machine would miss it too.
    """
    database = _database()
    parts = {"database": database, "migrations": _migrations() if database == OK else "not known", "cache": _cache()}
    ready = parts["database"] == parts["migrations"] == OK
    lines = ["ready" if ready else "not ready", *(f"{part}: {state}" for part, state in parts.items())]
    return _plain("".join(f"{line}\n" for line in lines), 200 if ready else 503)


def metrics_view(request: HttpRequest) -> HttpResponse:
    """Return the figures for Prometheus, to whoever brings the token."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not constant_time_compare(token.strip(), settings.METRICS_TOKEN):
        return HttpResponse("The token is not right.\n", "text/plain", 401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.exposition(), metrics.CONTENT_TYPE)


def _plain(words: str, status: int = 200) -> HttpResponse:
    return HttpResponse(words, "text/plain; charset=utf-8", status)


def _database() -> str:
    """Return `ok`, or that the database does not answer; why exactly is for the log."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as away:
        log.warning("The database does not answer: %s", type(away).__name__)
        connection.close()
        return "does not answer"
    return OK


class _Complete:
    """The migrations that were applied when last none was missing: while they all are, none is looked for."""

    known: frozenset[tuple[str, str]] | None = None


def _migrations() -> str:
    """Return `ok`, or how many migrations this version of the site still needs."""
    try:
        applied = frozenset(MigrationRecorder(connection).applied_migrations())
        if _Complete.known is None or not _Complete.known <= applied:
            executor = MigrationExecutor(connection)
            if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return f"{len(plan)} not applied: run manage.py migrate"
            _Complete.known = applied
    except Error as away:
        log.warning("The migrations cannot be read: %s", type(away).__name__)
        connection.close()
        return "cannot be read"
    return OK


def _cache() -> str:
    """Return `ok`, or that the Redis server that several machines share does not answer."""
    if not settings.RATE_STORAGE:
        return OK
    try:
        with redis.from_url(settings.RATE_STORAGE, socket_timeout=1, socket_connect_timeout=1) as server:
            server.ping()
    except (OSError, redis.RedisError) as away:
        log.warning("The cache does not answer: %s", type(away).__name__)
        return "does not answer; the site goes on without it"
    return OK
