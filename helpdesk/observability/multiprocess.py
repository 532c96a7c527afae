"""What gunicorn's processes share: a folder that metrics are counted in, and a slot in it for each worker.

gunicorn.conf.py imports this in the master. The folder is in memory where the system has such a place; the master makes
it at the start and removes it at the end, and the next start removes what a killed master left.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

# Where prometheus-client looks for the folder, and where a worker finds its slot.
FOLDER, SLOT = "PROMETHEUS_MULTIPROC_DIR", "HELPDESK_WORKER_SLOT"
PREFIX = "helpdesk-metrics-"
MEMORY = Path("/dev/shm")  # nosec B108  # noqa: S108  mkdtemp makes folders there that only we can open


def make_folder() -> None:
    """Make an empty folder for the metrics of this master's workers, and put its path into the environment."""
    if _folder():  # the configuration is read again (SIGHUP): counting goes on
        return
    parent = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for stale in parent.glob(f"{PREFIX}*"):
        if stale.stat().st_uid == os.getuid() and not _is_running(stale.name.split("-")[2]):
            shutil.rmtree(stale, ignore_errors=True)
    os.environ[FOLDER] = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent)


def remove_folder() -> None:
    """Remove the folder that this master made; a folder that the environment named before is not ours."""
    if folder := _folder():
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path | None:
    """Return the folder, if this very process made it."""
    folder = Path(os.environ.get(FOLDER, ""))
    return folder if folder.name.startswith(f"{PREFIX}{os.getpid()}-") else None


def _is_running(pid: str) -> bool:
    """Return whether a process runs; True where that cannot be known."""
    return not pid.isdigit() or Path("/proc", pid).exists() or not Path("/proc/self").exists()


def assign_slot(server: Any, worker: Any) -> None:
    """Give a new worker the lowest free slot; called in the master, before the fork.

    A worker's successor counts on in its file, so no sum ever falls, and the number of files stays that of workers.
    """
    taken = {other.slot for other in server.WORKERS.values()}
    worker.slot = next(slot for slot in range(len(taken) + 1) if slot not in taken)


def worker_slot() -> str:
    """Return the slot of this process; one that gunicorn did not start is told apart by its id."""
    return os.environ.get(SLOT, f"p{os.getpid()}")
