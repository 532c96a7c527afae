"""What gunicorn serves in a fault test: the site as it is, or with one protection taken out.

CHAOS_SABOTAGE names what is taken out; nothing of the product reads it. A test that does not notice sees nothing.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from django.core import signals
from django.db import DatabaseError, close_old_connections, connections, transaction
from django.template.loader import get_template

from helpdesk.ratelimit import limiter
from helpdesk.wsgi import application as product
from wizards import journal
from wizards.journal import commands

LATE = 0.03  # seconds between acknowledging and committing, where that is the sabotage


def autocommit(application: Any) -> Any:
    """Take the transaction out: the event is there before the session's row moves along."""
    commands._lock = lambda sessions: sessions.get()
    for name in ("answer", "back"):
        setattr(journal, name, getattr(journal, name).__wrapped__)
    return application


def unlocked(application: Any) -> Any:
    """Take the lock out: no SELECT FOR UPDATE, and SQLite's transactions begin DEFERRED."""
    commands._lock = lambda sessions: sessions.get()
    connections.settings["default"].get("OPTIONS", {}).pop("transaction_mode", None)
    return application


def early(application: Any) -> Any:
    """Acknowledge first, and commit a moment later."""
    for each in (signals.request_started, signals.request_finished):
        each.disconnect(close_old_connections)  # they would close a connection that is in the middle of something

    class Late:
        """A response that commits when it was sent."""

        def __init__(self, response: Any, block: Any) -> None:
            self.response, self.block = response, block

        def __iter__(self) -> Any:
            return iter(self.response)

        def close(self) -> None:
            time.sleep(LATE)
            self.response.close()
            self.block.__exit__(None, None, None)

    def handle(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST" or not environ["PATH_INFO"].startswith("/s/"):
            return application(environ, start_response)
        block = transaction.atomic()
        block.__enter__()
        return Late(application(environ, start_response), block)

    return handle


def pretending(application: Any) -> Any:
    """Acknowledge what the database refused to take."""
    honest = journal.answer

    def answer(own: Any, number: int, *arguments: Any, **options: Any) -> Any:
        try:
            return honest(own, number, *arguments, **options)
        except DatabaseError:
            session = own.get()
            session.count = number + 1
            return session

    journal.answer = answer
    return application


def unsynced(application: Any) -> Any:
    """Let PostgreSQL commit without waiting for its log to be on the disk."""
    connections.settings["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
    return application


def leaning(application: Any) -> Any:
    """Take out what counts in this process while Redis is away."""
    limiter.redis_fallback.call = lambda shared, local, errors: shared()
    return application


def stumbling(application: Any) -> Any:
    """Fail once in twenty answers."""
    honest, answers = journal.answer, count(1)

    def answer(*arguments: Any, **options: Any) -> Any:
        if next(answers) % 20 == 0:
            raise RuntimeError("for the test")
        return honest(*arguments, **options)

    journal.answer = answer
    return application


SABOTAGES = {each.__name__: each for each in (autocommit, unlocked, early, pretending, unsynced, leaning, stumbling)}


def warm(application: Any) -> None:
    """Load what a first page loads, so that a worker that is copied after a kill is at work at once."""
    address = {"REQUEST_METHOD": "GET", "PATH_INFO": "/contact/", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80"}
    rest = {"wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO()}
    b"".join(application({**address, **rest, "HTTP_HOST": "127.0.0.1"}, lambda *_: None))
    for name in (
        "step",
        "_step",
        "_screen",
        "_question",
        "_instructions",
        "_confirm",
        "_procedure",
        "_diagnosis",
        "_outcome",
    ):
        get_template(f"customer/session/{name}.html")


limiter.RETRY_SECONDS = float(os.environ.get("CHAOS_REST", limiter.RETRY_SECONDS))
application = product
warm(application)
if sabotage := os.environ.get("CHAOS_SABOTAGE"):
    application = SABOTAGES[sabotage](application)
