"""Bring about every fault and its twin on both databases: what `make chaos` runs. See docs/chaos.md."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

import django

from tests import environment, postgres  # noqa: F401  the settings of tests
from tests.environment import SQLITE

os.environ["DJANGO_SETTINGS_MODULE"] = "helpdesk.settings"
os.environ["DATABASE_URL"] = SQLITE  # never opened: each run has a database of its own
NAMES = ("kills", "restarts", "full", "redis", "delivery", "races", "load")


def main(arguments: list[str]) -> int:
    """Run what is asked for; return 1 where something broke, or a twin was not seen."""
    chosen = parsed(arguments)
    django.setup()
    from tools.chaos import faults, runner

    size = faults.Size(
        kills=chosen.kills,
        answers=max(2000, 10 * chosen.kills),
        restarts=max(2, chosen.kills // 50),
        races=chosen.races,
        rate=chosen.rate,
        seconds=chosen.seconds,
        sessions=chosen.sessions,
        beside=True,
    )
    results: list[faults.Result] = []
    with tempfile.TemporaryDirectory(prefix="helpdesk-chaos-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL does not run as root
        try:
            for database in chosen.databases:
                results += runner.rounds(Path(folder), database, chosen.only, size)
        except postgres.NoPostgresError as reason:
            print(reason, file=sys.stderr)
            return 1
    print(f"\n{runner.table(results)}")
    return 0 if results and all(result.holds for result in results) else 1


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Return what the command line asks for."""
    databases = ("sqlite", "postgresql")
    parser = argparse.ArgumentParser(prog="tools.chaos", description="Bring about faults under load.")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="these faults")
    parser.add_argument("--databases", nargs="+", choices=databases, default=databases)
    parser.add_argument("--kills", type=int, default=500, help="how many workers are killed on each database (500)")
    parser.add_argument("--races", type=int, default=10_000, help="how many races there are on each (10000)")
    parser.add_argument("--rate", type=float, default=200, help="answers a second under load (200)")
    parser.add_argument("--seconds", type=float, default=600, help="how long that load lasts (600)")
    parser.add_argument("--sessions", type=int, default=4000, help="sessions in flight under load (4000)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    # Ended from outside, it still stops the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
