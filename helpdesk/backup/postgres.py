"""PostgreSQL: its own programs pg_dump, pg_restore and psql. The password goes by the environment, not by arguments."""

from __future__ import annotations

import os
import re
import shutil
import subprocess  # nosec B404  # PostgreSQL's own programs, without a shell
import tempfile
from pathlib import Path
from typing import IO, cast

from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from . import present
from .manifest import BackupError

FILE = "data.dump"


def dump(file: Path) -> dict[str, int]:
    """Write the database into `file` as it is at one moment; return how many rows each table holds in it.

    The rows are counted in the very snapshot that pg_dump writes, so that both see the same while the site goes on.
    """
    program = _program("pg_dump")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        _run(program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={file}")
        return present.counts()


def load(file: Path) -> None:
    """Make the database what `file` holds: in one transaction, so that it is all of it or nothing."""
    restore, client = _program("pg_restore"), _program("psql")
    drop = ", ".join(map(connection.ops.quote_name, present.tables()))
    connection.close()
    command = [client, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={_address()}"]
    # Without a buffer: what psql did not take because it has ended is not sent again when the pipe is closed.
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(  # nosec B603  # noqa: S603
            command, bufsize=0, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        ) as psql:
            code = _feed(psql, "BEGIN;" + (f"DROP TABLE {drop} CASCADE;" if drop else ""), [restore, str(file)], said)
        if code:
            said.seek(0)
            raise BackupError(f"PostgreSQL refused, and nothing was changed: {_end(said.read())}")


def _feed(psql: subprocess.Popen[bytes], first: str, restore: list[str], said: IO[bytes]) -> int:
    """Send psql `first`, then the script that pg_restore makes, then the commit; return 0 where all went well.

    psql reads on for as long as the pipe is open, so where pg_restore breaks off, nothing is committed.
    """
    pipe = cast(IO[bytes], psql.stdin)
    try:
        pipe.write(f"{first}\n".encode())
        script = [*restore, "--no-owner", "--no-privileges", "--file=-"]
        if code := subprocess.run(script, stdout=pipe, stderr=said).returncode:  # nosec B603  # noqa: S603
            return code
        pipe.write(b"COMMIT;\n")
        pipe.close()
        return psql.wait()
    except BrokenPipeError:  # psql has ended, and said why
        return 1
    finally:
        psql.kill()


def server() -> str:
    """Return the version of the server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0]).split()[0]


def _program(name: str) -> str:
    """Return the newest installed program of this name; raise BackupError where there is none for the server."""
    server_major = int(server().split(".")[0])
    found = _found(name)
    install = f"Install the programs of PostgreSQL {server_major} (on Debian: apt-get install postgresql-client)."
    if not found:
        raise BackupError(f"There is no {name} here. {install}")
    majors = {program: _major(program) for program in found}
    best = max(found, key=lambda program: majors[program])
    if majors[best] < server_major:
        raise BackupError(f"{name} is of version {majors[best]}, and the server of version {server_major}. {install}")
    return best


def _found(name: str) -> list[str]:
    """Return the programs of this name: the one on PATH, and those of Debian's packages, one for each version."""
    return [*filter(None, [shutil.which(name)]), *map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))]


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout  # nosec B603  # noqa: S603
    number = re.search(r"(\d+)", said)
    return int(number[1]) if number else 0


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(  # nosec B603  # noqa: S603
        [program, *arguments, f"--dbname={_address()}"], env=_environment(), capture_output=True
    )
    if done.returncode:
        raise BackupError(f"{Path(program).name} failed: {_end(done.stderr)}")


def _address() -> str:
    """Return where the database is, as PostgreSQL's programs read it, without the password."""
    values = connection.settings_dict
    own = {"host": values["HOST"], "port": values["PORT"], "user": values["USER"], "dbname": values["NAME"]}
    given = {name: value for name, value in values["OPTIONS"].items() if name.startswith("ssl")}
    return make_conninfo(**{name: value for name, value in (own | given).items() if value})


def _environment() -> dict[str, str]:
    password = connection.settings_dict["PASSWORD"]
    return os.environ | ({"PGPASSWORD": str(password)} if password else {})


def _end(said: bytes) -> str:
    return said.decode(errors="replace").strip()[-600:] or "it said nothing"
