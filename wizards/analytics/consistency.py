"""Whether the tallies are what the logs add up to: each day's rows against its sessions' logs, read anew.

And each month's rows against those of its days, also of days whose sessions were deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, Min

from ..models import Rolling, Session
from .histogram import Histogram
from .rollup import COLUMNS, Key, Span, Table, key_names, month_of, rows_of
from .sessions import day_bounds, local_day, summarize_all

PORTION = 1000  # sessions whose logs are read at once


def find_inconsistencies() -> Iterator[str]:
    """Yield a line for each row of the tallies that is not what the logs say; only of days that are all there."""
    first = Rolling.objects.values_list("whole_from", flat=True).first()
    for day in _days(first):
        yield from _steadily(_of_day, day)
    for month in dict.fromkeys(day.replace(day=1) for day in _days(None)):
        yield from _steadily(_of_month, month)


Rows = dict[Key, dict[str, Any]]


def _steadily(read: Callable[[date], Iterable[str]], day: date) -> list[str]:
    """Return what `read` finds of a day or month, read again where the tallies changed meanwhile."""
    before = _state()
    while found := list(read(day)):
        if (now := _state()) == before:
            return found
        before = now
    return []


def _state() -> tuple[Any, ...] | None:
    return Rolling.objects.values_list("generation", "whole_from").first()


def _of_day(day: date) -> Iterator[str]:
    """Yield the lines for a day; nothing where its sessions are being deleted."""
    logged = _logged(day)
    if (state := _state()) and state[1] and day < state[1]:
        return
    for table in COLUMNS:
        yield from _differences(table, _kept(table, day), logged[table], "the log")


def _of_month(month: date) -> Iterator[str]:
    for table in COLUMNS:
        added = {key: _plain(row) for key, row in month_of(table, month).items()}
        yield from _differences(table, _kept(table, month, Span.MONTH), added, "its days")


def _differences(table: Table, kept: Rows, meant: Rows, source: str) -> Iterator[str]:
    """Yield a line for each row that is kept otherwise than its source says; a row of zeros is none."""
    kept, meant = ({key: row for key, row in rows.items() if any(row.values())} for rows in (kept, meant))
    for key in sorted({*kept, *meant}, key=str):
        if kept.get(key) != meant.get(key):
            name = " ".join(map(str, key))
            yield f"{table._meta.verbose_name} {name}: says {kept.get(key)}, {source} {meant.get(key)}"


def _days(first: date | None) -> Iterator[date]:
    """Yield the days from the `first` on of which there may be sessions or tallies."""
    begun = Session.objects.aggregate(first=Min("begun_at"), last=Max("begun_at"))
    ends = [local_day(each) for each in begun.values() if each]
    for table in COLUMNS:
        ends += filter(None, table._default_manager.aggregate(first=Min("day"), last=Max("day")).values())
    if not ends:
        return
    day = max(min(ends), first or min(ends))
    while day <= max(ends):
        yield day
        day += timedelta(days=1)


def _logged(day: date) -> dict[Table, Rows]:
    """Return what the logs of the sessions begun on a day add up to, as the rows of each table."""
    start, end = day_bounds(day, day)
    begun = Session.objects.filter(begun_at__gte=start, begun_at__lt=end, tallied__gt=0).order_by("pk")
    sums = summarize_all(begun.iterator(PORTION))
    return {table: {key: _plain(row) for key, row in rows_of(table, sums)} for table in COLUMNS}


def _kept(table: Table, day: date, span: Span = Span.DAY) -> Rows:
    names, columns = key_names(table), COLUMNS[table]
    rows = table._default_manager.filter(span=span, day=day).values_list(*names, *columns)
    return {tuple(row[: len(names)]): _plain(dict(zip(columns, row[len(names) :], strict=True))) for row in rows}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its times as numbers, to be compared and read."""
    times = row.get("times")
    if times is None:
        return row
    return {**row, "times": (times if isinstance(times, Histogram) else Histogram.read(times)).counts()}
