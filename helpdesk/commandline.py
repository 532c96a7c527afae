"""Django's command line, where a database that is away or has no tables is one line that says what to do."""

from __future__ import annotations

import sqlite3
import sys

from django.core.management import execute_from_command_line
from django.db import Error

from helpdesk.errors import is_away, is_deadlock
from helpdesk.logs import first_line

NO_TABLES = "The database has no tables yet: run manage.py migrate first."
AWAY = "The database of DATABASE_URL does not answer: {}"


def run(arguments: list[str]) -> int:
    """Run the command that the arguments name; return the exit code. With --traceback every error is a trace."""
    try:
        execute_from_command_line(arguments)
    except Error as error:
        line = line_of(error)
        if not line or "--traceback" in arguments:
            raise
        print(line, file=sys.stderr)
        return 1
    return 0


def line_of(error: Error) -> str:
    """Return what to say instead of a trace; nothing where the error may be a fault of ours."""
    if _misses_a_table(error):
        return NO_TABLES
    if is_away(error) and not is_deadlock(error):
        return AWAY.format(first_line(error))
    return ""


def _misses_a_table(error: Error) -> bool:
    """Return whether a statement named a table that the database does not have."""
    cause = error.__cause__
    is_wrong = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return getattr(cause, "sqlstate", None) == "42P01" or (is_wrong and "no such table" in str(cause))
