"""The two statements that write a move: INSERT the events, UPDATE the session's row.

Their text is built once from the models' columns: the ORM takes as long to compile them as a database to execute them.
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

# The fields of an event, and those of a session that an event may change, in the order of the values.
EVENT_FIELDS = ("session", "number", "at", "actor", "agent", "kind", "node", "cause", "step", "answer", "to", "offered")
SESSION_FIELDS = ("node", "cause", "step", "tried", "status", "count", "seen_at", "backs", "helps", "remarks")


def insert_events(
    session: Session, events: Sequence[flow.Event], at: datetime, actor: str, agent_id: int | None
) -> None:
    """Insert events whose numbers end at `session.count`, in one statement."""
    first, values = session.count - len(events) + 1, []
    for number, event in enumerate(events, first):
        position = (event.node, event.cause, event.step, event.answer, event.to, list(event.offered))
        row = [session.pk, number, at, actor, agent_id, event.kind.value, *position]
        values += _to_db_values(Event, EVENT_FIELDS, row)
    with prepared_cursor() as cursor:
        cursor.execute(_insert(_vendor(), len(events)), values)


def update_session(session: Session) -> None:
    """Update the fields of a session's row that events may change."""
    values = _to_db_values(Session, SESSION_FIELDS, [getattr(session, name) for name in SESSION_FIELDS])
    with prepared_cursor() as cursor:
        cursor.execute(_update(_vendor()), [*values, session.pk])


def _vendor() -> str:
    return connections["default"].vendor


def _to_db_values(model: type[Event | Session], names: tuple[str, ...], values: list[Any]) -> list[Any]:
    """Convert values in place for the database; most need no conversion."""
    for index, field in _fields_to_convert(model, names):
        values[index] = field.get_db_prep_save(values[index], connections["default"])
    return values


@cache
def _fields_to_convert(model: type[Event | Session], names: tuple[str, ...]) -> list[tuple[int, Field[Any, Any]]]:
    """Return the indexes and fields whose values need conversion."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    fields_by_index = [(index, fields[name]) for index, name in enumerate(names)]
    return [(index, field) for index, field in fields_by_index if isinstance(field, DateTimeField | JSONField)]


@cache
def _insert(vendor: str, rows: int) -> str:
    columns = ", ".join(_columns(Event, EVENT_FIELDS))
    row = f"({', '.join(['%s'] * len(EVENT_FIELDS))})"
    return f"INSERT INTO {_table(Event)} ({columns}) VALUES {', '.join([row] * rows)}"  # nosec B608  # noqa: S608  names only


@cache
def _update(vendor: str) -> str:
    changed = ", ".join(f"{column} = %s" for column in _columns(Session, SESSION_FIELDS))
    return f"UPDATE {_table(Session)} SET {changed} WHERE {_columns(Session, ('id',))[0]} = %s"  # nosec B608  # noqa: S608  our own names


def _table(model: type[Event | Session]) -> str:
    return connections["default"].ops.quote_name(model._meta.db_table)


def _columns(model: type[Event | Session], names: tuple[str, ...]) -> list[str]:
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    return [connections["default"].ops.quote_name(columns[name]) for name in names]
