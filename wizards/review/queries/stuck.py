"""The stuck page: the pages of the wizards, ranked by how many sessions left there.

    analytics.place_figures --_PlacesAcrossVersions--> PlaceUse --stuck_points--> StuckPoint --with_times--> rows

The counts of each page and version come from `place_figures` in wizards/analytics/queries.py, the times from
`place_times`. Here places are joined across versions by the ids of their node, cause and step (_PlacesAcrossVersions).
A row of the page (StuckPoint) is one place, or all places that show the same step or confirmation of one procedure; its
rates are computed by `rate` in wizards/review/confidence.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import add
from typing import Generic, NamedTuple, TypeVar

from django.db.models import F, Func, IntegerField, Q

from ... import analytics, publishing
from ...analytics import Histogram, PlaceFigures
from ...flow import Document, EventKind
from ...models import Node, Procedure, Version, Wizard, Words
from ..confidence import Rate, rate
from ..filters import Filter
from ..formatting import format_seconds
from ..labels import OUTCOME, PlaceLabel, place_label

Item = TypeVar("Item")

MAX_REMARKS = 50
ZERO = Func(template="0", output_field=IntegerField())
MAX_LEADERS = 3  # above that, naming the candidates no longer helps


class WizardPlace(NamedTuple):
    """A page of a wizard: of all its versions (`version` 0), or of the one with this primary key."""

    wizard: int
    version: int
    node: str
    cause: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class PlaceUse:
    """One of the places that a row stands for, with its label and figures."""

    place: WizardPlace
    label: PlaceLabel
    figures: PlaceFigures
    gone: bool = False

    @property
    def lost(self) -> Rate:
        """Share of the sessions reaching this page that left here."""
        return rate(self.figures.left, self.figures.reached)


@dataclass(frozen=True)
class Times:
    """How long people spent at a page, now and in the period before."""

    current: Histogram
    before: Histogram

    @property
    def median(self) -> str:
        """Median in words; empty if no time is known."""
        return _quantile_text(self.current, 0.5)

    @property
    def p90(self) -> str:
        """90th percentile in words."""
        return _quantile_text(self.current, 0.9)

    @property
    def median_before(self) -> str:
        return _quantile_text(self.before, 0.5)

    @property
    def p90_before(self) -> str:
        return _quantile_text(self.before, 0.9)

    @property
    def trend(self) -> str:
        """Whether the median is "longer" or "shorter" than before; empty while the intervals overlap."""
        current, before = _median_interval(self.current), _median_interval(self.before)
        if not current or not before or (current[0] <= before[1] and before[0] <= current[1]):
            return ""
        return "longer" if current[0] > before[1] else "shorter"


@dataclass(frozen=True)
class StuckPoint:
    """A row of the page. `version` is set if versions are listed separately."""

    wizard: Wizard
    version: Version | None
    uses: Sequence[PlaceUse]
    times: Times = field(default_factory=lambda: Times(Histogram(), Histogram()))

    @cached_property
    def label(self) -> PlaceLabel:
        """The label in the current version, if that still has the page."""
        return min(self.uses, key=lambda use: use.gone).label

    @property
    def step(self) -> str:
        return self.uses[0].place.step

    @property
    def gone(self) -> bool:
        """Whether the wizard's current version no longer has the page."""
        return all(use.gone for use in self.uses)

    @cached_property
    def figures(self) -> PlaceFigures:
        """The sum over its places."""
        return PlaceFigures.sum(use.figures for use in self.uses)

    @property
    def lost(self) -> Rate:
        """Share of the sessions reaching this page that left here."""
        return rate(self.figures.left, self.figures.reached)

    @property
    def backs(self) -> Rate:
        """Those who went back from here."""
        return rate(self.figures.backs, self.figures.reached)

    @property
    def helps(self) -> Rate:
        """Those who asked for a person here."""
        return rate(self.figures.helps, self.figures.reached)

    @property
    def remarks(self) -> Rate:
        """Those who remarked here that it looks different."""
        return rate(self.figures.remarks, self.figures.reached)


@dataclass(frozen=True, slots=True)
class Verdict(Generic[Item]):
    """What a ranking says: whether anybody came (`reached`), how many left (`lost`), and where most of them did.

    leaders: the place where most left; a few if the numbers are too close to tell; empty if they are too small.
    """

    reached: bool
    lost: int
    leaders: Sequence[Item]


