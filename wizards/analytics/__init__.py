"""Tallies: what the logs add up to, kept by day and month, so that figures cost the same however long the log is.

    log --digest--> what one session counts for --rolling--> rows of days, months --figures--> a page
                                                              + sessions that the rows do not hold yet

`histogram` keeps times small and addable. Rolling up the same log always gives the same rows.
"""

from .consistency import breaks
from .histogram import Histogram
from .queries import (
    CHANNELS,
    DayFigures,
    Ends,
    Place,
    PlaceFigures,
    Scope,
    begun,
    left_since,
    places,
    summary,
    times,
    ways,
)
from .rollup import forgotten, rebuild, roll_up
from .sessions import moments

__all__ = [
    "CHANNELS",
    "DayFigures",
    "Ends",
    "Histogram",
    "Place",
    "PlaceFigures",
    "Scope",
    "begun",
    "breaks",
    "forgotten",
    "left_since",
    "moments",
    "places",
    "rebuild",
    "roll_up",
    "summary",
    "times",
    "ways",
]
