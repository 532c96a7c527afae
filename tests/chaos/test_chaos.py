"""The short form of `make chaos`: each fault on both databases, and each twin, which must be seen."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tools.chaos import databases, faults, runner
from tools.chaos.site import NoRedisError

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(sys.platform != "linux", reason="finds a site's workers in /proc"),
]

SIZE = faults.Size(kills=20, answers=800, people=16, restarts=2, races=150, seconds=2, sessions=60)
TWIN = faults.Size(kills=40, answers=1000, people=16, restarts=5, races=150, seconds=2, sessions=16)
HERE = [
    (name, where) for where in runner.DATABASES for name in faults.FAULTS if where in faults.WHERE.get(name, [where])
]
# The worker's own test stands in tests/support/test_kills.py.
WHOLE = [(name, where) for name, where in HERE if name != "delivery"]
TWINS = [(name, where, sabotage) for name, where in WHOLE for sabotage in faults.TWINS[name]]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Give a folder into which a database server may look, which does not run as root."""
    with TemporaryDirectory(prefix="helpdesk-chaos-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="module")
def ground(folder, django_db_blocker) -> Iterator[Callable[[str], faults.Store]]:
    """Give the place of a database, made when it is first asked for: on a small disk, where one can be had."""
    with contextlib.ExitStack() as stack, django_db_blocker.unblock():

        @cache
        def place(database: str) -> faults.Store:
            try:
                return stack.enter_context(runner.ground(folder / database, database, small=True))
            except databases.NoDiskError:
                return stack.enter_context(runner.ground(folder / database, database, small=False))

        yield place


@pytest.fixture
def run(ground, folder) -> Callable[[str, str, str], faults.Result]:
    """Give a function that brings about a fault on a database, with a sabotage or none."""

    def bring_about(name: str, database: str, sabotage: str = "") -> faults.Result:
        store = ground(database)
        if name == "full" and not store.folder.is_mount() and not store.folder.parent.is_mount():
            pytest.skip("a small disk needs the right to mount")
        size = TWIN if sabotage else SIZE
        try:
            return faults.FAULTS[name](store, folder / f"{name}-{database}-{sabotage or 'whole'}", size, sabotage)
        except NoRedisError as reason:
            pytest.skip(str(reason))

    return bring_about


@pytest.mark.parametrize(("name", "database"), WHOLE)
def test_nothing_acknowledged_is_lost(name, database, run):
    result = run(name, database)
    print(result.line())
    assert result.found == []
    assert result.happened


@pytest.mark.parametrize(("name", "database", "sabotage"), TWINS)
def test_a_sabotaged_twin_is_seen(name, database, sabotage, run):
    assert run(name, database, sabotage).found
