"""The site under test: gunicorn with the product's own configuration, in a process group of its own."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tools.chaos.connection import HOST, Dropped, Line, Request

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
PATIENCE = 60  # seconds for starting and for stopping
OPEN_RATES = {f"RATE_{name}": "10000000 per hour" for name in ("BEGIN", "REMARK", "CASE", "OFFER")}


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a process of the site with the database `url`, which writes into `folder` only."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV") if name in os.environ}
    ours = {
        "DATABASE_URL": url,
        "ENV_FILE": "",
        "SECRET_KEY": "only-for-tests-0123456789abcdefghijklmnopqrstuvwxyz",
        "STATIC_PLAIN": "true",
        "LOG_LEVEL": "WARNING",
        "EMAIL_URL": f"file://{folder / 'mail'}",
        "PYTHONWARNINGS": "ignore::UserWarning",
        "WEB_CONCURRENCY": str(WORKERS),
    }
    return kept | ours | OPEN_RATES | more


class Site:
    """A served site. Workers are copies of a master that has loaded everything (--preload): a new one is there at once.

    `sabotage` names what tools/chaos/sabotage.py takes out; `beside` starts what `make run` starts beside it.
    """

    def __init__(self, url: str, folder: Path, sabotage: str = "", beside: bool = False, **more: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.log = folder / "site.log"
        self.environment = environment(url, folder, PORT=str(self.port), CHAOS_SABOTAGE=sabotage, **more)
        self.beside = beside
        self.killed = 0
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._run("-m", "gunicorn", "--preload", "tools.chaos.sabotage")
        for helper in ("run_maintenance", "run_deliveries") if self.beside else ():
            self._run("manage.py", helper, "--parent", str(os.getpid()))
        until = time.monotonic() + PATIENCE
        while not self._answers():
            if self.processes[0].poll() is not None or time.monotonic() > until:
                raise AssertionError(f"The site did not start:\n{self.said()}")
            time.sleep(0.05)

    def _run(self, *command: str) -> None:
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)

    def _answers(self) -> bool:
        line = Line(self.port)
        try:
            return line.ask(Request("GET", "/contact/")).status == 200
        except Dropped:
            return False
        finally:
            line.close()

    def workers(self) -> list[int]:
        """Return the process ids of the workers that are there now."""
        master = self.processes[0].pid
        return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]

    def kill(self, dice: random.Random) -> None:
        """Kill one of the workers, as the kernel does where memory is short: it gets no chance to do anything."""
        if there := self.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(dice.choice(there), signal.SIGKILL)
                self.killed += 1

    def stop(self) -> None:
        """Stop it, and whatever is left of its process groups."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def said(self) -> str:
        """Return what it wrote to its log."""
        return self.log.read_text(errors="replace")


@contextlib.contextmanager
def served(url: str, folder: Path, sabotage: str = "", beside: bool = False, **more: str) -> Iterator[Site]:
    """Give a running site on the database `url`; stop it at the end."""
    site = Site(url, folder, sabotage, beside, **more)
    try:
        site.start()
        yield site
    finally:
        site.stop()


class NoRedisError(Exception):
    """There is no Redis here; the message says what to install."""


class Redis:
    """A Redis server that keeps nothing on a disk, for as long as the block lasts."""

    def __init__(self) -> None:
        if not shutil.which("redis-server"):
            raise NoRedisError("there is no redis-server here (on Debian or Ubuntu: apt-get install redis-server)")
        self.port = free_port()
        self.url = f"redis://{HOST}:{self.port}/0"

    def __enter__(self) -> Redis:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.wake()
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = ["redis-server", "--port", str(self.port), "--bind", HOST, "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                return
            time.sleep(0.02)
        raise AssertionError("Redis did not start.")

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()

    def hang(self) -> None:
        """Let it do nothing any more, with its connections open."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
