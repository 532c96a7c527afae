"""Measurements: what they depend on, and how they are told. A measurement is a dict that fits into a JSON line.

name, against: what was measured, and against what
ratio, goal:   how many times as much it is, and what that should be; `at_least` says that more is better
"""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

Measurement = dict[str, Any]
ABOUT = ("database", "events", "sessions", "machine")


def machine() -> Measurement:
    """Return what every measurement depends on: the machine and the versions."""
    import django

    return {
        "python": platform.python_version(),
        "django": django.get_version(),
        "machine": f"{os.cpu_count()} x {processor()}",
        "system": f"{platform.system()} {platform.release()}",
    }


def processor() -> str:
    """Return what the processor calls itself, as far as the system tells."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def tell(measured: Measurement) -> None:
    """Print a measurement as a JSON line, with how busy the machine was, and its name beside it."""
    measured["load"] = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    print(json.dumps(measured), flush=True)
    print(f"  {measured['name']}", file=sys.stderr, flush=True)


def ms(seconds: float) -> float:
    """Return seconds as milliseconds."""
    return round(1000 * seconds, 2)


def percentile(times: list[float], share: float) -> float:
    """Return the smallest of the times that a share of them do not exceed."""
    return sorted(times)[math.ceil(share * len(times)) - 1]


def misses(measured: Measurement) -> str:
    """Return which goals a measurement misses, in words; empty for none."""
    late = measured.get("p95_ms", 0) > measured.get("p95_goal_ms", math.inf)
    ratio, goal = measured.get("ratio"), measured.get("goal")
    wrong = goal is not None and (ratio < goal if measured.get("at_least") else ratio > goal)
    return ", ".join(words for words, missed in (("too slow", late), ("ratio", wrong)) if missed)


def table(measured: Iterable[Measurement]) -> str:
    """Return the measurements as a table to read: a part for each database."""
    parts = groupby(measured, key=about)
    return "\n\n".join("\n".join([heading, COLUMNS, *map(line, each)]) for heading, each in parts)


def about(measured: Measurement) -> str:
    """Return what stands over the measurements on one database."""
    said = {"events": "{} events", "sessions": "{} sessions"}
    return ", ".join(said.get(name, "{}").format(measured[name]) for name in ABOUT if name in measured)


COLUMNS = (
    f"{'':<46} {'rate':>7} {'median':>9} {'p95':>9} {'busy':>7} {'against':>30} {'theirs':>9}"
    f" {'ratio':>8} {'goal':>8} {'load':>5}"
)


def line(measured: Measurement) -> str:
    """Return one measurement as a line of the table."""
    theirs = next(
        (measured[name] for name in ("query_ms", "tenth_ms", "their_rate", "theirs") if name in measured), None
    )
    goal = measured.get("goal")
    cells = [
        f"{measured['name']:<46}",
        cell(measured.get("rate"), 7),
        cell(measured.get("page_ms"), 9),
        cell(measured.get("p95_ms"), 9),
        cell(measured.get("processor_ms"), 7),
        f"{str(measured['against'])[:30]:>30}",
        cell(theirs, 9),
        cell(measured.get("ratio"), 8, 3),
        " " * 8 if goal is None else f"{'>=' if measured.get('at_least') else '<='} {goal:g}".rjust(8),
        cell(measured.get("load"), 5),
        misses(measured),
    ]
    return " ".join(cells).rstrip()


def cell(value: float | None, width: int, digits: int = 1) -> str:
    """Return a number as it stands in its column, and room for one that there is not."""
    return " " * width if value is None else f"{value:{width}.{digits}f}"
