"""Measure the answers and the review pages on both databases: what `make bench` runs. See docs/bench.md."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path

from tests import postgres
from tools.bench import databases, results
from tools.bench.answers import run as answers
from tools.bench.review import run as review

PARTS = ("answers", "review")


def main(arguments: list[str]) -> int:
    """Fill what is not there, measure, and print a table and the measurements; 1 where a goal is missed."""
    chosen = parsed(arguments)
    measured: list[results.Measurement] = []
    try:
        if "answers" in chosen.parts:
            measured += answers.measure(chosen.databases, chosen.rounds, chosen.seconds)
        if "review" in chosen.parts:
            measured += reviewed(chosen)
    except (postgres.NoPostgresError, answers.AppError) as reason:
        print(reason, file=sys.stderr)
        return 1
    kept = databases.folder() / "results.jsonl"
    kept.write_text("".join(json.dumps(each) + "\n" for each in measured))
    for each in measured:
        print(json.dumps(each))
    print(f"\n{results.table(measured)}\n\nThe lines above are also in {shown(kept)}.")
    missed = [each for each in measured if results.misses(each)]
    return 1 if missed and chosen.strict else 0


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="tools.bench", description="Measure answers and review pages.")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what is measured")
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgres"), default=("sqlite", "postgres"))
    parser.add_argument("--strict", action="store_true", help="end with an error where a goal is missed")
    parser.add_argument("--rounds", type=int, default=7, help="answers: runs of each app, in turns (7)")
    parser.add_argument("--seconds", type=float, default=3, help="answers: how long a run is (3)")
    parser.add_argument("--events", type=int, default=300_000, help="review: about how long the log is (300000)")
    parser.add_argument("--pairs", type=int, default=7, help="review: how often page and query are asked in turns (7)")
    parser.add_argument("--anew", action="store_true", help="review: make the logs again")
    parser.add_argument("--fill-only", action="store_true", help="review: make the logs, measure nothing")
    return parser.parse_args(arguments)


def reviewed(chosen: argparse.Namespace) -> list[results.Measurement]:
    """Return the measurements of the review pages on the chosen databases."""
    measured: list[results.Measurement] = []
    with contextlib.ExitStack() as stack:
        if "sqlite" in chosen.databases:
            measured += review.measure(databases.Sqlite(), chosen)
        if "postgres" in chosen.databases:
            measured += review.measure(databases.Postgres(stack.enter_context(databases.server())), chosen)
    return measured


def shown(path: Path) -> str:
    """Return a path as it is named from here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
