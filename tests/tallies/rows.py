"""Tallies without sessions: what a day added up to."""

from __future__ import annotations

from datetime import date

from wizards.models import Version
from wizards.tallies import Histogram, rolling
from wizards.tallies.digest import Counts, Digest
from wizards.tallies.logs import Sums


def tally(version: Version, day: date, begun: int = 10, solved: int = 5, channel: str = "self") -> None:
    """Write what a day added up to: so many sessions, of which some were solved in a minute."""
    ended = Counts({"begun": begun, "solved": solved}, Histogram.of(*[60] * solved))
    rolling.write(Sums({(day, version.pk, channel): Digest(ended)}))
