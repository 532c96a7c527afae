"""The rows of the tallies: what they hold and say, and rows without sessions."""

from __future__ import annotations

from datetime import date

from tests.analytics.walkers import NOON
from wizards import analytics
from wizards.analytics import Histogram, Scope, rollup
from wizards.analytics.session_summary import Counts, SessionSummary
from wizards.analytics.sessions import Sums
from wizards.models import DayTally, PlaceTally, Version, WayTally

CHANNELS = ("self", "agent", "embed")


def tally(version: Version, day: date, begun: int = 10, solved: int = 5, channel: str = "self") -> None:
    """Write what a day added up to: so many sessions, of which some were solved in a minute."""
    ended = Counts({"begun": begun, "solved": solved}, Histogram.of(*[60] * solved))
    rollup.write(Sums({(day, version.pk, channel): SessionSummary(ended)}))


def everything(**narrower) -> Scope:
    """Return the scope of all sessions, or a narrower one."""
    versions = tuple(Version.objects.filter(number__isnull=False).values_list("pk", flat=True))
    return Scope(
        **{"since": date(2026, 1, 1), "until": date(2026, 12, 31), "versions": versions, "channels": CHANNELS}
        | narrower
    )


def day() -> analytics.DayFigures:
    """Return how the sessions of the clock's first day ended."""
    scope = everything(since=NOON.date(), until=NOON.date())
    return analytics.DayFigures.sum(analytics.day_figures(scope).versions.values())


def rows() -> list[list[tuple]]:
    """Return what the tables hold, without the rows' own keys."""
    return [
        sorted(
            tuple(bytes(each) if isinstance(each, memoryview) else each for each in row[1:])
            for row in table.objects.values_list()
        )
        for table in (DayTally, PlaceTally, WayTally)
    ]
