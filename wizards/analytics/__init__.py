"""Tallies: what the logs add up to, kept by day and month, so that figures cost the same however long the log is.

    log --digest--> what one session counts for --rolling--> rows of days, months --figures--> a page
                                                              + sessions that the rows do not hold yet

`histogram` keeps times small and addable. Rolling up the same log always gives the same rows.
"""

from .consistency import find_inconsistencies
from .histogram import Histogram
from .queries import (
    CHANNELS,
    DayFigures,
    Ends,
    Place,
    PlaceFigures,
    Scope,
    abandoned_since,
    begun_by_version,
    day_figures,
    edge_figures,
    place_figures,
    place_times,
)
from .rollup import mark_deleted_until, rebuild, roll_up
from .sessions import day_bounds

__all__ = [
    "CHANNELS",
    "DayFigures",
    "Ends",
    "Histogram",
    "Place",
    "PlaceFigures",
    "Scope",
    "abandoned_since",
    "begun_by_version",
    "day_bounds",
    "day_figures",
    "edge_figures",
    "find_inconsistencies",
    "mark_deleted_until",
    "place_figures",
    "place_times",
    "rebuild",
    "roll_up",
]
