"""A visitor's own session, read by a statement that is written once.

The ORM takes several times as long to write such a statement as a database to answer it, and each answer begins with
one. Whatever is less frequent asks `Session.objects`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError

from .sessions import Session

FIELDS = Session._meta.concrete_fields
NAMES = [field.attname for field in FIELDS]


def prepared_cursor() -> Any:
    """Return a cursor for statements that are written once; where the database can, it plans them once, too."""
    connection = connections[DEFAULT_DB_ALIAS]
    prepared: Callable[[], Any] = getattr(connection, "prepared_cursor", connection.cursor)
    return prepared()


@dataclass(frozen=True, slots=True)
class SessionLookup:
    """The session of a code, if it is this visitor's (the digest of their secret): a query for that one row."""

    code: str
    visitor: str
    locked: bool = False

    def get(self) -> Session:
        """Return the session; raise Session.DoesNotExist where there is none of this code and visitor."""
        connection = connections[DEFAULT_DB_ALIAS]
        if self.locked and not connection.in_atomic_block:
            raise TransactionManagementError("A row is locked until its transaction ends, and there is none.")
        with prepared_cursor() as cursor:
            cursor.execute(_statement(connection.vendor, self.locked), [self.code, self.visitor])
            row = cursor.fetchone()
        if row is None:
            raise Session.DoesNotExist("There is no such session of this visitor.")
        return Session.from_db(DEFAULT_DB_ALIAS, NAMES, _read(list(row)))

    def select_for_update(self) -> SessionLookup:
        """Return the same query, which locks its row until the transaction ends."""
        return replace(self, locked=True)


# What narrows sessions to one; both know `get` and `select_for_update`.
SingleSession = QuerySet[Session] | SessionLookup


@cache
def _statement(vendor: str, locked: bool) -> str:
    """Return the statement in the words of a database."""
    connection = connections[DEFAULT_DB_ALIAS]
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in FIELDS)
    where = " AND ".join(f"{quoted(name)} = %s" for name in ("code", "visitor"))
    lock = f" {connection.ops.for_update_sql()}" if locked and connection.features.has_select_for_update else ""
    return f"SELECT {columns} FROM {quoted(Session._meta.db_table)} WHERE {where}{lock}"  # nosec B608  # noqa: S608  names only


def _read(row: list[Any]) -> list[Any]:
    """Turn what the database returned into what the fields hold."""
    connection = connections[DEFAULT_DB_ALIAS]
    for place, column, converters in _converted(connection.vendor):
        for convert in converters:
            row[place] = convert(row[place], column, connection)
    return row


@cache
def _converted(vendor: str) -> list[tuple[int, Any, list[Any]]]:
    """Return the columns that a database does not return as the fields hold them, with what turns them into that."""
    connection = connections[DEFAULT_DB_ALIAS]
    columns = [field.get_col(Session._meta.db_table) for field in FIELDS]
    found = [column.get_db_converters(connection) for column in columns]
    known = [connection.ops.get_db_converters(column) for column in columns]
    turning = [(place, columns[place], [*known[place], *found[place]]) for place in range(len(columns))]
    return [(place, column, converters) for place, column, converters in turning if converters]
