"""Roll-up: adds to the tallies what the logs say beyond them, some hundred sessions per transaction.

A session's row records how many of its events are in the tallies (`tallied`), updated in the transaction that adds
them. A roll-up can therefore stop anywhere and continue later. A session that continues after its roll-up is added
again, minus what it counted for before.
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
from .sessions import SummariesByGroup, day_bounds, local_day, month_after, summarize_untallied, untallied_sessions

RULES = 2  # version of the rules in session_summary.py; increase it when they change, and roll_up() rebuilds
BATCH_SIZE = 500  # sessions in one transaction
ROWS_PER_STATEMENT = 1000
# An active session is not rolled up, so that a roll-up never waits for a visitor or makes one wait.
QUIET_PERIOD = timedelta(minutes=5)

Key = tuple[Any, ...]
Row = dict[str, Any]  # the columns of one row of a table
Table = type[DayTally] | type[PlaceTally] | type[WayTally]

Span = Tally.Span
# The columns of each table that are added up.
COLUMNS: dict[Table, tuple[str, ...]] = {
    DayTally: (*DAY_COLUMNS, "times"),
    PlaceTally: (*PLACE_COLUMNS, "times"),
    WayTally: ("sessions",),
}


def roll_up(batch_size: int = BATCH_SIZE) -> int:
    """Add what quiet sessions count for beyond the tallies; return how many sessions that were.

    If the help desk's time zone or the counting rules changed, rebuild first what can be rebuilt.
    """
    state = rollup_state()
    if (state.zone, state.rules) != (settings.TIME_ZONE, RULES):
        rebuild()
    done = 0
    while sessions := _roll_up_batch(batch_size):
        done += sessions
    return done


def rollup_state() -> Rolling:
    """Get the row that records how far the roll-up is; create it if missing."""
    return Rolling.objects.get_or_create(pk=1, defaults={"zone": settings.TIME_ZONE, "rules": RULES})[0]


@transaction.atomic
def rebuild() -> None:
    """Delete the tallies of days whose sessions all still exist, to be rolled up again from their logs."""
    state = _lock_state()
    keep_before, cutoff = state.whole_from, None
    for table in COLUMNS:
        rows = table.objects.all()
        (rows.filter(day__gte=keep_before) if keep_before else rows).delete()
    if keep_before:
        _rebuild_month(keep_before.replace(day=1))
        # One moment separates what is kept from what is counted again, whatever the old and new zones call its day.
        cutoff = datetime.combine(keep_before, time.min, ZoneInfo(state.zone))
        state.whole_from = _first_whole_day(cutoff)
    journal.mark_untallied(cutoff)
    state.zone, state.rules, state.generation = settings.TIME_ZONE, RULES, state.generation + 1
    state.save(update_fields=["zone", "rules", "generation", "whole_from"])


def _first_whole_day(cutoff: datetime) -> date:
    """First day of the help desk's zone that lies entirely after a moment."""
    day = local_day(cutoff)
    return day if day_bounds(day, day)[0] >= cutoff else day + timedelta(days=1)


@transaction.atomic
def mark_deleted_until(day: date) -> None:
    """Record that sessions begun on `day` are deleted: tallies up to that day are kept, never rebuilt."""
    state = _lock_state()
    if state.whole_from is None or state.whole_from <= day:
        state.whole_from = day + timedelta(days=1)
        state.save(update_fields=["whole_from"])


@transaction.atomic
def _roll_up_batch(batch_size: int) -> int:
    state = _lock_state()
    quiet = untallied_sessions().filter(seen_at__lt=timezone.now() - QUIET_PERIOD)
    sessions = list(
        quiet.order_by("pk").select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)[
            :batch_size
        ]
    )
    if not sessions:
        return 0
    add_to_tallies(summarize_untallied(sessions))
    journal.mark_tallied({session.pk: session.count for session in sessions})
    Rolling.objects.filter(pk=state.pk).update(generation=F("generation") + 1)
    return len(sessions)


