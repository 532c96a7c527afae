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
from ..labels import OUTCOME, PlaceLabel, format_seconds, place_label

Item = TypeVar("Item")

MOST_WORDS = 50
NONE = Func(template="0", output_field=IntegerField())
MOST_LEADERS = 3  # of which it still helps to say that most people are lost at one of them


class Place(NamedTuple):
    """A page of a wizard: of all its versions, or of the one whose primary key is `version`."""

    wizard: int
    version: int
    node: str
    cause: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class PlaceUse:
    """One spot that a point stands for: what it is called there, and what happened there."""

    spot: Place
    name: PlaceLabel
    figures: PlaceFigures
    gone: bool = False

    @property
    def lost(self) -> Rate:
        """Those who left here, of those who came here."""
        return rate(self.figures.left, self.figures.reached)


@dataclass(frozen=True)
class Times:
    """How long people spent somewhere, and in the period before."""

    now: Histogram
    before: Histogram

    @property
    def median(self) -> str:
        """The time that half of them did not exceed, in words; empty where nobody's time is known."""
        return _words(self.now, 0.5)

    @property
    def p90(self) -> str:
        """The time that nine of ten did not exceed, in words."""
        return _words(self.now, 0.9)

    @property
    def median_before(self) -> str:
        """The median of the period before, in words."""
        return _words(self.before, 0.5)

    @property
    def p90_before(self) -> str:
        """The ninth tenth of the period before, in words."""
        return _words(self.before, 0.9)

    @property
    def trend(self) -> str:
        """Say "longer" or "shorter" where the medians' intervals lie apart; else nothing."""
        now, before = _likely_median(self.now), _likely_median(self.before)
        if not now or not before or (now[0] <= before[1] and before[0] <= now[1]):
            return ""
        return "longer" if now[0] > before[1] else "shorter"


@dataclass(frozen=True)
class StuckPoint:
    """A row of the page. `version` is set where versions stand apart; `gone` says the current one has it no more."""

    wizard: Wizard
    version: Version | None
    uses: Sequence[PlaceUse]
    times: Times = field(default_factory=lambda: Times(Histogram(), Histogram()))

    @cached_property
    def name(self) -> PlaceLabel:
        """What it is called: as in the current version, where that still has it."""
        return min(self.uses, key=lambda use: use.gone).name

    @property
    def step(self) -> str:
        """Id of the step that it shows, if any."""
        return self.uses[0].spot.step

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


def stuck_points(chosen: Filter, apart: bool = False) -> list[StuckPoint]:
    """Return the pages where people came by, those first where most were lost; each version `apart` if wished.

    The number of queries does not depend on how many versions, nodes or days there are.
    """
    versions = {version.pk: version for version in chosen.versions}
    now = _Joined(analytics.place_figures(chosen.scope, timed=False), versions, apart)
    points: dict[tuple[object, ...], list[PlaceUse]] = {}
    for use in now.named():
        if use.name.screen != OUTCOME:
            points.setdefault(_row(use), []).append(use)
    rows = [_point(uses, versions, now, apart) for uses in points.values()]
    return sorted(rows, key=lambda each: (-each.figures.left, -each.figures.reached, each.name.title))


def with_times(points: Iterable[StuckPoint], chosen: Filter, apart: bool = False) -> list[StuckPoint]:
    """Return the points with how long people spent there, in the period and in the one before."""
    points, scope, past = list(points), chosen.scope, chosen.before
    versions = {version.pk: version for version in chosen.versions}
    pages = {use.spot[2:] for point in points for use in point.uses}
    now, before = (
        _Joined({place: PlaceFigures(times=each) for place, each in found.items()}, versions, apart)
        for found in (
            analytics.place_times(scope, pages),
            analytics.place_times(replace(scope, since=past.since, until=past.until), pages),
        )
    )
    return [replace(point, times=Times(now.times(point), before.times(point))) for point in points]


def verdict(points: Sequence[StuckPoint]) -> Verdict[StuckPoint]:
    """Return what the ranked points tell."""
    return distinguishable([(point, point.figures.left) for point in points])


def distinguishable(ranked: Sequence[tuple[Item, int]]) -> Verdict[Item]:
    """Return what a ranking tells: places, each with how many were lost there, those first where most were."""
    lost = [each for _, each in ranked]
    leaders = [place for place, each in ranked if not stands_out(lost[0], each)]
    helps = len(leaders) <= MOST_LEADERS and all(lost[: len(leaders)])
    return Verdict(bool(ranked), sum(lost), leaders if helps else [])


def stands_out(first: int, second: int) -> bool:
    """Return whether the first of two counts is the larger one, as far as numbers of this size can tell.

    So it is where, of all that the two count together, more than half are likely to belong to the first.
    """
    return rate(first, first + second).low > 0.5


