"""The databases of fault tests: made once with the wizards in them, then copied for each run."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests import postgres
from tools.chaos.site import ROOT, environment

MAKE = """
import django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0, interactive=False)
call_command("load_wizards", *FILES, verbosity=0)
"""
# Written to PostgreSQL's log on the disk before it answers, as the product wants it. The writer that tidies up behind
# commits that did not wait for the disk comes rarely: so a commit that does not wait is lost by a crash, and is seen.
POSTGRES_SETTINGS = ("fsync=on", "wal_writer_delay=10s", "autovacuum=off")


class NoDiskError(Exception):
    """No small disk can be made here; the message says why."""


class Sqlite:
    """SQLite: a file for each run."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prepared = folder / "prepared.sqlite3"

    def prepare(self) -> None:
        """Make the database that is copied."""
        _make(f"sqlite:///{self.prepared}", self.folder)

    def new(self, name: str) -> str:
        """Return the address of a copy."""
        copy = self.folder / f"{name}.sqlite3"
        shutil.copy(self.prepared, copy)
        return f"sqlite:///{copy}"

    def revive(self) -> str:
        """Do nothing, as close does: a file needs nobody."""
        return "none"

    def close(self) -> None:
        """Do nothing."""


class Postgres:
    """PostgreSQL: a server of our own, a database for each run."""

    name = "postgresql"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.server = postgres.Server(folder, *POSTGRES_SETTINGS)

    def prepare(self) -> None:
        """Make and start the server, and the database that is copied."""
        self.server.make()
        self.server.start()
        self._ask("CREATE DATABASE prepared")
        _make(self._url("prepared"), self.folder)

    def new(self, name: str) -> str:
        """Return the address of a copy."""
        name = name.replace("-", "_")
        self._ask(f"CREATE DATABASE {name} TEMPLATE prepared")
        return self._url(name)

    def revive(self) -> str:
        """Start the server where it ended by itself, as a service manager would; return what was to do."""
        if self.server.runs():
            return "went on"
        self.server.start()
        return "ended by itself, and was started again"

    def close(self) -> None:
        """Stop the server, if it runs."""
        with contextlib.suppress(postgres.NoPostgresError):
            self.server.stop("immediate")

    def _url(self, name: str) -> str:
        return self.server.address.replace("/postgres", f"/{name}")

    def _ask(self, statement: str) -> None:
        with psycopg.connect(self.server.address, autocommit=True) as connection:
            connection.execute(statement)


def _make(url: str, folder: Path) -> None:
    files = [str(file) for file in sorted((ROOT / "fixtures").glob("*.yaml"))]
    variables = environment(url, folder, DJANGO_SETTINGS_MODULE="helpdesk.settings")
    program = MAKE.replace("FILES", repr(files))
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=variables, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Give a folder on a disk of its own, so small that it can be filled; raise NoDiskError where none can be made."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        made = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError as missing:
        raise NoDiskError("there is no mount program") from missing
    if made.returncode != 0:
        raise NoDiskError(f"a small disk needs the right to mount: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk of a folder to its last byte; return the file that does it."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(b"\0" * size) == size:
                    pass
    return ballast


@contextlib.contextmanager
def connected(url: str) -> Iterator[None]:
    """Let this thread's questions go to the database `url` for a while."""
    import dj_database_url
    from django.db import connections
    from django.db.utils import load_backend

    from wizards import publishing

    values = {**connections.settings["default"], "OPTIONS": {}, **dj_database_url.parse(url), "CONN_MAX_AGE": 0}
    before, own = connections["default"], load_backend(values["ENGINE"]).DatabaseWrapper(values, "default")
    publishing.document_of.cache_clear()
    connections["default"] = own
    try:
        yield
    finally:
        own.close()
        connections["default"] = before
        publishing.document_of.cache_clear()
