"""What one session counts for: its log, without its document, as what it did at each place. Pure.

A *stay* lasts from the event that led to a page until the event that led away from it. What a session did at a place
is how its last stay there ended; the time that it spent there is that of all its stays, but for those during which it
was left (longer than `pause`), and for the one that still goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from ..flow import EventKind
from .histogram import Histogram

MOVES = frozenset({EventKind.BEGIN, EventKind.ANSWER, EventKind.BACK})

Spot = tuple[str, str, str]  # node, cause, step
Part = tuple[bool, str, str, str]  # whether the node as a whole; node, cause, step
Way = tuple[str, str]  # node, the node after it

DAY_COLUMNS = ("begun", "solved", "unsolved", "advice", "backs", "helps", "remarks", "helped", "not_helped")
PLACE_COLUMNS = ("reached", "moved", "ended", "backs", "helps", "remarks")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event, as far as it counts."""

    kind: str
    at: datetime
    spot: Spot
    answer: str = ""


@dataclass(slots=True)
class Counts:
    """Counters by name and a histogram of times. `a + -b` takes out what `b` put in."""

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
    """What a session counts for, or what several do."""

    day: Counts = field(default_factory=Counts)
    places: dict[Part, Counts] = field(default_factory=dict)
    ways: dict[Way, int] = field(default_factory=dict)

    def add(self, other: SessionSummary) -> None:
        """Add what another digest says."""
        self.day += other.day
        for part, counts in other.places.items():
            self.places[part] = self.places.get(part, Counts()) + counts
        for way, sessions in other.ways.items():
            self.ways[way] = self.ways.get(way, 0) + sessions

    def __neg__(self) -> SessionSummary:
        places = {part: -counts for part, counts in self.places.items()}
        return SessionSummary(-self.day, places, {way: -sessions for way, sessions in self.ways.items()})


@dataclass(slots=True)
class _Stay:
    part: Part
    how: str  # "on", "back", "ended" or "open"
    seconds: float


def summarize(log: Sequence[LogLine], after: Sequence[LogLine], here: Spot, pause: timedelta) -> SessionSummary:
    """Return what the events of `log` count for; those that came `after` it, or else `here`, tell where it stands."""
    if not log:
        return SessionSummary()
    ended = _end(log)
    stays = list(_stays(log, _standing(after, here), ended is not None, pause))
    wholes = _wholes(stays)
    result = SessionSummary(_day(log, stays, ended))
    for each in (stays, wholes):
        _places(result.places, each, log)
    result.ways = dict.fromkeys(((one.part[1], two.part[1]) for one, two in pairwise(wholes) if one.how == "on"), 1)
    return result


def _standing(after: Iterable[LogLine], here: Spot) -> Spot:
    """Return where the session stood before the events `after` it: at the place of the first that is no aside."""
    said = frozenset(EventKind) - MOVES - {EventKind.END}
    return next((line.spot for line in after if line.kind not in said), here)


def _end(log: Sequence[LogLine]) -> LogLine | None:
    """Return the end at which the session stands; None where it is open, also again after going back."""
    for line in reversed(log):
        if line.kind == EventKind.END:
            return line
        if line.kind in MOVES:
            return None
    return None


def _stays(log: Sequence[LogLine], standing: Spot, ended: bool, pause: timedelta) -> Iterator[_Stay]:
    moves = [line for line in log if line.kind in MOVES]
    for arrived, left in pairwise(moves):
        spent = left.at - arrived.at
        how = "back" if left.kind == EventKind.BACK else "on"
        yield _Stay((False, *left.spot), how, spent.total_seconds() if spent <= pause else 0.0)
    yield _Stay((False, *standing), "ended" if ended else "open", 0.0)


def _wholes(stays: Sequence[_Stay]) -> list[_Stay]:
    """Return the stays at whole nodes: those at parts of one node, one after another, are one."""
    wholes: list[_Stay] = []
    for stay in stays:
        part = (True, stay.part[1], "", "")
        if wholes and wholes[-1].part == part:
            wholes[-1] = _Stay(part, stay.how, wholes[-1].seconds + stay.seconds)
        else:
            wholes.append(_Stay(part, stay.how, stay.seconds))
    return wholes


def _places(places: dict[Part, Counts], stays: Iterable[_Stay], log: Iterable[LogLine]) -> None:
    last: dict[Part, _Stay] = {}
    seconds: dict[Part, float] = {}
    back: set[Part] = set()
    for stay in stays:
        last[stay.part] = stay
        seconds[stay.part] = seconds.get(stay.part, 0.0) + stay.seconds
        if stay.how == "back":
            back.add(stay.part)
    whole = next(iter(last))[0]
    said = {kind: {_part(line.spot, whole) for line in log if line.kind == kind} for kind in ("help", "remark")}
    for part, stay in last.items():
        numbers = {
            "reached": 1,
            "moved": int(stay.how in ("on", "back")),
            "ended": int(stay.how == "ended"),
            "backs": int(part in back),
            "helps": int(part in said["help"]),
            "remarks": int(part in said["remark"]),
        }
        places[part] = Counts(numbers, Histogram.of(seconds[part]) if seconds[part] else Histogram())


def _part(spot: Spot, whole: bool) -> Part:
    return (True, spot[0], "", "") if whole else (False, *spot)


def _day(log: Sequence[LogLine], stays: Iterable[_Stay], ended: LogLine | None) -> Counts:
    kinds = {line.kind for line in log}
    result = ended.answer if ended else ""
    last = next((line for line in reversed(log) if line.kind in (EventKind.END, EventKind.FEEDBACK)), None)
    said = last.answer if ended and last and last.kind == EventKind.FEEDBACK else ""
    numbers = {
        "begun": 1,
        **{name: int(result == name) for name in ("solved", "unsolved", "advice")},
        "backs": int(EventKind.BACK in kinds),
        "helps": int(EventKind.HELP in kinds),
        "remarks": int(EventKind.REMARK in kinds),
        "helped": int(said == "yes"),
        "not_helped": int(said == "no"),
    }
    took = sum(stay.seconds for stay in stays)
    return Counts(numbers, Histogram.of(took) if result == "solved" else Histogram())
