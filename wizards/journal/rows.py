"""The two statements with which a move is written: INSERT events, UPDATE the session's row.

They are written once, from the models' own fields: the ORM takes as long to write them as the databases to do them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from django.db import connection

from ..models import Event, Session

# What of a session's row an event may change.
MOVING = ("node", "cause", "step", "tried", "status", "count", "seen_at", "backs", "helps", "remarks")

_EVENT = [field for field in Event._meta.concrete_fields if not field.primary_key]
_MOVING = [field for field in Session._meta.concrete_fields if field.name in MOVING]


def append(events: Sequence[Event]) -> None:
    """Insert events, in one statement. Their primary keys stay unknown."""
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in events for field in _EVENT]
    with connection.cursor() as cursor:
        cursor.execute(_insert(connection.vendor, len(events)), values)


def move(session: Session) -> None:
    """Update what events may change of a session's row, which is there."""
    values = [field.get_db_prep_save(getattr(session, field.attname), connection) for field in _MOVING]
    with connection.cursor() as cursor:
        cursor.execute(_update(connection.vendor), [*values, session.pk])


@cache
def _insert(vendor: str, rows: int) -> str:
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in _EVENT)
    row = f"({', '.join(['%s'] * len(_EVENT))})"
    return f"INSERT INTO {quoted(Event._meta.db_table)} ({columns}) VALUES {', '.join([row] * rows)}"  # noqa: S608


@cache
def _update(vendor: str) -> str:
    quoted = connection.ops.quote_name
    changed = ", ".join(f"{quoted(str(field.column))} = %s" for field in _MOVING)
    return f"UPDATE {quoted(Session._meta.db_table)} SET {changed} WHERE {quoted('id')} = %s"  # noqa: S608
