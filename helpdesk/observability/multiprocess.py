"""What gunicorn's processes share: a folder to count into, and a place in it for each worker.

Imported by gunicorn.conf.py in the master. The folder lies in memory where the system has such a place; it is made at
the start and removed at the end, and what a killed master left is removed by the next start.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

# Where prometheus-client looks for the folder, and where a worker finds its place in it.
FOLDER, PLACE = "PROMETHEUS_MULTIPROC_DIR", "HELPDESK_WORKER_PLACE"
PREFIX = "helpdesk-metrics-"
MEMORY = Path("/dev/shm")  # nosec B108  # noqa: S108  mkdtemp makes folders there that only we can open


def make_folder() -> None:
    """Make an empty folder for the figures of this master's workers, and say in the environment where it is."""
    if _folder():  # read anew (SIGHUP): the counting goes on
        return
    where = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for left in where.glob(f"{PREFIX}*"):
        if left.stat().st_uid == os.getuid() and not _runs(left.name.split("-")[2]):
            shutil.rmtree(left, ignore_errors=True)
    os.environ[FOLDER] = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=where)


def remove_folder() -> None:
    """Remove the folder at the end of the master that made it; what the environment named before is not ours."""
    if folder := _folder():
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path | None:
    """Return the folder that this very process made, if it did."""
    folder = Path(os.environ.get(FOLDER, ""))
    return folder if folder.name.startswith(f"{PREFIX}{os.getpid()}-") else None


def _runs(pid: str) -> bool:
    """Return whether a process runs; for what is no number, that it might."""
    return not pid.isdigit() or Path("/proc", pid).exists() or not Path("/proc/self").exists()


class WorkerSlots:
    """Which worker counts into which file: the lowest number that is free."""

    def __init__(self) -> None:
        self.taken: dict[int, Any] = {}

    def take(self, worker: Any) -> None:
        """Give a new worker a place; called in the master, before the fork."""
        lowest = next(number for number in range(len(self.taken) + 1) if number not in self.taken)
        self.taken[lowest] = worker
        worker.place = lowest

    def free(self, worker: Any) -> None:
        """Take its place from a worker that ended: the next one goes on in its file, so that no sum ever shrinks."""
        self.taken = {number: one for number, one in self.taken.items() if one is not worker}


SLOTS = WorkerSlots()


def worker_slot() -> str:
    """Return this process's place."""
    return os.environ.get(PLACE, f"p{os.getpid()}")
