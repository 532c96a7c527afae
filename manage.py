#!/usr/bin/env python
"""Django's command line: `.venv/bin/python manage.py help` lists the commands."""

from __future__ import annotations

import os
import sqlite3
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db import Error

NO_TABLES = "The database has no tables yet: run manage.py migrate first."
DATABASE_DOWN = "The database of DATABASE_URL does not answer: {}"


def main() -> int:
    """Run the command and return the exit code.

    A wrong setting, a database that does not answer and a database without tables print one line each. With
    --traceback every error but a wrong setting prints its traceback.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    try:
        from django.core.management import execute_from_command_line
        from django.db import Error

        from helpdesk.env import check_settings
    except ImportError:
        print("Django is not installed here. `make run` or `make test` installs it into .venv.", file=sys.stderr)
        return 1
    check_settings()
    try:
        execute_from_command_line(sys.argv)
    except Error as error:
        message = explain(error)
        if not message or "--traceback" in sys.argv:
            raise
        print(message, file=sys.stderr)
        return 1
    return 0


def explain(error: Error) -> str:
    """Return a message to print instead of the traceback, or nothing for an error that may be a bug."""
    from helpdesk.errors import is_database_down, is_deadlock
    from helpdesk.observability.logging import first_line

    if _table_is_missing(error):
        return NO_TABLES
    if is_database_down(error) and not is_deadlock(error):
        return DATABASE_DOWN.format(first_line(error))
    return ""


def _table_is_missing(error: Error) -> bool:
    cause = error.__cause__
    is_sqlite_error = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return getattr(cause, "sqlstate", None) == "42P01" or (is_sqlite_error and "no such table" in str(cause))


if __name__ == "__main__":
    sys.exit(main())
