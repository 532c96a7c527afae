"""A draft as a drawing: its nodes and ways as plain data for the map, and as a nested list for the same page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ... import flow
from ...flow.graph import NODE_STYLES, NOWHERE, node_style, symptom_element_id

# How deep the nested list goes before it goes on below, at its left edge.
DEEPEST = 6


@dataclass(slots=True)
class Branch:
    """A part in the nested list: how one comes to it (`way`), and what follows; `again` marks one unfolded elsewhere.

    `url` is where its panel is; empty where it has none.
    """

    title: str
    look: str
    key: str = ""
    way: str = ""
    fault: str = ""
    again: bool = False
    branches: list[Branch] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return NODE_STYLES.get(self.look, "")


def draft_graph(draft: flow.Document) -> dict[str, list[dict[str, Any]]]:
    """Return {nodes, edges} of a draft as `flow.drawing` does, each symptom and node with its worst fault."""
    plain = flow.graph_elements(draft)
    worst = worst_faults(draft)
    for each in plain["nodes"]:
        if each["key"]:
            each["fault"] = worst.get(each["id"], "")
    return plain


def worst_faults(draft: flow.Document) -> dict[str, str]:
    """Return the worst level of fault ("error" or "warning") of each node and symptom that has any, by its id."""
    worst: dict[str, str] = {}
    for fault in reversed(flow.find_faults(draft)):  # errors stand first, and so have the last word
        match fault.path:
            case ("nodes", int(place), *_):
                worst[draft.nodes[place].id] = fault.level
            case ("symptoms", int(place), *_):
                worst[symptom_element_id(draft.symptoms[place].id)] = fault.level
    return worst


def outline(draft: flow.Document) -> list[Branch]:
    """Return the draft as a nested list: a branch for each symptom, then the nodes that none of them reaches.

    Each node is unfolded once; elsewhere it stands as a reference. What lies deeper than DEEPEST goes on in a branch
    of its own, so that a long chain neither runs off the page nor needs recursion to be shown.
    """
    unfolding = _Unfolding(draft)
    for symptom in draft.symptoms:
        root = Branch(
            symptom.label or symptom.id, "symptom", symptom.id, fault=unfolding.fault(symptom_element_id(symptom.id))
        )
        unfolding.roots.append(root)
        unfolding.add(root, symptom.to)
    lost = [node.id for node in draft.nodes if node.id not in unfolding.seen]
    if lost:
        root = Branch("Reached by nothing", "")
        unfolding.roots.append(root)
        for key in lost:
            if key not in unfolding.seen:
                unfolding.add(root, key)
    return unfolding.roots


class _Unfolding:
    """The nested list while it is made."""

    def __init__(self, draft: flow.Document) -> None:
        self.draft, self.worst = draft, worst_faults(draft)
        self.seen: set[str] = set()
        self.roots: list[Branch] = []

    def fault(self, name: str) -> str:
        return self.worst.get(name, "")

    def add(self, root: Branch, start: str) -> None:
        """Add what one reaches from the node `start` below `root`."""
        waiting = [(root, 1, "", start)]
        while waiting:
            parent, depth, way, to = waiting.pop()
            node = self.draft.node(to)
            if node is None:
                parent.branches.append(Branch(NOWHERE, "nowhere", way=way, fault="error"))
                continue
            branch = Branch(
                node.title or node.id, node_style(node), node.id, way, self.fault(node.id), node.id in self.seen
            )
            parent.branches.append(branch)
            if branch.again:
                continue
            self.seen.add(node.id)
            ways = list(node.edges(self.draft))
            if depth == DEEPEST and ways:
                branch.again = True
                branch, depth = Branch(branch.title, branch.look, branch.key, fault=branch.fault), 0
                self.roots.append(branch)
            waiting += [(branch, depth + 1, edge.label, edge.to) for edge in reversed(ways)]
