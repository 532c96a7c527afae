"""Figures: what the tallies and the sessions beyond them say about a scope. Reads only, in a handful of queries.

Every figure counts sessions. Whether an open session was left depends on the clock, so the tallies know only that it
is open: those with an event since `left_since` are still there, the others were left.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from functools import cache
from operator import add, attrgetter
from typing import Any, NamedTuple, Self, TypeVar

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from ..models import OPEN, DayTally, PlaceTally, Rolling, Session, Tally, WayTally
from .histogram import Histogram
from .rollup import Table
from .session_summary import DAY_COLUMNS, PLACE_COLUMNS, Counts, SessionSummary, Spot
from .sessions import Group, Sums, group_of, month_after, summarize_untallied, untallied_sessions

TRIES = 3
FEW_PAGES = 500  # that a statement names. Of more, most rows are wanted anyway, and databases bound its values.
DAY = timedelta(days=1)
CHANNELS = tuple(channel.value for channel in Session.Channel if channel != Session.Channel.TEST)  # that count
END_COLUMNS = ("begun", "solved", "unsolved", "advice")
NONE = (0,) * len(END_COLUMNS)


@dataclass(frozen=True, slots=True)
class Scope:
    """Sessions begun from the day `since` to the day `until`, of these versions, that came by these channels."""

    since: date
    until: date
    versions: tuple[int, ...]
    channels: tuple[str, ...]

    def has(self, group: Group) -> bool:
        """Whether a session is meant. Few are asked one by one: databases would rather go through all of the period."""
        day, version, channel = group
        return self.since <= day <= self.until and version in self.versions and channel in self.channels


class Addable:
    """Figures of which each is the sum of its parts'."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        values = _values(type(self))  # type: ignore[arg-type]  # a class can be hashed
        return type(self)(*map(add, values(self), values(other)))

    @classmethod
    def sum(cls, figures: Iterable[Self]) -> Self:
        """Return the sum of figures; zeros for none. Column by column: a year's page adds up thousands."""
        values = _values(cls)  # type: ignore[arg-type]  # a class can be hashed
        zeros, columns = values(cls()), list(zip(*map(values, figures), strict=True))
        return cls(*map(sum, columns, zeros)) if columns else cls()


