"""The database backend for SQLite: Django's own, with a fair wait for the write lock.

A new database file is readable by its owner only.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import uniform
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.backends.sqlite3 import base

# Shortest and longest wait between two tries, in seconds: about the time that an answer takes to write.
RETRY_SECONDS = 0.0002, 0.0012
BUSY_TIMEOUT = "PRAGMA busy_timeout = {:.0f}"  # milliseconds
# One thread of a process polls; the others wait for this lock, which costs nothing.
POLL_LOCK = threading.Lock()


@contextmanager
def poll_lock(timeout: float) -> Iterator[None]:
    """Hold POLL_LOCK, or go on without it after `timeout` seconds."""
    is_acquired = POLL_LOCK.acquire(timeout=timeout)
    try:
        yield
    finally:
        if is_acquired:
            POLL_LOCK.release()


def make_file(file: Path) -> None:
    """Create a missing database file with mode 0600, and the site's own var/ with 0700.

    SQLite gives the files beside it the same mode. Where this fails, SQLite raises the error when it opens the file.
    """
    with suppress(OSError):
        if file.parent == settings.VAR_DIR:
            file.parent.mkdir(mode=0o700, exist_ok=True)
        file.touch(mode=0o600, exist_ok=False)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's backend with another wait for the write lock, and a private file.

    SQLite's own wait sleeps longer after each try, up to a tenth of a second: the last to come goes first, and one
    answer in a hundred takes forty times as long as the others. Here all waiting processes poll equally often. In each
    of them a single thread polls: if all did, polling would take the CPU time of the threads that answer.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.is_in_memory_db():
            make_file(Path(conn_params["database"]))
        return super().get_new_connection(conn_params)

    def _start_transaction_under_autocommit(self) -> None:
        """Begin a transaction; raise OperationalError after the timeout of the settings."""
        timeout = self.settings_dict["OPTIONS"].get("timeout", 5)
        deadline = time.monotonic() + timeout
        with poll_lock(timeout):
            self.connection.execute(BUSY_TIMEOUT.format(0))
            try:
                while not self._try_to_begin(deadline):
                    time.sleep(uniform(*RETRY_SECONDS))  # nosec B311  # noqa: S311  no secret
            finally:
                self.connection.execute(BUSY_TIMEOUT.format(timeout * 1000))

    def _try_to_begin(self, deadline: float) -> bool:
        """Return False if another connection is writing and the deadline has not passed."""
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs do not know it
        except OperationalError as error:
            # The lowest byte is the primary code; the rest says why, such as another connection recovering the log.
            is_busy = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > deadline:
                raise
            return False
        return True