def _lock_state() -> Rolling:
    rollup_state()
    return Rolling.objects.select_for_update().get(pk=1)


def add_to_tallies(totals: SummariesByGroup) -> None:
    """Add totals to the tables, in two statements for each table and span."""
    months = totals.by_month()
    for table in COLUMNS:
        _add_to_table(table, rows_from(table, totals))
        _add_to_table(table, rows_from(table, months, Span.MONTH))


def key_columns(table: Table) -> tuple[str, ...]:
    """Columns that identify a row of a table."""
    common = ("day", "version_id", "channel", "span")
    parts = {DayTally: (), PlaceTally: ("whole", "node", "cause", "step"), WayTally: ("node", "to")}
    return common + parts[table]


def rows_from(table: Table, totals: SummariesByGroup, span: Span = Span.DAY) -> Iterator[tuple[Key, Row]]:
    """Yield the rows of a table that the totals make: the key, and what to add to it."""
    for group, summary in totals.summaries.items():
        if table is DayTally:
            yield (*group, span), _row_values(summary.day)
        elif table is PlaceTally:
            yield from (((*group, span, *key), _row_values(counts)) for key, counts in summary.places.items())
        else:
            yield from (((*group, span, *edge), {"sessions": sessions}) for edge, sessions in summary.edges.items())


def month_rows(table: Table, first: date) -> dict[Key, Row]:
    """Add up the day rows of the month that begins on `first`."""
    columns, names, rows = COLUMNS[table], key_columns(table), dict[Key, Row]()
    day_rows = table._default_manager.filter(span=Span.DAY, day__gte=first, day__lt=month_after(first))
    for values in day_rows.values_list(*names, *columns):
        _, version, channel, _, *rest = values[: len(names)]
        row = dict(zip(columns, values[len(names) :], strict=True))
        row |= {"times": Histogram.from_bytes(row["times"])} if "times" in row else {}
        key = (first, version, channel, Span.MONTH.value, *rest)
        rows[key] = {column: rows[key][column] + row[column] for column in columns} if key in rows else row
    return rows


def _rebuild_month(first: date) -> None:
    for table in COLUMNS:
        table._default_manager.filter(span=Span.MONTH, day=first).delete()
        _add_to_table(table, month_rows(table, first).items())


def _row_values(counts: Counts) -> Row:
    return {**counts.numbers, "times": counts.times}


def _add_to_table(table: Table, added: Iterable[tuple[Key, Row]]) -> None:
    """Add rows, all of days or all of months, to the table. The caller holds the lock on the roll-up state."""
    names, columns, rows = key_columns(table), COLUMNS[table], list(added)
    existing = _existing_rows(table, names, rows)
    changed: list[Any] = []
    for key, row in rows:
        tally = existing.get(key) or table(**dict(zip(names, key, strict=True)))
        tally.pk = None
        for column in columns:
            _add_value(tally, column, row)
        changed.append(tally)
    unique = [name.removesuffix("_id") for name in names]
    table._default_manager.bulk_create(
        changed, batch_size=ROWS_PER_STATEMENT, update_conflicts=True, update_fields=columns, unique_fields=unique
    )


def _existing_rows(table: Table, names: Sequence[str], rows: Collection[tuple[Key, Row]]) -> dict[Key, Any]:
    wanted = {f"{name}__in": {key[names.index(name)] for key, _ in rows} for name in ("span", "day")}
    return {tuple(getattr(row, name) for name in names): row for row in table._default_manager.filter(**wanted)}


def _add_value(tally: models.Model, column: str, row: Row) -> None:
    if column == "times":
        setattr(tally, column, (Histogram.from_bytes(getattr(tally, column)) + row[column]).to_bytes())
    else:
        setattr(tally, column, getattr(tally, column) + row.get(column, 0))
