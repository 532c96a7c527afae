"""The session counts behind the review pages: from the tallies, plus the sessions that are not rolled up yet.

    overview: day_figures    stuck points: place_figures, place_times    map: place_figures, edge_figures

Reads only, in a fixed number of queries. Every figure counts sessions. Whether an open session was abandoned depends
on the clock, so the tallies only know that it is open: with an event since `abandoned_since` it is `still` open,
otherwise it was abandoned (`left`). Both words are states in URLs, in the CSV export and in the map's data, too.
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
from .session_summary import DAY_COLUMNS, PLACE_COLUMNS, Counts, PlaceKey, SessionSummary
from .sessions import Group, SummariesByGroup, group_of, month_after, summarize_untallied, untallied_sessions

MAX_READS = 3
MAX_PAGES_IN_QUERY = 500  # more would match most rows anyway, and databases limit the values of a statement
DAY = timedelta(days=1)
CHANNELS = tuple(
    channel.value for channel in Session.Channel if channel != Session.Channel.TEST
)  # whose sessions are counted
END_COLUMNS = ("begun", "solved", "unsolved", "advice")
NO_ENDS = (0,) * len(END_COLUMNS)


@dataclass(frozen=True, slots=True)
class Scope:
    """Sessions begun from day `since` to day `until`, of these versions (primary keys) and channels."""

    since: date
    until: date
    versions: tuple[int, ...]
    channels: tuple[str, ...]

    def includes(self, group: Group) -> bool:
        """Filter in Python: for the few untallied sessions, databases would rather scan the whole period."""
        day, version, channel = group
        return self.since <= day <= self.until and version in self.versions and channel in self.channels


class Addable:
    """Base of figures that can be added up field by field."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        values = _value_getter(type(self))  # type: ignore[arg-type]  # a class can be hashed
        return type(self)(*map(add, values(self), values(other)))

    @classmethod
    def sum(cls, figures: Iterable[Self]) -> Self:
        """Add up figures; zeros if there are none. Works by column, because a year's page adds up thousands."""
        values = _value_getter(cls)  # type: ignore[arg-type]  # a class can be hashed
        zeros, columns = values(cls()), list(zip(*map(values, figures), strict=True))
        return cls(*map(sum, columns, zeros)) if columns else cls()


@cache
def _value_getter(kind: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(each.name for each in fields(kind)))


@dataclass(frozen=True, slots=True)
class DayFigures(Addable):
    """How sessions ended: begun = solved + unsolved + advice + left + still. `times`: seconds until solved."""

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


class EndCounts(NamedTuple):
    """The counts of DayFigures that a chart needs; a chart has many of them."""

    begun: int
    solved: int
    unsolved: int
    advice: int
    left: int
    still: int


class PeriodFigures(NamedTuple):
    """How sessions ended, by version (primary key) and by day; `before` is by version in the earlier scope."""

    versions: dict[int, DayFigures]
    days: dict[date, EndCounts]
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
    """Return the cutoff: open sessions with no event since then are abandoned."""
    return timezone.now() - settings.LEFT_AFTER


Result = TypeVar("Result")


def read_consistently(read: Callable[[], Result]) -> Result:
    """Call `read` again if a roll-up changed the tallies meanwhile, so that no session counts twice."""
    for _ in range(MAX_READS):
        before = _generation()
        result = read()
        if _generation() == before:
            break
    return result


def _generation() -> int:
    return Rolling.objects.values_list("generation", flat=True).first() or 0


def day_figures(scope: Scope, before: Scope | None = None) -> PeriodFigures:
    """Count how the sessions of the scope ended, and those of the scope `before` it, in one consistent read."""

    def read() -> PeriodFigures:
        untallied = _read_untallied(scope, before) if before else _read_untallied(scope)
        return PeriodFigures(
            _figures_by_version(scope, untallied),
            _ends_by_day(scope, untallied),
            _figures_by_version(before, untallied) if before else {},
        )

    return read_consistently(read)


def _figures_by_version(scope: Scope, untallied: UntalliedSums) -> dict[int, DayFigures]:
    # Plain numbers, not DayFigures: the days at both ends of a year can be hundreds of rows.
    sums: dict[int, tuple[int, ...]] = {}
    lanes: dict[int, int] = defaultdict(int)
    for version, *numbers, times in _tally_rows(DayTally, scope).values_list("version_id", *DAY_COLUMNS, "times"):
        sums[version] = tuple(map(add, sums[version], numbers)) if version in sums else tuple(numbers)
        lanes[version] += int.from_bytes(times, "little")
    counted: dict[int, Counts] = defaultdict(Counts)
    for version, numbers in sums.items():
        counted[version] = Counts(dict(zip(DAY_COLUMNS, numbers, strict=True)), Histogram(lanes[version]))
    for (_, version, _), summary in untallied.summaries_in(scope):
        counted[version] += summary.day
    still_open = Counter(version for (_, version, _), _ in untallied.open_sessions_in(scope))
    return {version: _day_figures(counts, still_open[version]) for version, counts in counted.items()}


