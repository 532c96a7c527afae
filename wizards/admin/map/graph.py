"""A draft as a graph: plain data for the drawing, and a nested outline of the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ... import flow
from ...flow.graph import NODE_STYLES, NOWHERE, node_style, symptom_element_id

# Depth at which the outline continues in a new branch, at the left edge.
MAX_DEPTH = 6


@dataclass(slots=True)
class Branch:
    """A node in the outline, with what follows it.

    `edge_label` is the label of the edge that leads here. `repeated` marks a node that is expanded elsewhere.
    """

    title: str
    style: str
    key: str = ""
    edge_label: str = ""
    fault: str = ""
    repeated: bool = False
    branches: list[Branch] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return NODE_STYLES.get(self.style, "")


def draft_graph(draft: flow.Document) -> dict[str, list[dict[str, Any]]]:
    """Return {nodes, edges} as `flow.graph_elements` does, with the worst fault of each symptom and node."""
    graph = flow.graph_elements(draft)
    worst = worst_faults(draft)
    for each in graph["nodes"]:
        if each["key"]:
            each["fault"] = worst.get(each["id"], "")
    return graph


def worst_faults(draft: flow.Document) -> dict[str, str]:
    """Return the worst fault level ("error" or "warning") by element id, for elements that have faults."""
    worst: dict[str, str] = {}
    for fault in reversed(flow.find_faults(draft)):  # errors come first in the list, so they are assigned last
        match fault.path:
            case ("nodes", int(place), *_):
                worst[draft.nodes[place].id] = fault.level
            case ("symptoms", int(place), *_):
                worst[symptom_element_id(draft.symptoms[place].id)] = fault.level
    return worst


def outline(draft: flow.Document) -> list[Branch]:
    """Return the draft as a nested list: a branch for each symptom, then the nodes that none of them reaches.

    Each node is expanded once, and is a reference everywhere else. Below MAX_DEPTH the list continues in a branch of
    its own, so that a long chain neither runs off the page nor needs deep recursion in the template.
    """
    builder = _Outline(draft)
    for symptom in draft.symptoms:
        root = Branch(
            symptom.label or symptom.id, "symptom", symptom.id, fault=builder.fault(symptom_element_id(symptom.id))
        )
        builder.roots.append(root)
        builder.add(root, symptom.to)
    unreached = [node.id for node in draft.nodes if node.id not in builder.expanded]
    if unreached:
        root = Branch("Not reachable", "")
        builder.roots.append(root)
        for key in unreached:
            if key not in builder.expanded:
                builder.add(root, key)
    return builder.roots


class _Outline:
    """Builds the outline."""

    def __init__(self, draft: flow.Document) -> None:
        self.draft, self.worst = draft, worst_faults(draft)
        self.expanded: set[str] = set()
        self.roots: list[Branch] = []

    def fault(self, name: str) -> str:
        return self.worst.get(name, "")

    def add(self, root: Branch, start: str) -> None:
        """Add below `root` everything that can be reached from the node `start`."""
        pending = [(root, 1, "", start)]
        while pending:
            parent, depth, edge_label, to = pending.pop()
            node = self.draft.node(to)
            if node is None:
                parent.branches.append(Branch(NOWHERE, "nowhere", edge_label=edge_label, fault="error"))
                continue
            branch = Branch(
                node.title or node.id,
                node_style(node),
                node.id,
                edge_label,
                self.fault(node.id),
                node.id in self.expanded,
            )
            parent.branches.append(branch)
            if branch.repeated:
                continue
            self.expanded.add(node.id)
            edges = list(node.edges(self.draft))
            if depth == MAX_DEPTH and edges:
                branch.repeated = True
                branch, depth = Branch(branch.title, branch.style, branch.key, fault=branch.fault), 0
                self.roots.append(branch)
            pending += [(branch, depth + 1, edge.label, edge.to) for edge in reversed(edges)]
