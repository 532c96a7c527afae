"""PostgreSQL: pg_dump, pg_restore and psql. The password goes through the environment, never through arguments."""

from __future__ import annotations

import os
import subprocess  # nosec B404  # PostgreSQL's own programs, without a shell
import tempfile
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient

from . import database
from .manifest import BackupError

FILE = "data.dump"
CLEAN = ("--no-owner", "--no-privileges")


def dump(file: Path) -> dict[str, int]:
    """Dump the database into `file`; return the number of rows in each table.

    The rows are counted in the snapshot that pg_dump reads, so both see one state while the site keeps writing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        _run("pg_dump", "--format=custom", *CLEAN, f"--snapshot={snapshot}", f"--file={file}", *_address())
        return database.counts(cursor)


def load(file: Path) -> None:
    """Replace the database with what `file` holds, in one transaction.

    pg_restore writes the whole script before psql starts, so a dump that cannot be read changes nothing. The script
    is uncompressed and needs its room in TMPDIR.
    """
    with connection.cursor() as cursor:
        tables = ", ".join(map(connection.ops.quote_name, database.tables(cursor)))
    connection.close()
    drop = [f"--command=DROP TABLE {tables} CASCADE"] if tables else []
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]
    with tempfile.TemporaryDirectory() as folder:
        script = f"--file={folder}/restore.sql"
        _run("pg_restore", *CLEAN, script, str(file))
        _run("psql", *options, *drop, script, *_address())


def server() -> str:
    """Return the version of the server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0]).split()[0]


def _run(program: str, *arguments: str) -> None:
    try:
        done = subprocess.run(  # nosec B603  # noqa: S603
            [program, *arguments], env=_environment(), capture_output=True, text=True, errors="replace"
        )
    except FileNotFoundError as error:
        raise BackupError(
            f"There is no {program} here. Install the client programs of PostgreSQL {server()} or newer"
            " (on Debian: apt-get install postgresql-client)."
        ) from error
    if done.returncode:
        raise BackupError(f"{program} failed, and nothing was changed: {done.stderr.strip()[-600:]}")


def _address() -> list[str]:
    """Return the arguments that name the database, without the password."""
    (_, *arguments), _ = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return arguments


def _environment() -> dict[str, str]:
    """Return the environment with the password, and every option about TLS under libpq's name for it."""
    _, variables = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    options = connection.settings_dict["OPTIONS"].items()
    tls = {f"PG{name.upper().replace('_', '')}": str(value) for name, value in options if name.startswith("ssl")}
    return os.environ | tls | (variables or {})
