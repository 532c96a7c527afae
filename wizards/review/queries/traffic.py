"""The map's traffic: what happened at each node of a wizard, and how many sessions took each edge."""

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

# Lower limits of the share that left at a node; each one reached makes its colour on the map one level stronger.
LOSS_LEVELS = (0.01, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class TrafficEdge:
    """How many sessions went on to node `to`; `known` says whether the drawn version still has this edge."""

    to: str
    label: PlaceLabel
    sessions: int
    known: bool


@dataclass(frozen=True, slots=True)
class TrafficNode:
    """A node (`id`) with its label, its figures, and the edges that sessions took from there.

    `gone` says that the drawn version no longer has it.
    """

    id: str
    label: PlaceLabel
    figures: PlaceFigures
    edges: tuple[TrafficEdge, ...]
    gone: bool

    @property
    def lost(self) -> Rate:
        """Share of the sessions reaching this node that left here."""
        return rate(self.figures.left, self.figures.reached)

    @property
    def level(self) -> int:
        """Colour on the map, from 0: by the lower limit of the share that left here."""
        return sum(self.lost.low >= each for each in LOSS_LEVELS)


@dataclass(frozen=True, slots=True)
class Traffic:
    """The traffic over one drawn version, including the sessions of the other selected versions.

    `nodes` are those that were reached, busiest first; `unvisited` the labels of the others.
    """

    version: Version
    document: flow.Document
    nodes: tuple[TrafficNode, ...]
    unvisited: tuple[PlaceLabel, ...]

    @property
    def verdict(self) -> Verdict[TrafficNode]:
        ranked = sorted(self.nodes, key=lambda node: -node.figures.left)
        return ranking_verdict([(node, node.figures.left) for node in ranked])

    @property
    def gone(self) -> int:
        """How many nodes with traffic the drawn version no longer has."""
        return sum(node.gone for node in self.nodes)


def drawn_version(filters: Filter) -> Version | None:
    """Choose the version to draw: the selected one, or the current one, or else the newest."""
    versions = filters.versions
    if not versions:
        return None
    current = [each for each in versions if each.pk == each.wizard.current_id]
    return (current or sorted(versions, key=lambda each: each.number or 0))[-1]


def wizard_traffic(filters: Filter, version: Version) -> Traffic:
    """Compute the traffic of the filtered sessions over `version`, in a fixed number of queries."""
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
    """Return the graph of the version, with figures at each node and sessions at each edge."""
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
    """Labels of nodes: as in the drawn version, or in the newest one in which sessions reached them."""

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
        document = self.documents[self.newest[node]] if node in self.newest else self.document
        return node_label(document, node) or PlaceLabel(node, "", "", node_title=node)

    def traffic_node(self, node: str, figures: PlaceFigures, sessions_by_target: Counter[str]) -> TrafficNode:
        """Make a node with its figures and the edges taken from there, busiest first."""
        edges = [
            TrafficEdge(to, self.of(to), sessions, (node, to) in self.edges)
            for to, sessions in sessions_by_target.most_common()
            if sessions
        ]
        return TrafficNode(node, self.of(node), figures, tuple(edges), node in self.newest)
