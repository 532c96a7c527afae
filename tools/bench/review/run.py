"""Create missing logs, and measure the review pages over them."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime

from tools.bench import databases
from tools.bench.databases import child
from tools.bench.results import Measurement

DAYS = 365


def measure(database: databases.Sqlite | databases.Postgres, options: argparse.Namespace) -> list[Measurement]:
    whole, tenth = f"log-{options.events}", f"log-{options.events}-tenth"
    if options.anew or not database.there(whole) or not database.there(tenth):
        until = datetime.now(UTC).isoformat()  # the same for both, so that their last days are the same
        fill(database, whole, options.events, 1.0, until)
        fill(database, tenth, options.events, 0.1, until)
    if options.fill_only:
        return []
    print(f"{database.name}: measuring", file=sys.stderr, flush=True)
    other = (
        str(databases.folder() / f"{tenth}.sqlite3")
        if isinstance(database, databases.Sqlite)
        else databases.named(tenth)
    )
    done = child("tools.bench.review.measure", database.url(whole), str(options.pairs), database.name, other)
    return [json.loads(line) for line in done.splitlines()]


def fill(database: databases.Sqlite | databases.Postgres, log: str, events: int, share: float, until: str) -> None:
    """Make a log under a temporary name, and rename it once it is complete."""
    print(f"{database.name}: making a log of about {round(events * share)} events", file=sys.stderr, flush=True)
    part = f"{log}-part"
    database.clear(part)
    database.make(part)
    print(
        child("tools.bench.review.filling", database.url(part), str(events), str(DAYS), str(share), until),
        file=sys.stderr,
        end="",
    )
    database.clear(log)
    database.rename(part, log)
