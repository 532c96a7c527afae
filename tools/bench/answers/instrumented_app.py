"""Wraps the app that is measured, and also says which worker a connection leads to.

BENCH_APP names the module of the `application`. `GET /worker` returns the worker's process id, so that the load can
share the workers evenly; every other request goes to the app unchanged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from tools.bench.answers.ring_wizard import WORKER

wrapped = import_module(os.environ["BENCH_APP"]).application


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as the app does, or say which worker this is."""
    if environ["PATH_INFO"] != WORKER:
        answered: Iterable[bytes] = wrapped(environ, start_response)
        return answered
    number = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(number)))])
    return [number]
