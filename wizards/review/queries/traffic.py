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
from .stuck import Verdict, ranking_verdict

# The share that is lost at a node at least, as far as the numbers tell -> its colour on the map.
LOSS_LEVELS = (0.01, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class TrafficEdge:
    """How many sessions went on to the node `to`; `known` says whether the drawn version still has this way."""

    to: str
    label: PlaceLabel
    sessions: int
    known: bool


@dataclass(frozen=True, slots=True)
class TrafficNode:
    """One node: what it is called, what happened there, and the ways that people took from there.

    `gone` says that the drawn version has no such node any more.
    """

    id: str
    label: PlaceLabel
    figures: PlaceFigures
    edges: tuple[TrafficEdge, ...]
    gone: bool

    @property
    def lost(self) -> Rate:
        """Those who left here, of those who came here."""
        return rate(self.figures.left, self.figures.reached)

    @property
    def level(self) -> int:
        """How strongly the map colours it, from 0 on: by the share that is lost here at least."""
        return sum(self.lost.low >= each for each in LOSS_LEVELS)


@dataclass(frozen=True, slots=True)
class Traffic:
    """The traffic over one drawn version, that of the other chosen versions included.

    `stops` are the nodes where somebody came by, the busiest first; `quiet` the others' names.
    """

    version: Version
    document: flow.Document
    nodes: tuple[TrafficNode, ...]
    unvisited: tuple[PlaceLabel, ...]

    @property
    def verdict(self) -> Verdict[TrafficNode]:
        """What the traffic tells about where people are lost."""
        ranked = sorted(self.nodes, key=lambda node: -node.figures.left)
        return ranking_verdict([(node, node.figures.left) for node in ranked])

    @property
    def gone(self) -> int:
        """How many nodes with traffic the drawn version has no more."""
        return sum(node.gone for node in self.nodes)


def drawn_version(filters: Filter) -> Version | None:
    """Return the version to draw for a chosen wizard: the chosen one, or the current one, or else the newest."""
    versions = filters.versions
    if not versions:
        return None
    current = [each for each in versions if each.pk == each.wizard.current_id]
    return (current or sorted(versions, key=lambda each: each.number or 0))[-1]


def wizard_traffic(filters: Filter, version: Version) -> Traffic:
    """Return the traffic of the chosen sessions over `version`, in a fixed number of queries."""
    figures: dict[str, PlaceFigures] = {}
    versions_by_node: dict[str, set[int]] = {}
    for place, each in analytics.place_figures(filters.scope, whole=True, timed=False).items():
        figures[place.node] = figures[place.node] + each if place.node in figures else each
        versions_by_node.setdefault(place.node, set()).add(place.version)
    edges: dict[str, Counter[str]] = {}
    for (_, start, to), sessions in analytics.edge_figures(filters.scope).items():
        edges.setdefault(start, Counter())[to] += sessions
    labels = _NodeLabels(filters, version, versions_by_node)
    reached = {node: each for node, each in figures.items() if each.reached}
    nodes = [labels.traffic_node(node, each, edges.get(node, Counter())) for node, each in reached.items()]
    unvisited = [labels.of(node.id) for node in labels.document.nodes if node.id not in reached]
    ranked = sorted(nodes, key=lambda node: (-node.figures.reached, node.label.title))
    return Traffic(version, labels.document, tuple(ranked), tuple(unvisited))


def traffic_graph(traffic: Traffic) -> dict[str, list[dict[str, Any]]]:
    """Return the drawing of the version, each node with its figures and each way with its sessions."""
    graph = flow.graph_elements(traffic.document)
    nodes = {node.id: node for node in traffic.nodes}
    edges = {(node.id, edge.to): edge.sessions for node in traffic.nodes for edge in node.edges}
    for node in graph["nodes"]:
        if node["kind"] != "symptom" and node["key"]:
            node |= _node_figures(nodes.get(node["id"]))
    for edge in graph["edges"]:
        edge["sessions"] = None if edge["from"].startswith("symptom ") else edges.get((edge["from"], edge["to"]), 0)
    return graph


def _node_figures(node: TrafficNode | None) -> dict[str, Any]:
    if node is None:
        return {"reached": 0, "level": 0}
    each = node.figures
    return {
        "reached": each.reached,
        "moved": each.moved,
        "ended": each.ended,
        "left": each.left,
        "still": each.still,
        "percent": node.lost.percent,
        "level": node.level,
    }


class _NodeLabels:
    """What nodes are called: as in the drawn version, or in the newest one that somebody walked through there."""

    def __init__(self, filters: Filter, version: Version, versions_by_node: dict[str, set[int]]) -> None:
        self.document = publishing.document_of(version.pk)
        number = {each.pk: each.number or 0 for each in filters.versions}
        self.newest = {
            node: max(versions, key=lambda pk: number[pk])
            for node, versions in versions_by_node.items()
            if self.document.node(node) is None
        }
        self.documents = publishing.documents_of(self.newest.values()) if self.newest else {}
        self.edges = {(node.id, edge.to) for node in self.document.nodes for edge in node.edges(self.document)}

    def of(self, node: str) -> PlaceLabel:
        """Return what a node is called."""
        document = self.documents[self.newest[node]] if node in self.newest else self.document
        return node_label(document, node) or PlaceLabel(node, "", "", node_title=node)

    def traffic_node(self, node: str, figures: PlaceFigures, sessions_by_target: Counter[str]) -> TrafficNode:
        """Return a node with its figures and the ways that people took from there, the busiest first."""
        edges = [
            TrafficEdge(to, self.of(to), sessions, (node, to) in self.edges)
            for to, sessions in sessions_by_target.most_common()
            if sessions
        ]
        return TrafficNode(node, self.of(node), figures, tuple(edges), node in self.newest)
