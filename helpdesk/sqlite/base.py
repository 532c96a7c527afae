"""The database backend that the settings name for SQLite: Django's own, with a fairer wait for one's turn to write."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import uniform

from django.db import OperationalError
from django.db.backends.sqlite3 import base

# Seconds until one asks again whether it is one's turn, shortest and longest: about as long as an answer writes.
AGAIN = 0.0002, 0.0012
BUSY = "PRAGMA busy_timeout = {:.0f}"  # milliseconds
# One thread of a process asks; the others wait for their turn to ask, which costs nothing.
ASKING = threading.Lock()


@contextmanager
def turn_to_ask(patience: float) -> Iterator[None]:
    """Wait until no other thread of this process asks, or for so many seconds."""
    is_ours = ASKING.acquire(timeout=patience)
    try:
        yield
    finally:
        if is_ours:
            ASKING.release()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's backend, but for how it waits where another connection writes.

    SQLite's own wait sleeps longer each time, up to a tenth of a second: whoever came last goes first, and one answer
    in a hundred takes forty times as long as others. Here all processes that wait ask again as often, so that all have
    a chance. In each, a single thread does: were it all of them, asking would take the time of those who answer.
    """

    def _start_transaction_under_autocommit(self) -> None:
        """Begin a transaction; raise OperationalError where it is not our turn within the timeout of the settings."""
        patience = self.settings_dict["OPTIONS"].get("timeout", 5)
        until = time.monotonic() + patience
        with turn_to_ask(patience):
            self.connection.execute(BUSY.format(0))
            try:
                while not self._begun(until):
                    time.sleep(uniform(*AGAIN))  # nosec B311  # noqa: S311  no secret
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
