"""The tests' databases: migrated once, and copied for each test process. Fixtures for tests/conftest.py.

SQLite: a file, so that threads share it. The migrated one is kept in pytest's cache until the code changes.
PostgreSQL: a database of the server that DATABASE_URL names; the migrated one stays there until the server stops.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Take the copy as it is."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give this process a copy of the migrated database, and remove it at the end."""
    from django.db import connections

    database = connections["default"].settings_dict
    copy = _sqlite_copy if database["ENGINE"] == "helpdesk.sqlite" else _postgres_copy
    with copy(request.config, database) as name:
        database["TEST"]["NAME"] = name
        yield


@contextmanager
def _sqlite_copy(config: pytest.Config, database: dict[str, Any]) -> Iterator[str]:
    folder = Path(config.cache.mkdir("database"))
    with tempfile.TemporaryDirectory(prefix="helpdesk-tests-") as own:
        yield _copied(folder, Path(own) / "test.sqlite3")


def _copied(folder: Path, own: Path) -> Path:
    with _locked(folder / "lock") as held:
        template = folder / f"{_fingerprint()}.sqlite3"
        if not _is_whole(template):
            for old in folder.glob("*.sqlite3*"):
                old.unlink()
            unfinished = template.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            _migrate(f"sqlite:///{unfinished}", held)
            unfinished.rename(template)
        return Path(shutil.copy(template, own))


def _is_whole(file: Path) -> bool:
    if not file.exists():
        return False
    with contextlib.closing(sqlite3.connect(file)) as connection, contextlib.suppress(sqlite3.DatabaseError):
        return bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))
    return False


@contextmanager
def _postgres_copy(config: pytest.Config, database: dict[str, Any]) -> Iterator[str]:
    import psycopg
    from psycopg.sql import SQL, Identifier

    server = os.environ["DATABASE_URL"]
    template, own = f"helpdesk_{_fingerprint()}", f"helpdesk_tests_{os.getpid()}"
    with (
        psycopg.connect(server, autocommit=True) as connection,
        _locked(Path(tempfile.gettempdir()) / template) as held,
    ):
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            unfinished = f"{template}_unfinished"
            connection.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(unfinished)))
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(unfinished)))
            _migrate(f"{server.rpartition('/')[0]}/{unfinished}", held)
            connection.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(*map(Identifier, (unfinished, template))))
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(own)))
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(Identifier, (own, template))))
    yield own
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(own)))


def _migrate(address: str, held: int) -> None:
    """Migrate a database. The program holds the lock as well: it may outlive a test run that is killed."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": address}, check=True, pass_fds=[held])


def _fingerprint() -> str:
    """Return a hash of what decides how a migrated database looks: our code, and the versions of the packages."""
    files = [ROOT / "requirements.txt", *ROOT.glob("helpdesk/**/*.py"), *ROOT.glob("wizards/**/*.py")]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(str(file.relative_to(ROOT)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _locked(file: Path) -> Iterator[int]:
    """Let one process of this machine at a time make the migrated database."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()
