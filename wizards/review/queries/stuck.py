"""Where people got stuck: the pages of the wizards, ranked by how many were lost there.

    tallies of each page and version --join--> spots --name--> points --rank--> the page

A *spot* is one page of a wizard, joined across its versions by the ids of its node, cause and step. A *point* is a row:
one spot, or all spots that show the same step (or the same confirmation) of one procedure.
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
MAX_LEADERS = 3  # of which it still helps to say that most people are lost at one of them


class WizardPlace(NamedTuple):
    """A page of a wizard: of all its versions, or of the one whose primary key is `version`."""

    wizard: int
    version: int
    node: str
    cause: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class PlaceUse:
    """One spot that a point stands for: what it is called there, and what happened there."""

    place: WizardPlace
    label: PlaceLabel
    figures: PlaceFigures
    gone: bool = False

    @property
    def lost(self) -> Rate:
        """Those who left here, of those who came here."""
        return rate(self.figures.left, self.figures.reached)


@dataclass(frozen=True)
class Times:
    """How long people spent somewhere, and in the period before."""

    current: Histogram
    before: Histogram

    @property
    def median(self) -> str:
        """The time that half of them did not exceed, in words; empty where nobody's time is known."""
        return _quantile_text(self.current, 0.5)

    @property
    def p90(self) -> str:
        """The time that nine of ten did not exceed, in words."""
        return _quantile_text(self.current, 0.9)

    @property
    def median_before(self) -> str:
        """The median of the period before, in words."""
        return _quantile_text(self.before, 0.5)

    @property
    def p90_before(self) -> str:
        """The ninth tenth of the period before, in words."""
        return _quantile_text(self.before, 0.9)

    @property
    def trend(self) -> str:
        """Say "longer" or "shorter" where the medians' intervals lie apart; else nothing."""
        current, before = _median_interval(self.current), _median_interval(self.before)
        if not current or not before or (current[0] <= before[1] and before[0] <= current[1]):
            return ""
        return "longer" if current[0] > before[1] else "shorter"


@dataclass(frozen=True)
class StuckPoint:
    """A row of the page. `version` is set where versions stand apart; `gone` says the current one has it no more."""

    wizard: Wizard
    version: Version | None
    uses: Sequence[PlaceUse]
    times: Times = field(default_factory=lambda: Times(Histogram(), Histogram()))

    @cached_property
    def label(self) -> PlaceLabel:
        """What it is called: as in the current version, where that still has it."""
        return min(self.uses, key=lambda use: use.gone).label

    @property
    def step(self) -> str:
        """Id of the step that it shows, if any."""
        return self.uses[0].place.step

    @property
    def gone(self) -> bool:
        """Whether the wizard's current version has it nowhere any more."""
        return all(use.gone for use in self.uses)

    @cached_property
    def figures(self) -> PlaceFigures:
        """What happened at all its spots together."""
        return PlaceFigures.sum(use.figures for use in self.uses)

    @property
    def lost(self) -> Rate:
        """Those who left here, of those who came here."""
        return rate(self.figures.left, self.figures.reached)

    @property
    def backs(self) -> Rate:
        """Those who went back from here."""
        return rate(self.figures.backs, self.figures.reached)

    @property
    def helps(self) -> Rate:
        """Those who asked for help here."""
        return rate(self.figures.helps, self.figures.reached)

    @property
    def remarks(self) -> Rate:
        """Those who said here that it looks different."""
        return rate(self.figures.remarks, self.figures.reached)


@dataclass(frozen=True, slots=True)
class Verdict(Generic[Item]):
    """What a ranking tells: whether anybody came by, how many were lost, and where most of them were.

    leaders: the one place where most were lost; or the few among which the numbers cannot tell it; or nothing, where
             they are too small to name any.
    """

    reached: bool
    lost: int
    leaders: Sequence[Item]


def stuck_points(filters: Filter, by_version: bool = False) -> list[StuckPoint]:
    """Return the pages where people came by, those first where most were lost; each version `apart` if wished.

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
    """Return the points with how long people spent there, in the period and in the one before."""
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
    """Return what the ranked points tell."""
    return ranking_verdict([(point, point.figures.left) for point in points])


def ranking_verdict(ranked: Sequence[tuple[Item, int]]) -> Verdict[Item]:
    """Return what a ranking tells: places, each with how many were lost there, those first where most were."""
    lost = [each for _, each in ranked]
    leaders = [place for place, each in ranked if not stands_out(lost[0], each)]
    helps = len(leaders) <= MAX_LEADERS and all(lost[: len(leaders)])
    return Verdict(bool(ranked), sum(lost), leaders if helps else [])


def stands_out(first: int, second: int) -> bool:
    """Return whether the first of two counts is the larger one, as far as numbers of this size can tell.

    So it is where, of all that the two count together, more than half are likely to belong to the first.
    """
    return rate(first, first + second).low > 0.5


def remarks_at(filters: Filter, places: Iterable[tuple[str, str, str]]) -> list[Words]:
    """Return what people wrote in remarks on these pages (node, cause, step), newest first, at most MOST_WORDS.

    Read by way of the few sessions of the period that have remarks. SQLite would prefer the index by version, with all
    sessions of the version behind it (a sum has no index), and takes an index with a condition only where the query
    says the condition itself, and not by a parameter.
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
    """Return what a page of the chosen wizard is called, in the newest version that has it."""
    for version in sorted(filters.versions, key=lambda each: each.number or 0, reverse=True):
        if label := place_label(publishing.document_of(version.pk), *place):
            return label
    return None


@dataclass(frozen=True, slots=True)
class DraftRows:
    """The rows that editors change: nodes by (wizard, id); procedures by id, with the places of their steps."""

    nodes: Mapping[tuple[int, str], int]
    procedures: Mapping[str, int]
    steps: Mapping[tuple[str, str], int]


def draft_rows(points: Iterable[StuckPoint]) -> DraftRows:
    """Return the drafts' rows behind these points, in two queries; what the draft has no more is missing."""
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
    """The figures of each spot, and the newest version in which somebody came by there."""

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
        """Return the spots where somebody came by, with their names; one query."""
        reached = [place for place, figures in self.figures.items() if figures.reached]
        documents = self._documents(reached)
        return [self._use(place, documents) for place in reached]

    def times(self, point: StuckPoint) -> Histogram:
        """Return the times at all the spots of a point together."""
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
    """Return what the spots of one row have in common."""
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
    """Return the limits between which the true median is likely to lie; None of an empty histogram."""
    if not (count := times.count):
        return None
    half = rate(count // 2, count)
    low, high = times.quantile(half.low), times.quantile(half.high)
    return (low, high) if low is not None and high is not None else None
