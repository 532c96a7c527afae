"""Figures from the session logs, kept by day and month so that a page costs the same however long the log is.

    log --session_summary--> what one session counts for --rollup--> rows of days and months --queries--> a page
                                                                     + sessions not rolled up yet

`histogram` stores times compactly so that they can be added. Rolling up the same log always gives the same rows.
"""

from .consistency import find_inconsistencies
from .histogram import Histogram
from .queries import (
    CHANNELS,
    DayFigures,
    EndCounts,
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
    "EndCounts",
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
