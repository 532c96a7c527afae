"""Turns a document into the nodes and edges of a graph, as plain data: for the editors' and the reviewers' map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .document import Document
from .kinds import BaseNode

MAX_LABEL = 40
NOWHERE = "leads nowhere yet"
# Style of a node on the map -> its name in the legend. The style of an outcome is its result.
NODE_STYLES = {
    "symptom": "Symptom",
    "question": "Question",
    "diagnosis": "Diagnosis",
    "procedure": "Procedure page",
    "solved": "Outcome: solved",
    "unsolved": "Outcome: unsolved",
    "advice": "Outcome: advice",
    "outcome": "Outcome: no result yet",
    "nowhere": "Leads nowhere",
}


def graph_elements(document: Document) -> dict[str, list[dict[str, Any]]]:
    """Return {nodes, edges}: symptoms and nodes with kind and label; edges with their labels.

    An edge without a target leads to a stub node of its own, of the kind "nowhere".
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
    """Return an id that no node can have: ids contain no spaces."""
    return f"symptom {key}"


def node_style(node: BaseNode) -> str:
    """Return the kind of a node, or the result of an outcome."""
    return str(getattr(node, "result", "") or getattr(node, "kind", ""))


def truncate_label(label: str) -> str:
    return label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1].rstrip()}…"


def _edges(document: Document) -> Iterator[dict[str, str]]:
    for symptom in document.symptoms:
        yield {"from": symptom_element_id(symptom.id), "to": symptom.to, "label": ""}
    for node in document.nodes:
        for edge in node.edges(document):
            yield {"from": node.id, "to": edge.to, "label": truncate_label(edge.label)}
