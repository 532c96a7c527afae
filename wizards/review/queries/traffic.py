"""The traffic through a wizard: what happened at each node, and how many took each way between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ... import analytics, flow, publishing
from ...analytics import PlaceFigures
from ...models import Version
from ..confidence import Rate, rate
from ..filters import Filter
from ..labels import PlaceLabel, node_label
from .stuck import Verdict, distinguishable

# The share that is lost at a node at least, as far as the numbers tell -> its colour on the map.
LEVELS = (0.01, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class TrafficEdge:
    """How many sessions went on to the node `to`; `known` says whether the drawn version still has this way."""

    to: str
    name: PlaceLabel
    sessions: int
    known: bool


@dataclass(frozen=True, slots=True)
class TrafficNode:
    """One node: what it is called, what happened there, and the ways that people took from there.

    `gone` says that the drawn version has no such node any more.
    """

    node: str
    name: PlaceLabel
    figures: PlaceFigures
    ways: tuple[TrafficEdge, ...]
    gone: bool

    @property
    def lost(self) -> Rate:
        """Those who left here, of those who came here."""
        return rate(self.figures.left, self.figures.reached)

    @property
    def level(self) -> int:
        """How strongly the map colours it, from 0 on: by the share that is lost here at least."""
        return sum(self.lost.low >= each for each in LEVELS)


@dataclass(frozen=True, slots=True)
class Traffic:
    """The traffic over one drawn version, that of the other chosen versions included.

    `stops` are the nodes where somebody came by, the busiest first; `quiet` the others' names.
    """

    version: Version
    document: flow.Document
    stops: tuple[TrafficNode, ...]
    quiet: tuple[PlaceLabel, ...]

    @property
    def verdict(self) -> Verdict[TrafficNode]:
        """What the traffic tells about where people are lost."""
        ranked = sorted(self.stops, key=lambda stop: -stop.figures.left)
        return distinguishable([(stop, stop.figures.left) for stop in ranked])

    @property
    def gone(self) -> int:
        """How many nodes with traffic the drawn version has no more."""
        return sum(stop.gone for stop in self.stops)


def drawn_version(chosen: Filter) -> Version | None:
    """Return the version to draw for a chosen wizard: the chosen one, or the current one, or else the newest."""
    versions = chosen.versions
    if not versions:
        return None
    current = [each for each in versions if each.pk == each.wizard.current_id]
    return (current or sorted(versions, key=lambda each: each.number or 0))[-1]


def traffic(chosen: Filter, version: Version) -> Traffic:
    """Return the traffic of the chosen sessions over `version`, in a fixed number of queries."""
    figures: dict[str, PlaceFigures] = {}
    seen: dict[str, set[int]] = {}
    for place, each in analytics.place_figures(chosen.scope, whole=True, timed=False).items():
        figures[place.node] = figures[place.node] + each if place.node in figures else each
        seen.setdefault(place.node, set()).add(place.version)
    ways: dict[str, Counter[str]] = {}
    for (_, start, to), sessions in analytics.edge_figures(chosen.scope).items():
        ways.setdefault(start, Counter())[to] += sessions
    names = _Names(chosen, version, seen)
    reached = {node: each for node, each in figures.items() if each.reached}
    stops = [names.stop(node, each, ways.get(node, Counter())) for node, each in reached.items()]
    quiet = [names.of(node.id) for node in names.document.nodes if node.id not in reached]
    ranked = sorted(stops, key=lambda stop: (-stop.figures.reached, stop.name.title))
    return Traffic(version, names.document, tuple(ranked), tuple(quiet))


def traffic_graph(found: Traffic) -> dict[str, list[dict[str, Any]]]:
    """Return the drawing of the version, each node with its figures and each way with its sessions."""
    drawn = flow.graph_elements(found.document)
    stops = {stop.node: stop for stop in found.stops}
    ways = {(stop.node, way.to): way.sessions for stop in found.stops for way in stop.ways}
    for node in drawn["nodes"]:
        if node["kind"] != "symptom" and node["key"]:
            node |= _figures(stops.get(node["id"]))
    for edge in drawn["edges"]:
        edge["sessions"] = None if edge["from"].startswith("symptom ") else ways.get((edge["from"], edge["to"]), 0)
    return drawn


def _figures(stop: TrafficNode | None) -> dict[str, Any]:
    if stop is None:
        return {"reached": 0, "level": 0}
    each = stop.figures
    return {
        "reached": each.reached,
        "moved": each.moved,
        "ended": each.ended,
        "left": each.left,
        "still": each.still,
        "percent": stop.lost.percent,
        "level": stop.level,
    }


class _Names:
    """What nodes are called: as in the drawn version, or in the newest one that somebody walked through there."""

    def __init__(self, chosen: Filter, version: Version, seen: dict[str, set[int]]) -> None:
        self.document = publishing.document_of(version.pk)
        number = {each.pk: each.number or 0 for each in chosen.versions}
        self.newest = {
            node: max(versions, key=lambda pk: number[pk])
            for node, versions in seen.items()
            if self.document.node(node) is None
        }
        self.documents = publishing.documents_of(self.newest.values()) if self.newest else {}
        self.edges = {(node.id, edge.to) for node in self.document.nodes for edge in node.edges(self.document)}

    def of(self, node: str) -> PlaceLabel:
        """Return what a node is called."""
        document = self.documents[self.newest[node]] if node in self.newest else self.document
        return node_label(document, node) or PlaceLabel(node, "", "", node=node)

    def stop(self, node: str, figures: PlaceFigures, ways: Counter[str]) -> TrafficNode:
        """Return a node with its figures and the ways that people took from there, the busiest first."""
        taken = [
            TrafficEdge(to, self.of(to), sessions, (node, to) in self.edges)
            for to, sessions in ways.most_common()
            if sessions
        ]
        return TrafficNode(node, self.of(node), figures, tuple(taken), node in self.newest)
