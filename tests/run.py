"""Run every test: on SQLite, in a browser, and on PostgreSQL. What `make test` runs.

The last lines say what ran on which database and browser, and what was skipped. Exit code 0 only where all passed.
"""

import argparse
import dataclasses
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests import chromium, postgres

ROOT = Path(__file__).resolve().parent.parent
# Never opened: tests/conftest.py puts a file of each run in its place. The settings refuse a database in memory.
SQLITE = f"sqlite:///{Path(tempfile.gettempdir()) / 'helpdesk-tests-only.sqlite3'}"


@dataclasses.dataclass(frozen=True)
class Run:
    """One pytest run: where it ran, its exit code, how many tests passed and were skipped, which failed, seconds."""

    where: str
    code: int
    passed: int
    skipped: int
    failed: list[str]
    seconds: float

    def lines(self) -> list[str]:
        """Return the run as lines for the end of the output: what happened, then each test that failed and why."""
        words = f"{self.passed} passed, {len(self.failed)} failed, {self.skipped} skipped"
        first = f"{self.where}: {words} in {self.seconds:.0f} s" + ("" if self.code == 0 else "  FAILED")
        return [first, *(f"  failed: {test}" for test in self.failed)]


def main(arguments: list[str]) -> int:
    """Run what the arguments ask for; return 0 where everything passed."""
    parser = argparse.ArgumentParser(prog="tests.run", description="Run the tests on both databases.")
    parser.add_argument("--browser-only", action="store_true", help="only the browser tests, on SQLite")
    chosen, rest = parser.parse_known_args(arguments)
    try:
        runs = [in_browser(rest)] if chosen.browser_only else everything(rest)
    except (chromium.NoChromiumError, postgres.NoPostgresError) as reason:
        print(reason, file=sys.stderr)
        return 1
    print("\nWhat ran:")
    for line in (line for run in runs for line in run.lines()):
        print(f"  {line}")
    return max(run.code for run in runs)


def everything(rest: list[str]) -> list[Run]:
    """Run all tests in two lanes that take about as long; what they need is found before any of them starts."""
    chromium.find()
    with postgres.server() as address, ThreadPoolExecutor() as lanes:
        one = lanes.submit(lambda: [on_sqlite(rest), on_postgres(address, rest)])
        other = lanes.submit(lambda: [in_browser(rest), once(rest)])
        return [*one.result(), *other.result()]


def on_sqlite(rest: list[str]) -> Run:
    """Run on SQLite what needs no browser and depends on the database."""
    return pytest_run(f"SQLite {sqlite3.sqlite_version}", SQLITE, ["-m", "not browser and not once", *rest])


def once(rest: list[str]) -> Run:
    """Run what depends on no database, or brings its own."""
    return pytest_run("any database, once", SQLITE, ["-m", "once and not browser", *rest])


def in_browser(rest: list[str]) -> Run:
    """Run the browser tests, on SQLite."""
    program = chromium.find()
    os.environ["CHROMIUM_PATH"] = str(program)
    return pytest_run(f"{chromium.version(program)}, SQLite", SQLITE, ["-m", "browser", *rest])


def on_postgres(address: str, rest: list[str]) -> Run:
    """Run on the PostgreSQL server at `address` what touches a database: not the browser and the flow tests."""
    chosen = ["-m", "not browser and not once", "--ignore", "tests/flow", *rest]
    return pytest_run(f"PostgreSQL {postgres_version(address)}", address, chosen)


def pytest_run(where: str, database: str, arguments: list[str]) -> Run:
    """Run pytest on `database` in a process of its own; print what it said at its end, and return what happened."""
    print(f"Tests on {where} begin", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report, said = Path(folder) / "report.xml", Path(folder) / "said"
        command = [sys.executable, "-m", "pytest", "--quiet", f"--junit-xml={report}", *arguments]
        environment = os.environ | {"DATABASE_URL": database}
        began = time.monotonic()
        with said.open("w") as output:
            process = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        print(f"\nTests on {where}\n{said.read_text()}", flush=True)
        return Run(where, process.returncode, *counts(report), time.monotonic() - began)


def counts(report: Path) -> tuple[int, int, list[str]]:
    """Return how many tests passed and were skipped, and what failed, from pytest's report, if there is one."""
    if not report.exists():
        return 0, 0, []
    cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    skipped = sum(case.find("skipped") is not None for case in cases)
    failed = [f"{case.get('classname')}::{case.get('name')}: {why}" for case in cases for why in _reasons(case)]
    return len(cases) - skipped - len(failed), skipped, failed


def _reasons(case: ElementTree.Element) -> list[str]:
    """Return why a test failed, one line; none where it passed."""
    found = [each for each in case if each.tag in ("failure", "error")][:1]
    return [(each.get("message") or "no reason given").splitlines()[0][:200] for each in found]


def postgres_version(address: str) -> str:
    """Return the server's version."""
    import psycopg

    with psycopg.connect(address) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]).split()[0] if row else "of unknown version"


if __name__ == "__main__":
    # Ended from outside, it still stops the server that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
