"""Sessions to review: a help desk's day, at a clock that the test moves.

desk = Desk(monkeypatch)
desk.people(3, "no")                 three sessions that answered "no"
desk.filters()                       a filter that includes them all
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from tests.analytics.walkers import NOON, Clock, Walker
from wizards.models import Version
from wizards.review.filters import Filter

TODAY = NOON.date()


class Desk:
    """A clock, and the people who come."""

    def __init__(self, monkeypatch) -> None:
        self.clock = Clock(monkeypatch)
        self.names = count(1)

    def person(self, version: Version | None = None, seconds: float = 10, channel=None) -> Walker:
        return Walker(self.clock, version, f"person {next(self.names)}", seconds, channel)

    def people(self, number: int, *answers: str, version: Version | None = None, seconds: float = 10) -> list[Walker]:
        """Begin several sessions with the same answers."""
        return [self.person(version, seconds).answer(*answers) for _ in range(number)]

    def hour_passes(self) -> None:
        """Move the clock so far that open sessions count as left."""
        self.clock.pass_(minutes=61)

    def filters(self, **choice: Any) -> Filter:
        """Filter the week around today, or as given."""
        week = {"since": TODAY - timedelta(days=3), "until": TODAY + timedelta(days=3)}
        return Filter(**(week | choice))
