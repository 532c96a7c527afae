"""What each part of the fast path gains: the product without one of them, in turns with the product.

    python -m tools.bench.answers.without [--rounds 7] [--seconds 3] [--databases postgres sqlite]

gunicorn serves this module's `application` too: BENCH_WITHOUT names the part that is replaced by what Django does. The
product never reads that variable. See docs/bench.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from statistics import median
from typing import Any

WITHOUT = "BENCH_WITHOUT"
AT_ONCE = 3  # apps beside the product: each keeps 16 connections, and PostgreSQL allows 100


def session_lookup() -> None:
    """Read the session with the ORM."""
    from wizards.models import Session
    from wizards.models.session_lookup import SessionLookup

    def get(self: SessionLookup) -> Session:
        rows = Session.objects.filter(code=self.code, visitor=self.visitor)
        return (rows.select_for_update() if self.locked else rows).get()

    SessionLookup.get = get  # type: ignore[method-assign]


def journal_sql() -> None:
    """Write the events and the session's row with the ORM."""
    from wizards.journal import sql
    from wizards.models import Event, Session

    def insert_events(session: Session, events: Sequence[Any], at: Any, actor: str, agent_id: int | None) -> None:
        numbered = enumerate(events, session.count - len(events) + 1)
        places = ("node", "cause", "step", "answer", "to")
        Event.objects.bulk_create(
            Event(
                session_id=session.pk,
                number=number,
                at=at,
                actor=actor,
                agent_id=agent_id,
                kind=event.kind.value,
                offered=list(event.offered),
                **{name: getattr(event, name) for name in places},
            )
            for number, event in numbered
        )

    sql.insert_events = insert_events
    sql.update_session = lambda session: session.save(update_fields=sql.SESSION_FIELDS)


def fragment_cache() -> None:
    """Render each fragment with its template."""
    from wizards.presenters import responses

    responses.cached_fragment = lambda request, page: None


def health_check() -> None:
    """Let Django query the server before it reuses a connection."""
    from django.db.backends.postgresql import base

    from helpdesk.postgresql.base import DatabaseWrapper

    DatabaseWrapper.is_usable = base.DatabaseWrapper.is_usable


def prepared_statements() -> None:
    """Let the server plan each statement every time."""
    from helpdesk.postgresql.base import DatabaseWrapper

    del DatabaseWrapper.prepared_cursor


def write_turns() -> None:
    """Let SQLite wait for the write lock in its own way."""
    from helpdesk.sqlite.base import DatabaseWrapper

    del DatabaseWrapper._start_transaction_under_autocommit


Part = Callable[[], None]
COMMON: tuple[Part, ...] = (session_lookup, journal_sql, fragment_cache)
PARTS: dict[str, tuple[Part, ...]] = {
    "postgres": (*COMMON, health_check, prepared_statements),
    "sqlite": (*COMMON, write_turns),
}


def main(arguments: list[str]) -> None:
    """Print a JSON line for each part and database: the rate without it, against the product's."""
    from tests import postgres
    from tools.bench import results
    from tools.bench.answers.run import on_server

    parser = argparse.ArgumentParser(prog="tools.bench.answers.without", description="What each part gains.")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each app, in turns (7)")
    parser.add_argument("--seconds", type=float, default=3, help="how long a run is (3)")
    parser.add_argument("--databases", nargs="+", choices=tuple(PARTS), default=tuple(PARTS))
    chosen = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        for name in chosen.databases:
            if name == "postgres":
                databases = on_server(stack.enter_context(postgres.server()))
            else:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="helpdesk-bench-"))
                databases = (f"sqlite:///{folder}/{number}.sqlite3" for number in count())
            for measured in measure(name, databases, chosen.rounds, chosen.seconds):
                print(json.dumps(measured | results.machine()), flush=True)


def measure(database: str, databases: Iterator[str], rounds: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Yield how the rate without each part compares with the product's; the median of paired runs."""
    from tools.bench.answers import apps
    from tools.bench.answers.run import in_turns, rate

    without = [
        apps.App(part.__name__, __spec__.name, apps.product().prepare, environment={WITHOUT: part.__name__})
        for part in PARTS[database]
    ]
    others = [apps.floor(), *without]
    for start in range(0, len(others), AT_ONCE):
        compared = [apps.product(), *others[start : start + AT_ONCE]]
        with contextlib.ExitStack() as stack:
            served = [stack.enter_context(apps.serving(app, next(databases))) for app in compared]
            runs = in_turns(served, rounds, seconds)
        for app in compared[1:]:
            pairs = zip(runs[app.name], runs["product"], strict=True)
            yield {
                "name": app.name if app.name == "FLOOR" else f"without {app.name}",
                "against": "product",
                "database": database if database == "postgres" else f"sqlite {sqlite3.sqlite_version}",
                "ratio": round(median(rate(one) / rate(other) for one, other in pairs), 3),
                "rate": round(median(map(rate, runs[app.name])), 1),
                "their_rate": round(median(map(rate, runs["product"])), 1),
            }


if __name__ == "__main__":
    main(sys.argv[1:])
elif name := os.environ.get(WITHOUT):
    from helpdesk.wsgi import application

    __all__ = ["application"]
    next(part for parts in PARTS.values() for part in parts if part.__name__ == name)()
