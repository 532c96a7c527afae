"""A document as a drawing: its nodes and ways as plain data. Editing and reviewing draw the same graph the same way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .document import Document
from .kinds import BaseNode

MAX_LABEL = 40
NOWHERE = "leads nowhere yet"
# How a part of the graph looks on the map -> what that is in words. An outcome looks like its result.
NODE_STYLES = {
    "symptom": "Symptom",
    "question": "Question",
    "diagnosis": "Diagnosis",
    "procedure": "Do a procedure",
    "solved": "Outcome: solved",
    "unsolved": "Outcome: unsolved",
    "advice": "Outcome: advice",
    "outcome": "Outcome: no result yet",
    "nowhere": "Leads nowhere",
}


def graph_elements(document: Document) -> dict[str, list[dict[str, Any]]]:
    """Return {nodes, edges}: symptoms and nodes with kind and label; ways with their labels.

    A way that leads nowhere yet leads to a stub of its own, of the kind "nowhere".
    """
    nodes: list[dict[str, Any]] = [
        {"id": symptom_element_id(each.id), "key": each.id, "label": each.label or each.id, "kind": "symptom"}
        for each in document.symptoms
    ]
    nodes += [
        {"id": node.id, "key": node.id, "label": node.title or node.id, "kind": node_style(node)}
        for node in document.nodes
    ]
    edges = list(_edges(document))
    for number, edge in enumerate(edges):
        if document.node(edge["to"]) is None:
            edge["to"] = f"nowhere {number}"
            nodes.append({"id": edge["to"], "key": "", "label": NOWHERE, "kind": "nowhere", "of": edge["from"]})
    return {"nodes": nodes, "edges": edges}


def symptom_element_id(key: str) -> str:
    """Return the name of a symptom on the map; no node has such a one."""
    return f"symptom {key}"


def node_style(node: BaseNode) -> str:
    """Return how a node looks on the map: its kind, or the result of an outcome."""
    return str(getattr(node, "result", "") or getattr(node, "kind", ""))


def truncate_label(label: str) -> str:
    """Return a label that fits beside an edge."""
    return label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1].rstrip()}…"


def _edges(document: Document) -> Iterator[dict[str, str]]:
    for symptom in document.symptoms:
        yield {"from": symptom_element_id(symptom.id), "to": symptom.to, "label": ""}
    for node in document.nodes:
        for edge in node.edges(document):
            yield {"from": node.id, "to": edge.to, "label": truncate_label(edge.label)}
