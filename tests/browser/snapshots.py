"""The tests' database as it was at some moment, kept in memory: to come back to it costs a millisecond.

Emptying the tables costs thirty, since Django then makes all content types and permissions anew. SQLite only, as the
browser tests are.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.db import connection


class Snapshot:
    """What a database held, its ids and what migrations wrote included."""

    def __init__(self, source: sqlite3.Connection) -> None:
        self._held = sqlite3.connect(":memory:", check_same_thread=False)
        source.backup(self._held)

    @classmethod
    def of_file(cls, file: Path) -> Snapshot:
        """Return what a database's file holds."""
        source = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            return cls(source)
        finally:
            source.close()

    @classmethod
    def of_now(cls) -> Snapshot:
        """Return what the tests' database holds."""
        connection.ensure_connection()
        return cls(connection.connection)

    def restore(self) -> None:
        """Make the tests' database what it was; wait for whoever still writes to it."""
        connection.ensure_connection()
        self._held.backup(connection.connection, sleep=0.01)
        ContentType.objects.clear_cache()

    def write(self, file: Path) -> None:
        """Write the database to a file of its own."""
        target = sqlite3.connect(file)
        self._held.backup(target)
        target.close()

    def close(self) -> None:
        """Forget it."""
        self._held.close()