def _ends_by_day(scope: Scope, untallied: UntalliedSums) -> dict[date, EndCounts]:
    rows = _tally_rows(DayTally, scope, _span_filter(Tally.Span.DAY, scope.since, scope.until + DAY)).values_list("day")
    counted = {day: numbers for day, *numbers in rows.annotate(*(Sum(column) for column in END_COLUMNS))}
    for (day, _, _), summary in untallied.summaries_in(scope):
        more = [summary.day.numbers.get(column, 0) for column in END_COLUMNS]
        counted[day] = list(map(add, counted.get(day, NO_ENDS), more))
    still_open = Counter(day for (day, _, _), _ in untallied.open_sessions_in(scope))
    return {
        day: EndCounts._make((*numbers, *_split_open(numbers, still_open[day])))
        for day, numbers in sorted(counted.items())
    }


def begun_by_version(versions: Iterable[int]) -> dict[int, int]:
    """Count the sessions ever begun on these versions, by primary key, including deleted sessions."""
    scope = Scope(date.min, timezone.localdate(timezone=timezone.get_default_timezone()), tuple(versions), CHANNELS)
    figures_by_version = read_consistently(lambda: _figures_by_version(scope, _read_untallied(scope)))
    return {version: figures.begun for version, figures in figures_by_version.items()}


def place_figures(scope: Scope, whole: bool = False, timed: bool = True) -> dict[Place, PlaceFigures]:
    """Count what the sessions of the scope did at each page they reached, or (`whole`) at each node.

    The times cost most; without `timed` they are left out, see `place_times`.
    """

    def read() -> dict[Place, PlaceFigures]:
        counted: dict[Place, Counts] = defaultdict(Counts)
        names = ("version_id", "node", "cause", "step")
        rows = _tally_rows(PlaceTally, scope).filter(whole=whole)
        for *place, reached, moved, ended, backs, helps, remarks in rows.values_list(*names).annotate(
            *(Sum(column) for column in PLACE_COLUMNS)
        ):
            numbers = (reached, moved, ended, backs, helps, remarks)
            counted[Place(*place)] = Counts(dict(zip(PLACE_COLUMNS, numbers, strict=True)))
        for place, lanes in _summed_times(scope, whole).items() if timed else ():
            counted[place] += Counts({}, Histogram(lanes))
        untallied = _read_untallied(scope)
        for (_, version, _), summary in untallied.summaries_in(scope):
            for key, counts in summary.places.items():
                if key[0] == whole:
                    counted[Place(version, *key[1:])] += counts if timed else Counts(counts.numbers)
        open_by_place = Counter(_current_place(session, whole) for _, session in untallied.open_sessions_in(scope))
        return {place: _place_figures(counts, open_by_place[place]) for place, counts in counted.items()}

    return read_consistently(read)


def place_times(scope: Scope, pages: Collection[PlaceKey]) -> dict[Place, Histogram]:
    """Add up the seconds that sessions of the scope spent at each of these pages, as in `place_figures`."""

    def read() -> dict[Place, Histogram]:
        counted: dict[Place, Histogram] = defaultdict(Histogram)
        counted |= {place: Histogram(lanes) for place, lanes in _summed_times(scope, False, pages).items()}
        for (_, version, _), summary in _read_untallied(scope).summaries_in(scope):
            for (whole, *page), counts in summary.places.items():
                if not whole and tuple(page) in pages:
                    counted[Place(version, *page)] += counts.times
        return dict(counted)

    return read_consistently(read)


def _summed_times(scope: Scope, whole: bool, pages: Collection[PlaceKey] | None = None) -> dict[Place, int]:
    """Add up the histograms of each place (limited to `pages`) as packed integers."""
    lanes: dict[tuple[int, str, str, str], int] = defaultdict(int)
    rows = _tally_rows(PlaceTally, scope).filter(whole=whole)
    if pages is not None and len(pages) <= MAX_PAGES_IN_QUERY:
        # Selects a superset of the pages, but far fewer rows than whole nodes.
        nodes, causes, steps = ({page[index] for page in pages} for index in range(3))
        rows = rows.filter(node__in=nodes, cause__in=causes, step__in=steps)
    values = rows.values_list("version_id", "node", "cause", "step", "times")
    for version, node, cause, step, data in values:
        if pages is None or (node, cause, step) in pages:
            lanes[version, node, cause, step] += int.from_bytes(data, "little")
    return {Place(*place): each for place, each in lanes.items()}


