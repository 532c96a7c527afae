"""Threads that do something at the same moment, each with its own connection to the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

SECONDS = 30
POSTGRES = connection.vendor == "postgresql"

Race = Callable[..., list[Any]]


@contextmanager
def racing(threads: int) -> Iterator[Race]:
    """Give a function that calls what it is given at once, a thread for each, and returns the results in order.

    An exception that is raised in a thread is its result.
    """
    gate = threading.Barrier(threads)

    def run(call: Callable[[], Any]) -> Any:
        gate.wait(SECONDS)
        try:
            return call()
        except Exception as raised:
            return raised

    with ThreadPoolExecutor(threads) as pool:

        def race(*calls: Callable[[], Any]) -> list[Any]:
            assert len(calls) == threads
            return [future.result(SECONDS) for future in [pool.submit(run, call) for call in calls]]

        try:
            yield race
        finally:
            race(*[connections.close_all] * threads)
