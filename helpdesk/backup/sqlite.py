"""SQLite: its online backup, in both directions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection

from helpdesk.sqlite.base import make_file

from . import database
from .manifest import BackupError

FILE = "data.sqlite3"
TIMEOUT = 20  # seconds to wait for another writer


def dump(file: Path) -> dict[str, int]:
    """Copy the database into `file`; return the number of rows in each table of the copy.

    All pages go in one step: the copy reads one state of the database, and no writer waits. In several steps it
    would start over at each write, and never end on a busy site.
    """
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        _check_integrity(copy)
        return database.counts(copy.cursor())


def load(file: Path) -> None:
    """Replace the database with what `file` holds: all of it or nothing, also for processes that have it open."""
    target = str(connection.settings_dict["NAME"])
    connection.close()
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
            _check_integrity(copy)
            make_file(Path(target))
            with closing(sqlite3.connect(target, timeout=TIMEOUT)) as restored:
                copy.backup(restored, pages=-1)
    except sqlite3.Error as error:
        raise BackupError(
            f"The database cannot be written ({error}). Stop the site first; nothing was changed."
        ) from error


def server() -> str:
    """Return the version of SQLite."""
    return sqlite3.sqlite_version


def _check_integrity(data: sqlite3.Connection) -> None:
    """Raise BackupError where the file is damaged, or where a foreign key points to no row."""
    try:
        (result,) = data.execute("PRAGMA integrity_check(1)").fetchone()
        orphan = data.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"The data are not a sound SQLite database: {error}.") from error
    if result != "ok":
        raise BackupError(f"The database is damaged: {result}.")
    if orphan:
        table, row, parent, _ = orphan
        raise BackupError(f"The database is damaged: row {row} of {table} points to a {parent} that does not exist.")
