"""Reads a visitor's session with SQL built once.

The ORM takes several times as long to compile this query as a database to run it, and every answer starts with it. Less
frequent queries use `Session.objects`.
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
    """Return a cursor that prepares its statements on the server, if the database backend can."""
    connection = connections[DEFAULT_DB_ALIAS]
    prepared: Callable[[], Any] = getattr(connection, "prepared_cursor", connection.cursor)
    return prepared()


@dataclass(frozen=True, slots=True)
class SessionLookup:
    """A query for one session: the one with this code, if it belongs to this visitor (the digest of their secret)."""

    code: str
    visitor: str
    locked: bool = False

    def get(self) -> Session:
        """Raise Session.DoesNotExist if no session has this code and visitor."""
        connection = connections[DEFAULT_DB_ALIAS]
        if self.locked and not connection.in_atomic_block:
            raise TransactionManagementError("A row is locked until its transaction ends, and there is none.")
        with prepared_cursor() as cursor:
            cursor.execute(_statement(connection.vendor, self.locked), [self.code, self.visitor])
            row = cursor.fetchone()
        if row is None:
            raise Session.DoesNotExist("There is no such session of this visitor.")
        return Session.from_db(DEFAULT_DB_ALIAS, NAMES, _to_python(list(row)))

    def select_for_update(self) -> SessionLookup:
        """Return a query that locks its row until the transaction ends."""
        return replace(self, locked=True)


# A query for one session; both types have `get` and `select_for_update`.
SingleSession = QuerySet[Session] | SessionLookup


@cache
def _statement(vendor: str, locked: bool) -> str:
    connection = connections[DEFAULT_DB_ALIAS]
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in FIELDS)
    where = " AND ".join(f"{quoted(name)} = %s" for name in ("code", "visitor"))
    lock = f" {connection.ops.for_update_sql()}" if locked and connection.features.has_select_for_update else ""
    return f"SELECT {columns} FROM {quoted(Session._meta.db_table)} WHERE {where}{lock}"  # nosec B608  # noqa: S608  names only


def _to_python(row: list[Any]) -> list[Any]:
    """Convert the values of a row in place."""
    connection = connections[DEFAULT_DB_ALIAS]
    for index, column, converters in _column_converters(connection.vendor):
        for convert in converters:
            row[index] = convert(row[index], column, connection)
    return row


@cache
def _column_converters(vendor: str) -> list[tuple[int, Any, list[Any]]]:
    """Return (index, column, converters) for the columns whose values need conversion."""
    connection = connections[DEFAULT_DB_ALIAS]
    columns = [field.get_col(Session._meta.db_table) for field in FIELDS]
    converters = [[*connection.ops.get_db_converters(each), *each.get_db_converters(connection)] for each in columns]
    return [(index, columns[index], each) for index, each in enumerate(converters) if each]
