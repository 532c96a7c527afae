"""The database backend that the settings name for SQLite: Django's own, with a fairer wait for one's turn to write.

A file that is not there yet is made so that only its owner may read it.
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

# Seconds until one asks again whether it is one's turn, shortest and longest: about as long as an answer writes.
RETRY_SECONDS = 0.0002, 0.0012
BUSY = "PRAGMA busy_timeout = {:.0f}"  # milliseconds
# One thread of a process asks; the others wait for their turn to ask, which costs nothing.
ASKING = threading.Lock()


@contextmanager
def write_turn(patience: float) -> Iterator[None]:
    """Wait until no other thread of this process asks, or for so many seconds."""
    is_ours = ASKING.acquire(timeout=patience)
    try:
        yield
    finally:
        if is_ours:
            ASKING.release()


def make_file(file: Path) -> None:
    """Make the file of a database where it is missing (in the site's own var/, the folder too), for its owner alone.

    What SQLite puts beside it gets the same mode. Where it cannot be made, SQLite says so when it opens it.
    """
    with suppress(OSError):
        if file.parent == settings.VAR_DIR:
            file.parent.mkdir(mode=0o700, exist_ok=True)
        file.touch(mode=0o600, exist_ok=False)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's backend, but for how it waits where another connection writes, and for who may read a new file.

    SQLite's own wait sleeps longer each time, up to a tenth of a second: whoever came last goes first, and one answer
    in a hundred takes forty times as long as others. Here all processes that wait ask again as often, so that all have
    a chance. In each, a single thread does: were it all of them, asking would take the time of those who answer.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open the database that the settings name."""
        if not self.is_in_memory_db():
            make_file(Path(conn_params["database"]))
        return super().get_new_connection(conn_params)

    def _start_transaction_under_autocommit(self) -> None:
        """Begin a transaction; raise OperationalError where it is not our turn within the timeout of the settings."""
        patience = self.settings_dict["OPTIONS"].get("timeout", 5)
        until = time.monotonic() + patience
        with write_turn(patience):
            self.connection.execute(BUSY.format(0))
            try:
                while not self._begun(until):
                    time.sleep(uniform(*RETRY_SECONDS))  # nosec B311  # noqa: S311  no secret
            finally:
                self.connection.execute(BUSY.format(patience * 1000))

    def _begun(self, until: float) -> bool:
        """Try to begin a transaction; return False where another one writes, and there is time left."""
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs do not know it
        except OperationalError as refused:
            # The lowest byte says what it is; the others, why: also while another connection repairs the log.
            is_busy = getattr(refused.__cause__, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > until:
                raise
            return False
        return True
