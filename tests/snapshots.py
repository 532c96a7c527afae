"""The tests' database as it was at some moment, to come back to it.

Django empties all tables after a test that commits, and makes content types and permissions anew: what else the
migrations wrote, such as groups, is gone then, and the tests that follow in this process would miss it. Coming back to
a snapshot keeps it, and costs a fraction.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Protocol

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction


class Snapshot(Protocol):
    """What a database held."""

    def restore(self) -> None:
        """Make the tests' database what it was; wait for whoever still writes to it."""


def take() -> Snapshot:
    """Return what the tests' database holds now."""
    return SqliteSnapshot() if connection.vendor == "sqlite" else PostgresSnapshot()


class SqliteSnapshot:
    """The whole file, in memory."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self._held = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(self._held)

    def restore(self) -> None:
        """See Snapshot."""
        connection.ensure_connection()
        self._held.backup(connection.connection, sleep=0.01)
        ContentType.objects.clear_cache()

    def write(self, file: Path) -> None:
        """Write it to a file, as the database of another site."""
        with contextlib.closing(sqlite3.connect(file)) as target:
            self._held.backup(target)


class PostgresSnapshot:
    """The rows of each table, as COPY writes them. Sequences go on counting."""

    def __init__(self) -> None:
        self._rows: dict[str, list[bytes]] = {}
        with connection.cursor() as cursor:
            for table in self._with_rows():
                with cursor.copy(f"COPY {connection.ops.quote_name(table)} TO STDOUT") as out:
                    self._rows[table] = [bytes(part) for part in out]

    def restore(self) -> None:
        """See Snapshot."""
        with transaction.atomic(), connection.cursor() as cursor:
            names = map(connection.ops.quote_name, {*self._with_rows(), *self._rows})
            cursor.execute(f"TRUNCATE {', '.join(names)} CASCADE")
            for table, rows in self._rows.items():
                with cursor.copy(f"COPY {connection.ops.quote_name(table)} FROM STDIN") as into:
                    for part in rows:
                        into.write(part)
        ContentType.objects.clear_cache()

    @staticmethod
    def _with_rows() -> list[str]:
        """Return the tables that hold rows; a partitioned one without its parts."""
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        counted = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})" for table in tables
        )
        with connection.cursor() as cursor:
            cursor.execute(counted)
            return [name for (name,) in cursor.fetchall()]
