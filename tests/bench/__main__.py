"""Measure the review pages on both databases: what `make bench` runs. See docs/bench.md."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests import postgres
from tests.bench import places

DAYS = 365


def main(arguments: list[str]) -> int:
    """Fill what is not there, measure, and print a table and the measurements; 1 where a page misses a goal."""
    chosen = parsed(arguments)
    measured: list[dict[str, Any]] = []
    with contextlib.ExitStack() as stack:
        if "sqlite" in chosen.databases:
            measured += measure(places.Sqlite(), chosen)
        if "postgres" in chosen.databases:
            try:
                address = stack.enter_context(places.server())
            except postgres.NoPostgresError as reason:
                print(reason, file=sys.stderr)
                return 1
            measured += measure(places.Postgres(address), chosen)
    results = places.folder() / "results.jsonl"
    results.write_text("".join(json.dumps(each) + "\n" for each in measured))
    for each in measured:
        print(json.dumps(each))
    print(f"\n{table(measured)}\n\nThe lines above are also in {shown(results)}.")
    missed = [each for each in measured if misses(each)]
    return 1 if missed and chosen.strict else 0


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="tests.bench", description="Measure the review pages on both databases.")
    parser.add_argument("--events", type=int, default=300_000, help="about how long the log is (300000)")
    parser.add_argument("--pairs", type=int, default=7, help="how many times page and query are asked in turns (7)")
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgres"), default=("sqlite", "postgres"))
    parser.add_argument("--anew", action="store_true", help="make the logs again")
    parser.add_argument("--fill-only", action="store_true", help="make the logs, measure nothing")
    parser.add_argument("--strict", action="store_true", help="end with an error where a page misses a goal")
    return parser.parse_args(arguments)


def measure(database: places.Sqlite | places.Postgres, chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the measurements on one database."""
    whole, tenth = f"log-{chosen.events}", f"log-{chosen.events}-tenth"
    if chosen.anew or not database.there(whole) or not database.there(tenth):
        until = datetime.now(UTC).isoformat()  # the same for both, so that their last days are the same
        fill(database, whole, chosen.events, 1.0, until)
        fill(database, tenth, chosen.events, 0.1, until)
    if chosen.fill_only:
        return []
    print(f"{database.name}: measuring", file=sys.stderr, flush=True)
    other = str(places.folder() / f"{tenth}.sqlite3") if isinstance(database, places.Sqlite) else places.named(tenth)
    done = child("measure", database.url(whole), str(chosen.pairs), database.name, other)
    return [json.loads(line) for line in done.splitlines()]


def fill(database: places.Sqlite | places.Postgres, log: str, events: int, share: float, until: str) -> None:
    """Make a log under another name, and give it its own when it is whole."""
    print(f"{database.name}: making a log of about {round(events * share)} events", file=sys.stderr, flush=True)
    part = f"{log}-part"
    database.clear(part)
    database.make(part)
    print(child("filling", database.url(part), str(events), str(DAYS), str(share), until), file=sys.stderr, end="")
    database.clear(log)
    database.rename(part, log)


def child(module: str, url: str, *arguments: str) -> str:
    """Run a module of ours in a process whose database is `url`; return what it printed."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    return subprocess.run(
        command, cwd=places.ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def table(measured: Iterable[dict[str, Any]]) -> str:
    """Return the measurements as a table to read."""
    lines, heading = [], ""
    for each in measured:
        here = f"{each['database']}, {each['events']} events in {each['sessions']} sessions, {each['machine']}"
        if here != heading:
            heading = here
            columns = (
                f"{'page':<44} {'median':>9} {'p95':>9} {'busy':>7} {'against':>9} {'ratio':>8} {'goal':>6} {'load':>5}"
            )
            lines += ["", here, columns]
        against = each.get("query_ms", each.get("tenth_ms"))
        times = [cell(each.get(name), width) for name, width in (("page_ms", 9), ("p95_ms", 9), ("processor_ms", 7))]
        compared = [cell(against, 9), cell(each["ratio"], 8, 2), cell(each["goal"], 6), cell(each.get("load"), 5)]
        line = " ".join([f"{each['name']:<44}", *times, *compared])
        lines.append(f"{line} {misses(each)}".rstrip())
    return "\n".join(lines).strip("\n")


def cell(value: float | None, width: int, digits: int = 1) -> str:
    """Return a number as it stands in its column, and room for one that there is not."""
    return " " * width if value is None else f"{value:{width}.{digits}f}"


def misses(measured: dict[str, Any]) -> str:
    """Return which goals a measurement misses, in words; empty for none."""
    late = measured.get("p95_ms", 0) > measured.get("p95_goal_ms", 0)
    more = measured["goal"] is not None and measured["ratio"] > measured["goal"]
    return ", ".join(words for words, wrong in (("too slow", late), ("ratio", more)) if wrong)


def shown(path: Path) -> str:
    """Return a path as it is named from here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
