"""The site as `make run` serves it: gunicorn, compressed and hashed static files, in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("helpdesk", "wizards", "templates", "static", "fixtures", "manage.py", "gunicorn.conf.py")
PATIENCE = 120  # seconds until it answers (the first start migrates, loads and compresses), and until it has ended


@contextlib.contextmanager
def site(folder: Path) -> Iterator[str]:
    """Copy the project into `folder`, start it there, and give its address; stop it at the end."""
    for part in PARTS:
        source, copy = ROOT / part, folder / part
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, copy, ignore=ignore) if source.is_dir() else shutil.copy(source, copy)
    port = _free_port()
    with (folder / "output").open("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "helpdesk.devserver", "--port", str(port)],
            cwd=folder,
            env=_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, port, folder / "output")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE)


def audit(folder: Path) -> str:
    """Run `manage.py audit_log` on a served site's log; return what it prints, raise CalledProcessError for a break."""
    return manage(folder, "audit_log")


def manage(folder: Path, *words: str) -> str:
    """Run a command of manage.py on a served site; return what it prints, raise CalledProcessError where it fails."""
    command = [sys.executable, "manage.py", *words]
    result = subprocess.run(command, cwd=folder, env=_environment(), capture_output=True, text=True, check=True)
    return result.stdout


def _environment() -> dict[str, str]:
    """Return this environment without what the tests set for themselves."""
    ours = {"SECRET_KEY", "ENV_FILE", "SITE_URL", "STATIC_PLAIN", "DEBUG", "DATABASE_URL", "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return {name: value for name, value in os.environ.items() if name not in ours} | {"LOG_LEVEL": "WARNING"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(process: subprocess.Popen, port: int, output: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError(f"The site did not start:\n{output.read_text()}")
