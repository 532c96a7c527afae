"""An app as it is served to be measured: the app itself, which also says which worker a connection leads to.

BENCH_APP names the module whose `application` is meant. `GET /worker` brings the worker's number, so that the people
who answer can share the workers evenly; every other address is the app's own, whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from tools.bench.answers.ring import WORKER

told = import_module(os.environ["BENCH_APP"]).application


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as the app does, or say which worker this is."""
    if environ["PATH_INFO"] != WORKER:
        answered: Iterable[bytes] = told(environ, start_response)
        return answered
    number = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(number)))])
    return [number]
