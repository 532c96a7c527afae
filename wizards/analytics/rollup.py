"""Rolling up: what the logs say beyond the tallies is added to them, some hundred sessions in each transaction.

A session's row says how many of its events the tallies hold (`tallied`), and is marked in the transaction that adds
them. So a roll-up can stop anywhere and go on later, and a session that goes on after it was rolled up is added again,
less what it counted for before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F
from django.utils import timezone

from .. import journal
from ..models import DayTally, PlaceTally, Rolling, Tally, WayTally
from .histogram import Histogram
from .session_summary import DAY_COLUMNS, PLACE_COLUMNS, Counts
from .sessions import Sums, day_bounds, local_day, month_after, summarize_untallied, untallied_sessions

RULES = 2  # of what a session counts for (`digest`): where they change, one more, and all that can be is counted anew
PORTION = 500  # sessions in one transaction
ROWS = 1000  # in one statement
# Somebody in the middle of a session is not waited for, and does not wait: it is rolled up when it is quiet.
QUIET = timedelta(minutes=5)

Key = tuple[Any, ...]
Row = dict[str, Any]  # the columns of one row of a table
Table = type[DayTally] | type[PlaceTally] | type[WayTally]

Span = Tally.Span
# What the rows of each table count.
COLUMNS: dict[Table, tuple[str, ...]] = {
    DayTally: (*DAY_COLUMNS, "times"),
    PlaceTally: (*PLACE_COLUMNS, "times"),
    WayTally: ("sessions",),
}


def roll_up(portion: int = PORTION) -> int:
    """Add to the tallies what quiet sessions count for beyond them; return how many sessions that were.

    Where the help desk's time zone is another one than before, or the rules are, all tallies that can be are made anew.
    """
    state = rollup_state()
    if (state.zone, state.rules) != (settings.TIME_ZONE, RULES):
        rebuild()
    done = 0
    while sessions := _roll_portion(portion):
        done += sessions
    return done


def rollup_state() -> Rolling:
    """Return the row that says how far the tallies are, made where it is missing."""
    return Rolling.objects.get_or_create(pk=1, defaults={"zone": settings.TIME_ZONE, "rules": RULES})[0]


@transaction.atomic
def rebuild() -> None:
    """Forget the tallies of the days whose sessions are all there, to be rolled up again from their logs."""
    state = _locked()
    kept_to, cut = state.whole_from, None
    for table in COLUMNS:
        kept = table.objects.all()
        (kept.filter(day__gte=kept_to) if kept_to else kept).delete()
    if kept_to:
        _month_anew(kept_to.replace(day=1))
        # One moment parts what stays counted from what is counted anew, whatever days the zones have there.
        cut = datetime.combine(kept_to, time.min, ZoneInfo(state.zone))
        state.whole_from = _first_whole_day(cut)
    journal.mark_untallied(cut)
    state.zone, state.rules, state.generation = settings.TIME_ZONE, RULES, state.generation + 1
    state.save(update_fields=["zone", "rules", "generation", "whole_from"])


def _first_whole_day(cut: datetime) -> date:
    """Return the first day of the help desk's zone that lies after a moment from its beginning on."""
    day = local_day(cut)
    return day if day_bounds(day, day)[0] >= cut else day + timedelta(days=1)


@transaction.atomic
def mark_deleted_until(day: date) -> None:
    """Note that sessions begun on `day` are deleted: the tallies of days up to it stay, and are never rebuilt."""
    state = _locked()
    if state.whole_from is None or state.whole_from <= day:
        state.whole_from = day + timedelta(days=1)
        state.save(update_fields=["whole_from"])


@transaction.atomic
def _roll_portion(portion: int) -> int:
    state = _locked()
    quiet = untallied_sessions().filter(seen_at__lt=timezone.now() - QUIET)
    sessions = list(
        quiet.order_by("pk").select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)[
            :portion
        ]
    )
    if not sessions:
        return 0
    write(summarize_untallied(sessions))
    journal.mark_tallied({session.pk: session.count for session in sessions})
    Rolling.objects.filter(pk=state.pk).update(generation=F("generation") + 1)
    return len(sessions)


