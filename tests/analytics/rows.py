"""Helpers for tally rows: write rows without sessions, read the figures of a scope."""

from __future__ import annotations

from datetime import date

from tests.analytics.walkers import NOON
from wizards import analytics
from wizards.analytics import Histogram, Scope, rollup
from wizards.analytics.session_summary import Counts, SessionSummary
from wizards.analytics.sessions import SummariesByGroup
from wizards.models import DayTally, PlaceTally, Version, WayTally

CHANNELS = ("self", "agent", "embed")


def tally(version: Version, day: date, begun: int = 10, solved: int = 5, channel: str = "self") -> None:
    """Write the tallies of a day with `begun` sessions, `solved` of them in a minute each."""
    ended = Counts({"begun": begun, "solved": solved}, Histogram.of(*[60] * solved))
    rollup.add_to_tallies(SummariesByGroup({(day, version.pk, channel): SessionSummary(ended)}))


def everything(**narrower) -> Scope:
    versions = tuple(Version.objects.filter(number__isnull=False).values_list("pk", flat=True))
    return Scope(
        **{"since": date(2026, 1, 1), "until": date(2026, 12, 31), "versions": versions, "channels": CHANNELS}
        | narrower
    )


def day() -> analytics.DayFigures:
    """Return the figures of the clock's first day."""
    scope = everything(since=NOON.date(), until=NOON.date())
    return analytics.DayFigures.sum(analytics.day_figures(scope).versions.values())


def rows() -> list[list[tuple]]:
    """Return the content of the tally tables without primary keys."""
    return [
        sorted(
            tuple(bytes(each) if isinstance(each, memoryview) else each for each in row[1:])
            for row in table.objects.values_list()
        )
        for table in (DayTally, PlaceTally, WayTally)
    ]
