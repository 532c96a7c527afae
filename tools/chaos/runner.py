"""The faults one after the other, each followed by its twins, in a place of their own."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tools.chaos import databases, faults
from tools.chaos.site import NoRedisError

DATABASES = ("sqlite", "postgresql")
DISKS = {"sqlite": 24, "postgresql": 500}  # MB of the small disks, which can be filled


def rounds(folder: Path, database: str, names: Sequence[str], size: faults.Size) -> list[faults.Result]:
    """Run the faults and their twins on one database, print each as a line of JSON, and return them.

    The one that fills the disk runs on a small disk of its own. What cannot be brought about here is said in a line.
    """
    results: list[faults.Result] = []
    asked = [name for name in names if database in faults.WHERE.get(name, DATABASES)]
    for small, chosen in ((False, [name for name in asked if name != "full"]), (True, [*{"full"} & {*asked}])):
        if chosen:
            try:
                with ground(folder / f"{database}-{small}", database, small) as store:
                    for name in chosen:
                        results += with_twins(name, store, folder, size)
            except databases.NoDiskError as reason:
                print(f"Left out: {', '.join(chosen)} on {database}: {reason}", flush=True)
    return results


def with_twins(name: str, store: faults.Store, folder: Path, size: faults.Size) -> list[faults.Result]:
    """Run one fault with all protections, and once with each of its sabotages."""
    twin = replace(faults.Size(), kills=min(size.kills, 50), answers=1000, restarts=5, beside=False)
    results = []
    for sabotage in ("", *faults.TWINS[name]):
        run = folder / f"{name}-{store.name}-{sabotage or 'whole'}"
        try:
            result = faults.FAULTS[name](store, run, twin if sabotage else size, sabotage)
        except NoRedisError as reason:
            print(f"Left out: {name} on {store.name}: {reason}", flush=True)
            break
        print(json.dumps(result.line()), flush=True)
        results.append(result)
    return results


@contextlib.contextmanager
def ground(folder: Path, database: str, small: bool) -> Iterator[faults.Store]:
    """Give a database in `folder`, on a small disk of its own where that is asked for. Raises NoDiskError."""
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(databases.small_disk(folder, DISKS[database])) if small else folder
        place.mkdir(parents=True, exist_ok=True)
        store = databases.Sqlite(place) if database == "sqlite" else databases.Postgres(place / "server")
        stack.callback(store.close)
        store.prepare()
        yield store


def table(results: Sequence[faults.Result]) -> str:
    """Return the results as a table for people."""
    rows = [("fault", "database", "taken out", "times", "acknowledged", "cut off", "told to wait", "breaks", "s", "")]
    for each in results:
        counts = (each.happened, each.acknowledged, each.dropped, each.unavailable, len(each.found), each.seconds)
        rows.append((each.fault, each.database, each.sabotage or "-", *map(str, counts), said(each)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    told = [f"{each.fault} on {each.database}: {each.told}" for each in results if each.told and not each.sabotage]
    return "\n".join([*lines, "", *told])


def said(result: faults.Result) -> str:
    """Return in a word what came of it."""
    if result.sabotage:
        return "seen" if result.holds else "NOT SEEN"
    return "holds" if result.holds else "BROKEN"