@cache
def _values(kind: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what takes the values out of figures of a kind, in order."""
    return attrgetter(*(each.name for each in fields(kind)))


@dataclass(frozen=True, slots=True)
class DayFigures(Addable):
    """How sessions ended: begun = solved + unsolved + advice + left + still. `times`: seconds to solved."""

    begun: int = 0
    solved: int = 0
    unsolved: int = 0
    advice: int = 0
    left: int = 0
    still: int = 0
    backs: int = 0
    helps: int = 0
    remarks: int = 0
    helped: int = 0
    not_helped: int = 0
    times: Histogram = field(default_factory=Histogram)


class Ends(NamedTuple):
    """No more than how sessions ended, as DayFigures says it: a chart has many of them."""

    begun: int
    solved: int
    unsolved: int
    advice: int
    left: int
    still: int


class Summary(NamedTuple):
    """How sessions ended: by version (primary key), also `before`; and by the day on which they began."""

    versions: dict[int, DayFigures]
    days: dict[date, Ends]
    before: dict[int, DayFigures]


class Place(NamedTuple):
    """A page of a version (primary key): a node, or one of its causes and steps; or the node as a whole."""

    version: int
    node: str
    cause: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class PlaceFigures(Addable):
    """What sessions did at a place: reached = moved + ended + left + still. `times`: seconds spent there."""

    reached: int = 0
    moved: int = 0
    ended: int = 0
    left: int = 0
    still: int = 0
    backs: int = 0
    helps: int = 0
    remarks: int = 0
    times: Histogram = field(default_factory=Histogram)


def abandoned_since() -> datetime:
    """Return the moment since when an open session must have had an event, or else it was left."""
    return timezone.now() - settings.LEFT_AFTER


Result = TypeVar("Result")


def read_consistently(read: Callable[[], Result]) -> Result:
    """Return what `read` reads, read again where the tallies changed meanwhile: a session counts once, not twice."""
    for _ in range(TRIES):
        before = _generation()
        result = read()
        if _generation() == before:
            break
    return result


def _generation() -> int:
    return Rolling.objects.values_list("generation", flat=True).first() or 0


def day_figures(scope: Scope, before: Scope | None = None) -> Summary:
    """Return how the sessions of the scope ended, and those of the scope `before` it: all from one reading."""

    def read() -> Summary:
        latest = _latest(scope, before) if before else _latest(scope)
        return Summary(_versions(scope, latest), _days(scope, latest), _versions(before, latest) if before else {})

    return read_consistently(read)


def _versions(scope: Scope, latest: UntalliedSums) -> dict[int, DayFigures]:
    # Added up as bare numbers: the days at the ends of a year may be hundreds of rows.
    sums: dict[int, tuple[int, ...]] = {}
    lanes: dict[int, int] = defaultdict(int)
    for version, *numbers, times in _rows(DayTally, scope).values_list("version_id", *DAY_COLUMNS, "times"):
        sums[version] = tuple(map(add, sums[version], numbers)) if version in sums else tuple(numbers)
        lanes[version] += int.from_bytes(times, "little")
    counted: dict[int, Counts] = defaultdict(Counts)
    for version, numbers in sums.items():
        counted[version] = Counts(dict(zip(DAY_COLUMNS, numbers, strict=True)), Histogram(lanes[version]))
    for (_, version, _), digest in latest.beyond(scope):
        counted[version] += digest.day
    still = Counter(version for (_, version, _), _ in latest.still(scope))
    return {version: _day(counts, still[version]) for version, counts in counted.items()}


def _days(scope: Scope, latest: UntalliedSums) -> dict[date, Ends]:
    rows = _rows(DayTally, scope, _span(Tally.Span.DAY, scope.since, scope.until + DAY)).values_list("day")
    counted = {day: numbers for day, *numbers in rows.annotate(*(Sum(column) for column in END_COLUMNS))}
    for (day, _, _), digest in latest.beyond(scope):
        more = [digest.day.numbers.get(column, 0) for column in END_COLUMNS]
        counted[day] = list(map(add, counted.get(day, NONE), more))
    still = Counter(day for (day, _, _), _ in latest.still(scope))
    return {day: Ends._make((*numbers, *_opened(numbers, still[day]))) for day, numbers in sorted(counted.items())}


def begun_by_version(versions: Iterable[int]) -> dict[int, int]:
    """Return how many sessions ever began on each of these versions, by primary key; also of those deleted since."""
    scope = Scope(date.min, timezone.localdate(timezone=timezone.get_default_timezone()), tuple(versions), CHANNELS)
    found = read_consistently(lambda: _versions(scope, _latest(scope)))
    return {version: figures.begun for version, figures in found.items()}


def place_figures(scope: Scope, whole: bool = False, timed: bool = True) -> dict[Place, PlaceFigures]:
    """Return the figures of each page that a session of the scope reached; or of each node as a whole.

    Without the times if they are not wanted: they are what costs most (see `times`).
    """

    def read() -> dict[Place, PlaceFigures]:
        counted: dict[Place, Counts] = defaultdict(Counts)
        names = ("version_id", "node", "cause", "step")
        rows = _rows(PlaceTally, scope).filter(whole=whole)
        for *place, reached, moved, ended, backs, helps, remarks in rows.values_list(*names).annotate(
            *(Sum(column) for column in PLACE_COLUMNS)
        ):
            numbers = (reached, moved, ended, backs, helps, remarks)
            counted[Place(*place)] = Counts(dict(zip(PLACE_COLUMNS, numbers, strict=True)))
        for place, lanes in _lanes(scope, whole).items() if timed else ():
            counted[place] += Counts({}, Histogram(lanes))
        latest = _latest(scope)
        for (_, version, _), digest in latest.beyond(scope):
            for part, counts in digest.places.items():
                if part[0] == whole:
                    counted[Place(version, *part[1:])] += counts if timed else Counts(counts.numbers)
        standing = Counter(_place_of(session, whole) for _, session in latest.still(scope))
        return {place: _place(counts, standing[place]) for place, counts in counted.items()}

    return read_consistently(read)


def place_times(scope: Scope, pages: Collection[Spot]) -> dict[Place, Histogram]:
    """Return the seconds that sessions of the scope spent at each of these pages, as `places` says."""

    def read() -> dict[Place, Histogram]:
        counted: dict[Place, Histogram] = defaultdict(Histogram)
        counted |= {place: Histogram(lanes) for place, lanes in _lanes(scope, False, pages).items()}
        for (_, version, _), digest in _latest(scope).beyond(scope):
            for (whole, *page), counts in digest.places.items():
                if not whole and tuple(page) in pages:
                    counted[Place(version, *page)] += counts.times
        return dict(counted)

    return read_consistently(read)


def _lanes(scope: Scope, whole: bool, pages: Collection[Spot] | None = None) -> dict[Place, int]:
    """Return the histograms of each place (of these pages) as the numbers that they are, added up."""
    lanes: dict[tuple[int, str, str, str], int] = defaultdict(int)
    rows = _rows(PlaceTally, scope).filter(whole=whole)
    if pages is not None and len(pages) <= FEW_PAGES:
        # Many fewer rows than all of these nodes'. Not every one that fits is of such a page.
        nodes, causes, steps = ({page[part] for page in pages} for part in range(3))
        rows = rows.filter(node__in=nodes, cause__in=causes, step__in=steps)
    values = rows.values_list("version_id", "node", "cause", "step", "times")
    for version, node, cause, step, data in values:
        if pages is None or (node, cause, step) in pages:
            lanes[version, node, cause, step] += int.from_bytes(data, "little")
    return {Place(*place): each for place, each in lanes.items()}


def edge_figures(scope: Scope) -> dict[tuple[int, str, str], int]:
    """Return how many sessions went from one node to another, by version, node and the node after it."""

    def read() -> dict[tuple[int, str, str], int]:
        rows = _rows(WayTally, scope).values_list("version_id", "node", "to").annotate(Sum("sessions"))
        counted = Counter({(version, node, to): sessions for version, node, to, sessions in rows})
        for (_, version, _), digest in _latest(scope).beyond(scope):
            for (node, to), sessions in digest.ways.items():
                counted[version, node, to] += sessions
        return dict(counted)

    return read_consistently(read)


def _rows(table: Table, scope: Scope, period: Q | None = None) -> QuerySet[Any]:
    period = _spans(scope.since, scope.until) if period is None else period
    return table._default_manager.filter(period, version__in=scope.versions, channel__in=scope.channels).order_by()


def _spans(since: date, until: date) -> Q:
    """Return what chooses the rows of the whole months between two days, and of the days that are left at the ends."""
    first = since if since.day == 1 else month_after(since)  # of the first whole month
    end = (until + DAY).replace(day=1)  # of the month that is not whole any more
    if end <= first:
        return _span(Tally.Span.DAY, since, until + DAY)
    # Each said by itself, for the index.
    days = _span(Tally.Span.DAY, since, first) | _span(Tally.Span.DAY, end, until + DAY)
    return _span(Tally.Span.MONTH, first, end) | days


def _span(span: Tally.Span, since: date, end: date) -> Q:
    return Q(span=span, day__gte=since, day__lt=end)


@dataclass(frozen=True, slots=True)
class UntalliedSums:
    """What the tallies do not say of some scopes: what sessions count for beyond them, and which are still there."""

    sums: Sums
    there: list[tuple[Group, Session]]

    def beyond(self, scope: Scope) -> list[tuple[Group, SessionSummary]]:
        """Return what each group of the scope counts for beyond the tallies."""
        return [each for each in self.sums.digests.items() if scope.has(each[0])]

    def still(self, scope: Scope) -> list[tuple[Group, Session]]:
        """Return the sessions of the scope that are still there, each with its group."""
        return [each for each in self.there if scope.has(each[0])]


def _latest(*scopes: Scope) -> UntalliedSums:
    """Read the latest of the scopes. Whoever is still there counts as open, too, however busy the site is."""
    since = abandoned_since()
    there = _of(scopes, Session.objects.filter(status=OPEN, seen_at__gte=since).order_by())
    more = _of(scopes, untallied_sessions())  # read last: of a session that is in both, this row is what counts
    known = (there | more).values()
    still = [(group_of(each), each) for each in known if each.status == OPEN and each.seen_at >= since]
    return UntalliedSums(summarize_untallied(more.values()), still)


def _of(scopes: Iterable[Scope], sessions: Iterable[Session]) -> dict[int, Session]:
    groups = ((group_of(session), session) for session in sessions)
    return {session.pk: session for group, session in groups if any(scope.has(group) for scope in scopes)}


def _day(counts: Counts, still: int) -> DayFigures:
    left, still = _opened([counts.numbers[column] for column in END_COLUMNS], still)
    return DayFigures(times=counts.times, left=left, still=still, **counts.numbers)


def _opened(numbers: Sequence[int], still: int) -> tuple[int, int]:
    """Return how many sessions were left, and how many are still there. `numbers`: as END_COLUMNS."""
    begun, *ended = numbers
    opened = begun - sum(ended)
    return opened - min(still, opened), min(still, opened)


def _place_of(session: Session, whole: bool) -> Place:
    node = Place(session.version_id, session.node)
    return node if whole else node._replace(cause=session.cause, step=session.step)


def _place(counts: Counts, still: int) -> PlaceFigures:
    figures = PlaceFigures(times=counts.times, **counts.numbers)
    opened = figures.reached - figures.moved - figures.ended
    return replace(figures, still=min(still, opened), left=opened - min(still, opened))
