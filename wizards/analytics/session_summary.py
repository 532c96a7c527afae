"""What one session counts for: its log, without its document, as what it did at each place. Pure.

A *visit* lasts from the event that led to a page until the event that led away from it. What a session did at a place
is how its last visit there ended. The time spent at a place is the sum of its visits, except those during which the
session was abandoned (longer than `max_pause`) and the one still going on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from ..flow import EventKind
from .histogram import Histogram

MOVES = frozenset({EventKind.BEGIN, EventKind.ANSWER, EventKind.BACK})

PlaceKey = tuple[str, str, str]  # node, cause, step
PlaceTallyKey = tuple[bool, str, str, str]  # whether it is the node as a whole; node, cause, step
Edge = tuple[str, str]  # node, next node

DAY_COLUMNS = ("begun", "solved", "unsolved", "advice", "backs", "helps", "remarks", "helped", "not_helped")
PLACE_COLUMNS = ("reached", "moved", "ended", "backs", "helps", "remarks")


@dataclass(frozen=True, slots=True)
class LogLine:
    """The part of an event that counts."""

    kind: str
    at: datetime
    place: PlaceKey
    answer: str = ""


@dataclass(slots=True)
class Counts:
    """Counters by name, and a histogram of times. `a + -b` takes out what `b` added."""

    numbers: dict[str, int] = field(default_factory=dict)
    times: Histogram = field(default_factory=Histogram)

    def __add__(self, other: Counts) -> Counts:
        names = self.numbers | other.numbers
        return Counts(
            {name: self.numbers.get(name, 0) + other.numbers.get(name, 0) for name in names}, self.times + other.times
        )

    def __neg__(self) -> Counts:
        return Counts({name: -number for name, number in self.numbers.items()}, Histogram() - self.times)


@dataclass(slots=True)
class SessionSummary:
    """What one session counts for, or several together."""

    day: Counts = field(default_factory=Counts)
    places: dict[PlaceTallyKey, Counts] = field(default_factory=dict)
    edges: dict[Edge, int] = field(default_factory=dict)

    def add(self, other: SessionSummary) -> None:
        self.day += other.day
        for key, counts in other.places.items():
            self.places[key] = self.places.get(key, Counts()) + counts
        for edge, sessions in other.edges.items():
            self.edges[edge] = self.edges.get(edge, 0) + sessions

    def __neg__(self) -> SessionSummary:
        places = {key: -counts for key, counts in self.places.items()}
        return SessionSummary(-self.day, places, {edge: -sessions for edge, sessions in self.edges.items()})


@dataclass(slots=True)
class _Visit:
    key: PlaceTallyKey
    departure: str  # "forward", "back", "ended" or "open"
    seconds: float


def summarize(
    log: Sequence[LogLine], later_events: Sequence[LogLine], current_place: PlaceKey, max_pause: timedelta
) -> SessionSummary:
    """Summarize the events of `log`.

    `later_events` (the rest of its log), or else `current_place`, says where the session was after them.
    """
    if not log:
        return SessionSummary()
    end = _current_end(log)
    visits = list(_page_visits(log, _last_place(later_events, current_place), end is not None, max_pause))
    node_visits = _node_visits(visits)
    result = SessionSummary(_count_day(log, visits, end))
    for each in (visits, node_visits):
        _count_places(result.places, each, log)
    result.edges = dict.fromkeys(
        ((earlier.key[1], later.key[1]) for earlier, later in pairwise(node_visits) if earlier.departure == "forward"),
        1,
    )
    return result


def _last_place(later_events: Iterable[LogLine], current_place: PlaceKey) -> PlaceKey:
    """Find the place before `later_events`: that of the first move or end among them, skipping remarks and the like."""
    annotations = frozenset(EventKind) - MOVES - {EventKind.END}
    return next((line.place for line in later_events if line.kind not in annotations), current_place)


def _current_end(log: Sequence[LogLine]) -> LogLine | None:
    """Return the end that the session is at; None if it is open, also after going back from an end."""
    for line in reversed(log):
        if line.kind == EventKind.END:
            return line
        if line.kind in MOVES:
            return None
    return None


def _page_visits(log: Sequence[LogLine], last_place: PlaceKey, ended: bool, max_pause: timedelta) -> Iterator[_Visit]:
    moves = [line for line in log if line.kind in MOVES]
    for arrival, move in pairwise(moves):
        spent = move.at - arrival.at
        departure = "back" if move.kind == EventKind.BACK else "forward"
        yield _Visit((False, *move.place), departure, spent.total_seconds() if spent <= max_pause else 0.0)
    yield _Visit((False, *last_place), "ended" if ended else "open", 0.0)


def _node_visits(visits: Sequence[_Visit]) -> list[_Visit]:
    """Merge consecutive visits to pages of one node."""
    node_visits: list[_Visit] = []
    for visit in visits:
        key = (True, visit.key[1], "", "")
        if node_visits and node_visits[-1].key == key:
            node_visits[-1] = _Visit(key, visit.departure, node_visits[-1].seconds + visit.seconds)
        else:
            node_visits.append(_Visit(key, visit.departure, visit.seconds))
    return node_visits


def _count_places(places: dict[PlaceTallyKey, Counts], visits: Iterable[_Visit], log: Iterable[LogLine]) -> None:
    last: dict[PlaceTallyKey, _Visit] = {}
    seconds: dict[PlaceTallyKey, float] = {}
    went_back: set[PlaceTallyKey] = set()
    for visit in visits:
        last[visit.key] = visit
        seconds[visit.key] = seconds.get(visit.key, 0.0) + visit.seconds
        if visit.departure == "back":
            went_back.add(visit.key)
    whole = next(iter(last))[0]
    marked = {kind: {_tally_key(line.place, whole) for line in log if line.kind == kind} for kind in ("help", "remark")}
    for key, visit in last.items():
        numbers = {
            "reached": 1,
            "moved": int(visit.departure in ("forward", "back")),
            "ended": int(visit.departure == "ended"),
            "backs": int(key in went_back),
            "helps": int(key in marked["help"]),
            "remarks": int(key in marked["remark"]),
        }
        places[key] = Counts(numbers, Histogram.of(seconds[key]) if seconds[key] else Histogram())


def _tally_key(place: PlaceKey, whole: bool) -> PlaceTallyKey:
    return (True, place[0], "", "") if whole else (False, *place)


def _count_day(log: Sequence[LogLine], visits: Iterable[_Visit], end: LogLine | None) -> Counts:
    kinds = {line.kind for line in log}
    result = end.answer if end else ""
    last = next((line for line in reversed(log) if line.kind in (EventKind.END, EventKind.FEEDBACK)), None)
    feedback = last.answer if end and last and last.kind == EventKind.FEEDBACK else ""
    numbers = {
        "begun": 1,
        **{name: int(result == name) for name in ("solved", "unsolved", "advice")},
        "backs": int(EventKind.BACK in kinds),
        "helps": int(EventKind.HELP in kinds),
        "remarks": int(EventKind.REMARK in kinds),
        "helped": int(feedback == "yes"),
        "not_helped": int(feedback == "no"),
    }
    duration = sum(visit.seconds for visit in visits)
    return Counts(numbers, Histogram.of(duration) if result == "solved" else Histogram())