def _locked() -> Rolling:
    rollup_state()
    return Rolling.objects.select_for_update().get(pk=1)


def write(sums: Sums) -> None:
    """Add the sums to the tables' rows, in two statements for each table and span."""
    months = sums.by_month()
    for table in COLUMNS:
        _add(table, rows_of(table, sums))
        _add(table, rows_of(table, months, Span.MONTH))


def key_names(table: Table) -> tuple[str, ...]:
    """Return the columns by which a row of a table is known."""
    common = ("day", "version_id", "channel", "span")
    parts = {DayTally: (), PlaceTally: ("whole", "node", "cause", "step"), WayTally: ("node", "to")}
    return common + parts[table]


def rows_of(table: Table, sums: Sums, span: Span = Span.DAY) -> Iterator[tuple[Key, Row]]:
    """Yield the rows of a table that sums make: the key of each, and what is added to it."""
    for group, digest in sums.digests.items():
        if table is DayTally:
            yield (*group, span), _row(digest.day)
        elif table is PlaceTally:
            yield from (((*group, span, *part), _row(counts)) for part, counts in digest.places.items())
        else:
            yield from (((*group, span, *way), {"sessions": sessions}) for way, sessions in digest.ways.items())


def month_of(table: Table, first: date) -> dict[Key, Row]:
    """Return the rows of the month that begins with a day, as the rows of its days add up to them."""
    columns, names, rows = COLUMNS[table], key_names(table), dict[Key, Row]()
    kept = table._default_manager.filter(span=Span.DAY, day__gte=first, day__lt=month_after(first))
    for values in kept.values_list(*names, *columns):
        _, version, channel, _, *part = values[: len(names)]
        row = dict(zip(columns, values[len(names) :], strict=True))
        row |= {"times": Histogram.read(row["times"])} if "times" in row else {}
        key = (first, version, channel, Span.MONTH.value, *part)
        rows[key] = {column: rows[key][column] + row[column] for column in columns} if key in rows else row
    return rows


def _month_anew(first: date) -> None:
    """Make the rows of the month that begins with a day anew."""
    for table in COLUMNS:
        table._default_manager.filter(span=Span.MONTH, day=first).delete()
        _add(table, month_of(table, first).items())


def _row(counts: Counts) -> Row:
    return {**counts.numbers, "times": counts.times}


def _add(table: Table, added: Iterable[tuple[Key, Row]]) -> None:
    """Add rows, all of days or all of months, to those of the table. Whoever calls holds the lock on the tallies."""
    names, columns, rows = key_names(table), COLUMNS[table], list(added)
    there = _there(table, names, rows)
    changed: list[Any] = []
    for key, row in rows:
        into = there.get(key) or table(**dict(zip(names, key, strict=True)))
        into.pk = None
        for column in columns:
            _increase(into, column, row)
        changed.append(into)
    unique = [name.removesuffix("_id") for name in names]
    table._default_manager.bulk_create(
        changed, batch_size=ROWS, update_conflicts=True, update_fields=columns, unique_fields=unique
    )


def _there(table: Table, names: Sequence[str], rows: Collection[tuple[Key, Row]]) -> dict[Key, Any]:
    """Return the table's rows of the same days, or months, by their keys."""
    meant = {f"{name}__in": {key[names.index(name)] for key, _ in rows} for name in ("span", "day")}
    return {tuple(getattr(row, name) for name in names): row for row in table._default_manager.filter(**meant)}


def _increase(into: models.Model, column: str, row: Row) -> None:
    if column == "times":
        setattr(into, column, (Histogram.read(getattr(into, column)) + row[column]).bytes())
    else:
        setattr(into, column, getattr(into, column) + row.get(column, 0))
