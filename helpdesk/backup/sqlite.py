"""SQLite: its own online backup, in both directions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection

from helpdesk.sqlite.base import make_file

from .manifest import BackupError

FILE = "data.sqlite3"
PATIENCE = 20  # seconds to wait for somebody who writes


def dump(file: Path) -> dict[str, int]:
    """Copy the database into `file` as it is at one moment; return how many rows each table of the copy holds.

    All pages in one step: the copy then reads one state of the database, whoever writes meanwhile, and nobody waits.
    In several steps it would begin anew at each write, and never end on a busy site.
    """
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        _hold_sound(copy)
        return _counts(copy)


def load(file: Path) -> None:
    """Make the database what `file` holds, all of it or nothing, also for those who have it open."""
    target = str(connection.settings_dict["NAME"])
    connection.close()
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
            _hold_sound(copy)
            make_file(Path(target))
            with closing(sqlite3.connect(target, timeout=PATIENCE)) as database:
                copy.backup(database, pages=-1)
    except sqlite3.Error as wrong:
        raise BackupError(
            f"The database cannot be written ({wrong}). Stop the site first; nothing was changed."
        ) from wrong


def server() -> str:
    """Return the version of SQLite."""
    return sqlite3.sqlite_version


def _hold_sound(database: sqlite3.Connection) -> None:
    """Raise BackupError where the file is damaged, or where a row points to one that is not there."""
    try:
        said = [line for (line,) in database.execute("PRAGMA integrity_check(1)")]
        lost = database.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as wrong:
        raise BackupError(f"The data are no sound SQLite database: {wrong}.") from wrong
    if said != ["ok"]:
        raise BackupError(f"The database is damaged: {said[0]}.")
    if lost:
        raise BackupError(
            f"The database is damaged: row {lost[1]} of {lost[0]} points to a {lost[2]} that is not there."
        )


def _counts(database: sqlite3.Connection) -> dict[str, int]:
    names = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    rows = {}
    for (name,) in names:
        rows[name] = database.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]  # nosec B608  # noqa: S608  quoted
    return rows
