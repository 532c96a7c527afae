"""Measure answers: the product against FLOOR and against django-formtools, each behind gunicorn, in turns."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import count
from statistics import median

import psycopg

from tests import postgres
from tools.bench import results
from tools.bench.answers import apps
from tools.bench.answers.apps import CONNECTIONS, App, AppError
from tools.bench.databases import child
from tools.bench.results import Measurement, ms, percentile

__all__ = ["AppError", "measure"]

AGAINST_FLOOR, AGAINST_FORMTOOLS, P95, GROWTH, SPREAD = 1.3, {10: 2.5, 200: 7.0}, 1.1, 1.05, 10.0
FEWEST = 5  # runs of each app: medians of fewer say little

Runs = dict[str, list[list[float]]]


def measure(databases: Sequence[str], rounds: int, seconds: float) -> list[Measurement]:
    """Return all measurements of answers on the chosen databases. Raises AppError, NoPostgresError."""
    rounds, measured = max(rounds, FEWEST), []
    if "postgres" in databases:
        with postgres.server() as server:
            made = on_server(server)
            about = {"database": f"PostgreSQL {version(server)}", **results.machine()}
            measured += compared(turns(made, rounds, seconds), about)
            measured += alone(next(made), about)
    if "sqlite" in databases:
        with tempfile.TemporaryDirectory(prefix="helpdesk-bench-") as folder:
            made = (f"sqlite:///{folder}/{number}.sqlite3" for number in count())
            about = {"database": f"SQLite {sqlite3.sqlite_version}", **results.machine()}
            measured += spread(made, rounds, seconds, about)
            measured += alone(next(made), about)
    return measured


def on_server(server: str) -> Iterator[str]:
    """Yield the addresses of empty databases on a PostgreSQL server."""
    for number in count():
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "answers_{number}"')
        yield f"{server.rpartition('/')[0]}/answers_{number}"


def version(server: str) -> str:
    """Return a PostgreSQL server's version."""
    with psycopg.connect(server) as connection:
        return str(connection.info.parameter_status("server_version")).split()[0]


def turns(databases: Iterator[str], rounds: int, seconds: float) -> Runs:
    """Serve all apps, and let people answer in each of them in turns; return how long every answer took."""
    compared = [apps.product(), apps.floor(), *(apps.formtools(forms) for forms in AGAINST_FORMTOOLS)]
    with contextlib.ExitStack() as stack:
        return in_turns([stack.enter_context(apps.serving(app, next(databases))) for app in compared], rounds, seconds)


def in_turns(served: Sequence[App], rounds: int, seconds: float) -> Runs:
    """Run each app in turn, so many times; return for each app how long the answers of each run took."""
    runs: Runs = {app.name: [] for app in served}
    for number in range(rounds + 1):
        for app in served:
            taken = app.run(seconds)
            if number:  # the first round warms up
                runs[app.name].append(taken)
        print(f"  answers, round {number} of {rounds}", file=sys.stderr, flush=True)
    return runs


def rate(taken: list[float]) -> float:
    """Return how many answers came back in a second: each connection has one under way at any time."""
    return CONNECTIONS * len(taken) / sum(taken)


def compared(runs: Runs, about: Measurement) -> list[Measurement]:
    """Return the product's rate against the others', and its 95th percentile against FLOOR's."""
    goals = {"FLOOR": AGAINST_FLOOR} | {f"formtools, {forms} forms": goal for forms, goal in AGAINST_FORMTOOLS.items()}
    ours = runs["product"]
    measured = []
    for name, goal in goals.items():
        pairs = zip(ours, runs[name], strict=True)
        measured.append(
            about
            | {
                "name": "answer/postgresql",
                "against": name,
                "ratio": round(median(rate(one) / rate(other) for one, other in pairs), 3),
                "goal": goal,
                "at_least": True,
                "rate": round(median(map(rate, ours)), 1),
                "their_rate": round(median(map(rate, runs[name])), 1),
                "page_ms": ms(median(map(median, ours))),
                "answers": sum(map(len, ours)),
            }
        )
    late, theirs = ([percentile(taken, 0.95) for taken in runs[name]] for name in ("product", "FLOOR"))
    measured.append(
        about
        | {
            "name": "answer/postgresql, p95",
            "against": "FLOOR",
            "ratio": round(median(one / other for one, other in zip(late, theirs, strict=True)), 3),
            "goal": P95,
            "p95_ms": ms(median(late)),
            "theirs": ms(median(theirs)),
        }
    )
    return measured


def spread(databases: Iterator[str], rounds: int, seconds: float, about: Measurement) -> list[Measurement]:
    """Return how evenly SQLite serves eight connections; a response that is not the next page ends the run."""
    with contextlib.ExitStack() as stack:
        served = [stack.enter_context(apps.serving(app, next(databases))) for app in (apps.product(), apps.floor())]
        runs = in_turns(served, rounds, seconds)
    ours, theirs = runs["product"], runs["FLOOR"]
    common = about | {"rate": round(median(map(rate, ours)), 1), "page_ms": ms(median(map(median, ours)))}
    late = [percentile(taken, 0.99) for taken in ours]
    return [
        common
        | {
            "name": "answer/sqlite",
            "against": "FLOOR",
            "ratio": round(median(rate(one) / rate(other) for one, other in zip(ours, theirs, strict=True)), 3),
            "their_rate": round(median(map(rate, theirs)), 1),
        },
        common
        | {
            "name": "answer/sqlite, p99",
            "against": "its median",
            "ratio": round(median(one / median(taken) for one, taken in zip(late, ours, strict=True)), 3),
            "goal": SPREAD,
            "p99_ms": ms(median(late)),
            "answers": sum(map(len, ours)),  # every one of them the right next page: no lock error
        },
    ]


def alone(database: str, about: Measurement) -> list[Measurement]:
    """Return what is measured in one process: answers early and late, few nodes and many, and memory."""
    lines = child("tools.bench.answers.growth", database).splitlines()
    lines += child("tools.bench.answers.memory", database).splitlines()
    return [about | json.loads(line) for line in lines]