def remarks_at(chosen: Filter, spots: Iterable[tuple[str, str, str]]) -> list[Words]:
    """Return what people wrote in remarks on these pages (node, cause, step), newest first, at most MOST_WORDS.

    Read by way of the few sessions of the period that have remarks. SQLite would prefer the index by version, with all
    sessions of the version behind it (a sum has no index), and takes an index with a condition only where the query
    says the condition itself, and not by a parameter.
    """
    here = Q()
    for node, cause, step in spots:
        here |= Q(event__node=node, event__cause=cause, event__step=step)
    start, end = chosen.begun
    scope = chosen.scope
    if not here:
        return []
    found = Words.objects.alias(version=F("event__session__version_id") + 0).filter(
        here,
        event__kind=EventKind.REMARK,
        event__session__begun_at__gte=start,
        event__session__begun_at__lt=end,
        event__session__channel__in=scope.channels,
        event__session__remarks__gt=NONE,
        version__in=scope.versions,
    )
    return list(found.select_related("event__session").order_by("-event__at", "-pk")[:MOST_WORDS])


def place_label_at(chosen: Filter, spot: tuple[str, str, str]) -> PlaceLabel | None:
    """Return what a page of the chosen wizard is called, in the newest version that has it."""
    for version in sorted(chosen.versions, key=lambda each: each.number or 0, reverse=True):
        if name := place_label(publishing.document_of(version.pk), *spot):
            return name
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
    wanted = {point.name.procedure for point in points} - {""}
    nodes = {(point.wizard.pk, point.uses[0].spot.node) for point in points if not point.name.procedure}
    found = Node.objects.filter(wizard__in={wizard for wizard, _ in nodes}, key__in={key for _, key in nodes})
    rows = {(wizard, key): pk for wizard, key, pk in found.values_list("wizard", "key", "pk")}
    procedures: dict[str, int] = {}
    steps: dict[tuple[str, str], int] = {}
    places: Counter[str] = Counter()
    ordered = Procedure.objects.filter(key__in=wanted).order_by("key", "steps__place", "steps__pk")
    for key, pk, step in ordered.values_list("key", "pk", "steps__key"):
        procedures[key], steps[key, step] = pk, places[key]
        places[key] += 1
    return DraftRows(rows, procedures, steps)


class _Joined:
    """The figures of each spot, and the newest version in which somebody came by there."""

    def __init__(
        self, places: Mapping[analytics.Place, PlaceFigures], versions: Mapping[int, Version], apart: bool
    ) -> None:
        self.versions = versions
        self.figures: dict[Place, PlaceFigures] = {}
        self.newest: dict[Place, Version] = {}
        for place, figures in places.items():
            version = versions[place.version]
            spot = Place(version.wizard_id, place.version if apart else 0, place.node, place.cause, place.step)
            self.figures[spot] = self.figures[spot] + figures if spot in self.figures else figures
            known = self.newest.get(spot, version)
            self.newest[spot] = max(known, version, key=lambda each: each.number or 0)

    def named(self) -> list[PlaceUse]:
        """Return the spots where somebody came by, with their names; one query."""
        reached = [spot for spot, figures in self.figures.items() if figures.reached]
        documents = self._documents(reached)
        return [self._use(spot, documents) for spot in reached]

    def times(self, point: StuckPoint) -> Histogram:
        """Return the times at all the spots of a point together."""
        known = [self.figures[use.spot].times for use in point.uses if use.spot in self.figures]
        return reduce(add, known, Histogram())

    def _documents(self, spots: Iterable[Place]) -> dict[int, Document]:
        newest = {self.newest[spot] for spot in spots}
        current = {version.wizard.current_id for version in newest if version.wizard.current_id}
        return publishing.documents_of({version.pk for version in newest} | current)

    def _use(self, spot: Place, documents: Mapping[int, Document]) -> PlaceUse:
        newest = self.newest[spot]
        page = (spot.node, spot.cause, spot.step)
        current = documents.get(newest.wizard.current_id or newest.pk)
        name = place_label(current, *page) if current else None
        gone = name is None
        if name is None or spot.version:
            name = place_label(documents[newest.pk], *page) or PlaceLabel(
                spot.step or spot.node, "", "", node=spot.node
            )
        return PlaceUse(spot, name, self.figures[spot], gone)


def _row(use: PlaceUse) -> tuple[object, ...]:
    """Return what the spots of one row have in common."""
    spot = use.spot
    if use.name.procedure:
        return spot.wizard, spot.version, "procedure", use.name.procedure, spot.step
    return spot


def _point(uses: list[PlaceUse], versions: Mapping[int, Version], now: _Joined, apart: bool) -> StuckPoint:
    uses = sorted(uses, key=lambda use: (-use.figures.left, -use.figures.reached, use.name.node))
    newest = now.newest[uses[0].spot]
    return StuckPoint(newest.wizard, versions[newest.pk] if apart else None, uses)


def _words(times: Histogram, share: float) -> str:
    seconds = times.quantile(share)
    return "" if seconds is None else format_seconds(seconds)


def _likely_median(times: Histogram) -> tuple[float, float] | None:
    """Return the limits between which the true median is likely to lie; None of an empty histogram."""
    if not (count := times.count):
        return None
    half = rate(count // 2, count)
    low, high = times.quantile(half.low), times.quantile(half.high)
    return (low, high) if low is not None and high is not None else None
