"""Checks the tallies: each day's rows against the logs of its sessions, each month's rows against its days.

Months are also checked where the sessions of their days were deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, Min

from ..models import Rolling, Session
from .histogram import Histogram
from .rollup import COLUMNS, Key, Span, Table, key_columns, month_rows, rows_from
from .sessions import day_bounds, local_day, summarize_all

CHUNK = 1000  # sessions whose logs are read at a time


def find_inconsistencies() -> Iterator[str]:
    """Yield a line for each tally row that differs from the logs; skips days whose sessions were deleted in part."""
    first = Rolling.objects.values_list("whole_from", flat=True).first()
    for day in _days_to_check(first):
        yield from _read_stably(_check_day, day)
    for month in dict.fromkeys(day.replace(day=1) for day in _days_to_check(None)):
        yield from _read_stably(_check_month, month)


Rows = dict[Key, dict[str, Any]]


def _read_stably(read: Callable[[date], Iterable[str]], day: date) -> list[str]:
    """Call `read` again as long as the tallies change while it reads."""
    before = _rollup_state()
    while lines := list(read(day)):
        if (after := _rollup_state()) == before:
            return lines
        before = after
    return []


def _rollup_state() -> tuple[Any, ...] | None:
    return Rolling.objects.values_list("generation", "whole_from").first()


def _check_day(day: date) -> Iterator[str]:
    """Compare a day with its logs; yields nothing if its sessions are being deleted."""
    from_logs = _rows_from_logs(day)
    if (state := _rollup_state()) and state[1] and day < state[1]:
        return
    for table in COLUMNS:
        yield from _differences(table, _stored_rows(table, day), from_logs[table], "the log")


def _check_month(month: date) -> Iterator[str]:
    for table in COLUMNS:
        from_days = {key: _comparable(row) for key, row in month_rows(table, month).items()}
        yield from _differences(table, _stored_rows(table, month, Span.MONTH), from_days, "its days")


def _differences(table: Table, stored: Rows, expected: Rows, source: str) -> Iterator[str]:
    """Yield a line for each stored row that differs from its source; a row of zeros counts as missing."""
    stored, expected = ({key: row for key, row in rows.items() if any(row.values())} for rows in (stored, expected))
    for key in sorted({*stored, *expected}, key=str):
        if stored.get(key) != expected.get(key):
            name = " ".join(map(str, key))
            yield f"{table._meta.verbose_name} {name}: says {stored.get(key)}, {source} {expected.get(key)}"


def _days_to_check(first: date | None) -> Iterator[date]:
    """Yield the days from `first` on that may have sessions or tallies."""
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


def _rows_from_logs(day: date) -> dict[Table, Rows]:
    """Compute the rows of each table from the logs of the sessions begun on a day."""
    start, end = day_bounds(day, day)
    begun = Session.objects.filter(begun_at__gte=start, begun_at__lt=end, tallied__gt=0).order_by("pk")
    totals = summarize_all(begun.iterator(CHUNK))
    return {table: {key: _comparable(row) for key, row in rows_from(table, totals)} for table in COLUMNS}


def _stored_rows(table: Table, day: date, span: Span = Span.DAY) -> Rows:
    names, columns = key_columns(table), COLUMNS[table]
    rows = table._default_manager.filter(span=span, day=day).values_list(*names, *columns)
    return {tuple(row[: len(names)]): _comparable(dict(zip(columns, row[len(names) :], strict=True))) for row in rows}


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    """Replace a row's histogram with its counts, which compare and print."""
    times = row.get("times")
    if times is None:
        return row
    return {**row, "times": (times if isinstance(times, Histogram) else Histogram.from_bytes(times)).counts()}