def stuck_points(filters: Filter, by_version: bool = False) -> list[StuckPoint]:
    """Rank the pages that sessions reached by how many left there; optionally each version separately.

    The number of queries does not depend on how many versions, nodes or days there are.
    """
    versions = {version.pk: version for version in filters.versions}
    current = _PlacesAcrossVersions(analytics.place_figures(filters.scope, timed=False), versions, by_version)
    points: dict[tuple[object, ...], list[PlaceUse]] = {}
    for use in current.uses():
        if use.label.screen != OUTCOME:
            points.setdefault(_row_key(use), []).append(use)
    rows = [_stuck_point(uses, versions, current, by_version) for uses in points.values()]
    return sorted(rows, key=lambda each: (-each.figures.left, -each.figures.reached, each.label.title))


def with_times(points: Iterable[StuckPoint], filters: Filter, by_version: bool = False) -> list[StuckPoint]:
    """Add how long people spent at the points, in the period and in the one before."""
    points, scope, earlier = list(points), filters.scope, filters.before
    versions = {version.pk: version for version in filters.versions}
    pages = {use.place[2:] for point in points for use in point.uses}
    current, before = (
        _PlacesAcrossVersions({place: PlaceFigures(times=each) for place, each in times.items()}, versions, by_version)
        for times in (
            analytics.place_times(scope, pages),
            analytics.place_times(replace(scope, since=earlier.since, until=earlier.until), pages),
        )
    )
    return [replace(point, times=Times(current.times(point), before.times(point))) for point in points]


def stuck_verdict(points: Sequence[StuckPoint]) -> Verdict[StuckPoint]:
    return ranking_verdict([(point, point.figures.left) for point in points])


def ranking_verdict(ranked: Sequence[tuple[Item, int]]) -> Verdict[Item]:
    """Judge a ranking of places with how many left at each, largest first."""
    lost = [each for _, each in ranked]
    leaders = [place for place, each in ranked if not stands_out(lost[0], each)]
    is_conclusive = len(leaders) <= MAX_LEADERS and all(lost[: len(leaders)])
    return Verdict(bool(ranked), sum(lost), leaders if is_conclusive else [])


def stands_out(first: int, second: int) -> bool:
    """Tell whether the first of two counts is significantly the larger one.

    It is if the lower limit of its share in both together (95 % interval, `rate`) is above one half.
    """
    return rate(first, first + second).low > 0.5


def remarks_at(filters: Filter, places: Iterable[tuple[str, str, str]]) -> list[Words]:
    """List what people wrote in remarks on these pages (node, cause, step), newest first, at most MAX_REMARKS.

    The query starts at the few sessions of the period that have remarks. SQLite would prefer the index by version, with
    all sessions of the version behind it; a sum hides the column from that index. It uses a partial index only if the
    query has the index's condition literally, not as a parameter.
    """
    at_places = Q()
    for node, cause, step in places:
        at_places |= Q(event__node=node, event__cause=cause, event__step=step)
    start, end = filters.begun
    scope = filters.scope
    if not at_places:
        return []
    remarks = Words.objects.alias(version=F("event__session__version_id") + 0).filter(
        at_places,
        event__kind=EventKind.REMARK,
        event__session__begun_at__gte=start,
        event__session__begun_at__lt=end,
        event__session__channel__in=scope.channels,
        event__session__remarks__gt=ZERO,
        version__in=scope.versions,
    )
    return list(remarks.select_related("event__session").order_by("-event__at", "-pk")[:MAX_REMARKS])


def latest_place_label(filters: Filter, place: tuple[str, str, str]) -> PlaceLabel | None:
    """Label a page of the selected wizard as in the newest version that has it."""
    for version in sorted(filters.versions, key=lambda each: each.number or 0, reverse=True):
        if label := place_label(publishing.document_of(version.pk), *place):
            return label
    return None


@dataclass(frozen=True, slots=True)
class DraftRows:
    """Primary keys of draft rows: nodes by (wizard, id), procedures by id, and the positions of their steps."""

    nodes: Mapping[tuple[int, str], int]
    procedures: Mapping[str, int]
    steps: Mapping[tuple[str, str], int]


