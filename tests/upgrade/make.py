"""Make yesterday's site anew: `python -m tests.upgrade.make`. README.md says what comes of it.

The code of COMMIT is checked out into a folder of its own, with the packages that it named; `builder.py` drives it, on
SQLite and on a PostgreSQL server that is started for this; the result replaces what is in data/.
"""

from __future__ import annotations

import argparse
import contextlib
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from tests import postgres

COMMIT = "bda859f"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DATA = HERE / "data"
# What a server of another version may not know: how pg_dump prepares its session, and what is for psql alone.
PREPARATION = re.compile(r"\A.*?(?=^CREATE )", re.DOTALL | re.MULTILINE)
FOR_PSQL = re.compile(r"^\\.*\n", re.MULTILINE)


def main(arguments: list[str]) -> None:
    """Make the site on both databases, and replace what is in data/."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", help="use this Python with its packages, instead of installing those of COMMIT")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="helpdesk-yesterday-") as name, checkout(Path(name)) as site:
        folder = Path(name)
        python = chosen.python or installed(site, folder)
        sqlite(folder, site, python)
        with tempfile.TemporaryDirectory(prefix="helpdesk-postgres-") as data:
            server = postgres.Server(Path(data), "fsync=off")
            server.make()
            server.start()
            try:
                postgresql(server, "postgresql", site, python)
                postgresql(server, "partitioned", site, python, "--partitioned")
            finally:
                server.stop("immediate")


@contextlib.contextmanager
def checkout(folder: Path) -> Iterator[Path]:
    """Give a folder with the files of COMMIT."""
    site = folder / "site"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(site), COMMIT], check=True)
    try:
        yield site
    finally:
        subprocess.run([*git, "remove", "--force", str(site)], check=True)


def installed(site: Path, folder: Path) -> str:
    """Install what COMMIT needs into an environment of its own, and what the builder needs; return its Python."""
    python = str(folder / "venv" / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    subprocess.run([*pip, "--require-hashes", "--requirement", str(site / "requirements-dev.txt")], check=True)
    subprocess.run([*pip, f"time-machine=={version('time-machine')}"], check=True)
    return python


def run(site: Path, python: str, database: str, *command: str) -> None:
    """Run a program of the site as its settings say, with this database."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    own = {"ENV_FILE": str(DATA / "env"), "DATABASE_URL": database, "STATIC_PLAIN": "true", "LOG_LEVEL": "CRITICAL"}
    subprocess.run([python, *command], cwd=site, env=kept | own, check=True)


def build(site: Path, python: str, database: str, name: str, *options: str) -> None:
    """Let the builder make the site, and keep what it tells."""
    print(f"{name}: {COMMIT} makes the site", flush=True)
    run(site, python, database, str(HERE / "builder.py"), str(DATA / f"{name}.json"), *options)


def sqlite(folder: Path, site: Path, python: str) -> None:
    """Make the site on SQLite, and keep it as the site's own backup: its data, and the manifest beside them."""
    database, backup = f"sqlite:///{folder / 'db.sqlite3'}", folder / "backup"
    build(site, python, database, "sqlite")
    run(
        site,
        python,
        database,
        "-c",
        "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM')",
        str(folder / "db.sqlite3"),
    )
    run(site, python, database, "manage.py", "backup", str(backup))
    shutil.copyfile(backup / "manifest.json", DATA / "sqlite.backup.json")
    keep("sqlite.sqlite3.xz", (backup / "data.sqlite3").read_bytes())


def postgresql(server: postgres.Server, name: str, site: Path, python: str, *options: str) -> None:
    """Make the site on PostgreSQL, and keep it as statements that any driver can send."""
    import psycopg

    with psycopg.connect(server.address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    database = server.address.removesuffix("/postgres") + f"/{name}"
    build(site, python, database, name, *options)
    program = server.programs / "pg_dump"
    plain = ["--inserts", "--rows-per-insert=100", "--no-owner", "--no-privileges", "--no-comments"]
    dumped = subprocess.run([str(program), *plain, f"--dbname={database}"], stdout=subprocess.PIPE, check=True)
    keep(f"{name}.sql.xz", portable(dumped.stdout.decode()).encode())


def portable(dump: str) -> str:
    """Return a dump without what only psql, or a server of the same version, understands."""
    return FOR_PSQL.sub("", PREPARATION.sub("", dump, count=1))


def keep(name: str, content: bytes) -> None:
    """Write a file into data/, packed."""
    packed = lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)
    (DATA / name).write_bytes(packed)
    print(f"  {name}: {len(packed) // 1024} KiB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
