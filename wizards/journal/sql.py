"""The two statements with which a move is written: INSERT events, UPDATE the session's row.

They are written once, from the models' own columns: the ORM takes as long to write them as the databases to do them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connections
from django.db.models import DateTimeField, Field, JSONField

from .. import flow
from ..models import Event, Session
from ..models.session_lookup import prepared_cursor

# The columns of an event, and what of a session's row an event may change; in the order in which values are given.
EVENT_FIELDS = ("session", "number", "at", "actor", "agent", "kind", "node", "cause", "step", "answer", "to", "offered")
SESSION_FIELDS = ("node", "cause", "step", "tried", "status", "count", "seen_at", "backs", "helps", "remarks")


def insert_events(
    session: Session, events: Sequence[flow.Event], at: datetime, actor: str, agent_id: int | None
) -> None:
    """Insert events as the last of a session's log, which then holds as many as its row says. One statement."""
    first, values = session.count - len(events) + 1, []
    for number, event in enumerate(events, first):
        place = (event.node, event.cause, event.step, event.answer, event.to, list(event.offered))
        values += _adapted(Event, EVENT_FIELDS, [session.pk, number, at, actor, agent_id, event.kind.value, *place])
    with prepared_cursor() as cursor:
        cursor.execute(_insert(_vendor(), len(events)), values)


def update_session(session: Session) -> None:
    """Update what events may change of a session's row, which is there."""
    values = _adapted(Session, SESSION_FIELDS, [getattr(session, name) for name in SESSION_FIELDS])
    with prepared_cursor() as cursor:
        cursor.execute(_update(_vendor()), [*values, session.pk])


def _vendor() -> str:
    return connections["default"].vendor


def _adapted(model: type[Event | Session], names: tuple[str, ...], values: list[Any]) -> list[Any]:
    """Turn values into what the database takes: most are that already."""
    for place, field in _special(model, names):
        values[place] = field.get_db_prep_save(values[place], connections["default"])
    return values


@cache
def _special(model: type[Event | Session], names: tuple[str, ...]) -> list[tuple[int, Field[Any, Any]]]:
    """Return the fields whose values databases take in another form, with their places."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    special = [(place, fields[name]) for place, name in enumerate(names)]
    return [(place, field) for place, field in special if isinstance(field, DateTimeField | JSONField)]


@cache
def _insert(vendor: str, rows: int) -> str:
    columns = ", ".join(_quoted(Event, EVENT_FIELDS))
    row = f"({', '.join(['%s'] * len(EVENT_FIELDS))})"
    return f"INSERT INTO {_table(Event)} ({columns}) VALUES {', '.join([row] * rows)}"  # nosec B608  # noqa: S608  names only


@cache
def _update(vendor: str) -> str:
    changed = ", ".join(f"{column} = %s" for column in _quoted(Session, SESSION_FIELDS))
    return f"UPDATE {_table(Session)} SET {changed} WHERE {_quoted(Session, ('id',))[0]} = %s"  # nosec B608  # noqa: S608  our own names


def _table(model: type[Event | Session]) -> str:
    return connections["default"].ops.quote_name(model._meta.db_table)


def _quoted(model: type[Event | Session], names: tuple[str, ...]) -> list[str]:
    """Return the fields' columns as they stand in a statement."""
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    return [connections["default"].ops.quote_name(columns[name]) for name in names]