def edge_figures(scope: Scope) -> dict[tuple[int, str, str], int]:
    """Count the sessions that went from one node to the next, by version, node and next node."""

    def read() -> dict[tuple[int, str, str], int]:
        rows = _tally_rows(WayTally, scope).values_list("version_id", "node", "to").annotate(Sum("sessions"))
        counted = Counter({(version, node, to): sessions for version, node, to, sessions in rows})
        for (_, version, _), summary in _read_untallied(scope).summaries_in(scope):
            for (node, to), sessions in summary.edges.items():
                counted[version, node, to] += sessions
        return dict(counted)

    return read_consistently(read)


def _tally_rows(table: Table, scope: Scope, period: Q | None = None) -> QuerySet[Any]:
    period = _period_filter(scope.since, scope.until) if period is None else period
    return table._default_manager.filter(period, version__in=scope.versions, channel__in=scope.channels).order_by()


def _period_filter(since: date, until: date) -> Q:
    """Select the month rows of the whole months in a period, and the day rows at both ends."""
    first = since if since.day == 1 else month_after(since)  # start of the first whole month
    end = (until + DAY).replace(day=1)  # start of the month that is cut off at the end
    if end <= first:
        return _span_filter(Tally.Span.DAY, since, until + DAY)
    # One condition for each range, so that the index serves it.
    days = _span_filter(Tally.Span.DAY, since, first) | _span_filter(Tally.Span.DAY, end, until + DAY)
    return _span_filter(Tally.Span.MONTH, first, end) | days


def _span_filter(span: Tally.Span, since: date, end: date) -> Q:
    return Q(span=span, day__gte=since, day__lt=end)


@dataclass(frozen=True, slots=True)
class UntalliedSums:
    """What some scopes have beyond the tallies: summaries of sessions not rolled up, and open sessions."""

    sums: SummariesByGroup
    open_sessions: list[tuple[Group, Session]]

    def summaries_in(self, scope: Scope) -> list[tuple[Group, SessionSummary]]:
        return [each for each in self.sums.summaries.items() if scope.includes(each[0])]

    def open_sessions_in(self, scope: Scope) -> list[tuple[Group, Session]]:
        return [each for each in self.open_sessions if scope.includes(each[0])]


def _read_untallied(*scopes: Scope) -> UntalliedSums:
    """Read what the tallies lack. Open sessions are read even if rolled up, however busy the site is."""
    since = abandoned_since()
    open_sessions = _in_scopes(scopes, Session.objects.filter(status=OPEN, seen_at__gte=since).order_by())
    untallied = _in_scopes(scopes, untallied_sessions())  # read last: its row wins for a session in both
    candidates = (open_sessions | untallied).values()
    still_open = [(group_of(each), each) for each in candidates if each.status == OPEN and each.seen_at >= since]
    return UntalliedSums(summarize_untallied(untallied.values()), still_open)


def _in_scopes(scopes: Iterable[Scope], sessions: Iterable[Session]) -> dict[int, Session]:
    groups = ((group_of(session), session) for session in sessions)
    return {session.pk: session for group, session in groups if any(scope.includes(group) for scope in scopes)}


def _day_figures(counts: Counts, still_open: int) -> DayFigures:
    left, still_open = _split_open([counts.numbers[column] for column in END_COLUMNS], still_open)
    return DayFigures(times=counts.times, left=left, still=still_open, **counts.numbers)


def _split_open(numbers: Sequence[int], still_open: int) -> tuple[int, int]:
    """Split the open sessions into abandoned ones and those still open. `numbers` are as in END_COLUMNS."""
    begun, *ended = numbers
    open_count = begun - sum(ended)
    return open_count - min(still_open, open_count), min(still_open, open_count)


def _current_place(session: Session, whole: bool) -> Place:
    node = Place(session.version_id, session.node)
    return node if whole else node._replace(cause=session.cause, step=session.step)


def _place_figures(counts: Counts, still_open: int) -> PlaceFigures:
    figures = PlaceFigures(times=counts.times, **counts.numbers)
    open_count = figures.reached - figures.moved - figures.ended
    return replace(figures, still=min(still_open, open_count), left=open_count - min(still_open, open_count))