def draft_rows(points: Iterable[StuckPoint]) -> DraftRows:
    """Find the draft rows behind these points, in two queries; what the draft no longer has is missing."""
    points = list(points)
    wanted = {point.label.procedure for point in points} - {""}
    nodes = {(point.wizard.pk, point.uses[0].place.node) for point in points if not point.label.procedure}
    draft_nodes = Node.objects.filter(wizard__in={wizard for wizard, _ in nodes}, key__in={key for _, key in nodes})
    rows = {(wizard, key): pk for wizard, key, pk in draft_nodes.values_list("wizard", "key", "pk")}
    procedures: dict[str, int] = {}
    steps: dict[tuple[str, str], int] = {}
    places: Counter[str] = Counter()
    ordered = Procedure.objects.filter(key__in=wanted).order_by("key", "steps__place", "steps__pk")
    for key, pk, step in ordered.values_list("key", "pk", "steps__key"):
        procedures[key], steps[key, step] = pk, places[key]
        places[key] += 1
    return DraftRows(rows, procedures, steps)


class _PlacesAcrossVersions:
    """The figures of each place, summed over versions, and the newest version in which it was reached."""

    def __init__(
        self, places: Mapping[analytics.Place, PlaceFigures], versions: Mapping[int, Version], by_version: bool
    ) -> None:
        self.versions = versions
        self.figures: dict[WizardPlace, PlaceFigures] = {}
        self.newest: dict[WizardPlace, Version] = {}
        for version_place, figures in places.items():
            version = versions[version_place.version]
            place = WizardPlace(
                version.wizard_id,
                version_place.version if by_version else 0,
                version_place.node,
                version_place.cause,
                version_place.step,
            )
            self.figures[place] = self.figures[place] + figures if place in self.figures else figures
            newest = self.newest.get(place, version)
            self.newest[place] = max(newest, version, key=lambda each: each.number or 0)

    def uses(self) -> list[PlaceUse]:
        """List the places that were reached, with their labels; one query."""
        reached = [place for place, figures in self.figures.items() if figures.reached]
        documents = self._documents(reached)
        return [self._use(place, documents) for place in reached]

    def times(self, point: StuckPoint) -> Histogram:
        """Sum the times at all places of a point."""
        times = [self.figures[use.place].times for use in point.uses if use.place in self.figures]
        return reduce(add, times, Histogram())

    def _documents(self, places: Iterable[WizardPlace]) -> dict[int, Document]:
        newest = {self.newest[place] for place in places}
        current = {version.wizard.current_id for version in newest if version.wizard.current_id}
        return publishing.documents_of({version.pk for version in newest} | current)

    def _use(self, place: WizardPlace, documents: Mapping[int, Document]) -> PlaceUse:
        newest = self.newest[place]
        page = (place.node, place.cause, place.step)
        current = documents.get(newest.wizard.current_id or newest.pk)
        label = place_label(current, *page) if current else None
        gone = label is None
        if label is None or place.version:
            label = place_label(documents[newest.pk], *page) or PlaceLabel(
                place.step or place.node, "", "", node_title=place.node
            )
        return PlaceUse(place, label, self.figures[place], gone)


def _row_key(use: PlaceUse) -> tuple[object, ...]:
    """Return the key of the row that a place belongs to."""
    place = use.place
    if use.label.procedure:
        return place.wizard, place.version, "procedure", use.label.procedure, place.step
    return place


def _stuck_point(
    uses: list[PlaceUse], versions: Mapping[int, Version], current: _PlacesAcrossVersions, by_version: bool
) -> StuckPoint:
    uses = sorted(uses, key=lambda use: (-use.figures.left, -use.figures.reached, use.label.node_title))
    newest = current.newest[uses[0].place]
    return StuckPoint(newest.wizard, versions[newest.pk] if by_version else None, uses)


def _quantile_text(times: Histogram, share: float) -> str:
    seconds = times.quantile(share)
    return "" if seconds is None else format_seconds(seconds)


def _median_interval(times: Histogram) -> tuple[float, float] | None:
    """Return the limits between which the true median is likely to lie (95 %); None if empty."""
    if not (count := times.count):
        return None
    half = rate(count // 2, count)
    low, high = times.quantile(half.low), times.quantile(half.high)
    return (low, high) if low is not None and high is not None else None
