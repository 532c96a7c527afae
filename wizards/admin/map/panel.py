"""The side panel of the map: a node or symptom, its edges, and what can be done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.urls import reverse

from ... import flow, publishing
from ...flow.kinds import BaseNode
from ...models import Node, Symptom, Wizard
from ..draft_status import format_count
from ..form_links import change_url, path_link, read_wizard_rows
from ..forms import labels
from ..release.check import fault_context
from .edges import ANSWERS
from .graph import NODE_STYLES, node_style, symptom_element_id
from .iframe import IFRAME_PARAMETER

# Shown where a node has no edges, by its kind.
NO_EDGES = {
    "question": "This question has no answers yet. Add them in its form.",
    "outcome": "A session ends here.",
}


@dataclass(frozen=True, slots=True)
class PanelEdge:
    """An edge in the panel: its label, its target (None: nowhere), and the URLs that change it."""

    label: str
    to: BaseNode | None
    target_url: str
    add_after_url: str


def node_panel(wizard: Wizard, key: str) -> dict[str, Any]:
    """Return the context of a node's panel; raise Http404 if the draft has no such node."""
    draft = publishing.compile_draft(wizard)
    node, row = draft.node(key), Node.objects.filter(wizard=wizard, key=key).first()
    if node is None or row is None:
        raise Http404("There is no such node.")
    form_url = change_url("node", row.pk)
    incoming = origins(wizard, draft, key)
    unreachable_nodes = flow.unreachable_without(draft, key)
    return _common_context(wizard, draft, ("nodes", draft.nodes.index(node))) | {
        "id": key,
        "heading": node.title or key,
        "style": node_style(node),
        "kind": NODE_STYLES[node_style(node)],
        "revision": row.revision,
        "edges": node_edges(draft, node, row),
        "no_edges": NO_EDGES.get(row.kind, ""),
        "origins": incoming,
        "unreachable_nodes": unreachable_nodes,
        "effects": deletion_effects(len(incoming), len(unreachable_nodes)),
        "is_node": True,
        "form_url": form_url,
        "iframe_url": f"{form_url}?{IFRAME_PARAMETER}=1",
        "preview_url": reverse("admin:wizards_wizard_preview", args=[wizard.pk, key]),
        "delete_url": reverse("admin:wizards_wizard_delete_node", args=[wizard.pk, key]),
    }


def symptom_panel(wizard: Wizard, key: str) -> dict[str, Any]:
    """Return the context of a symptom's panel; raise Http404 if the draft has no such symptom."""
    draft = publishing.compile_draft(wizard)
    symptom, row = draft.symptom(key), Symptom.objects.filter(wizard=wizard, key=key).first()
    if symptom is None or row is None:
        raise Http404("There is no such symptom.")
    place = draft.symptoms.index(symptom)
    return _common_context(wizard, draft, ("symptoms", place)) | {
        "id": symptom_element_id(key),
        "heading": symptom.label or key,
        "style": "symptom",
        "kind": NODE_STYLES["symptom"],
        "revision": wizard.revision,
        "edges": [_panel_edge(wizard.pk, "People with this symptom", draft.node(symptom.to), "symptom", row.pk, "to")],
        "form_url": path_link(("symptoms", place), read_wizard_rows(wizard, draft)),
    }


def node_edges(draft: flow.Document, node: BaseNode, row: Node) -> list[PanelEdge]:
    """Return the outgoing edges of a node, in document order."""
    parts = {
        "choices": ("choice", dict(row.choices.values_list("key", "pk"))),
        "causes": ("cause", dict(row.causes.values_list("key", "pk"))),
    }
    edges = []
    for edge in node.edges(draft):
        owner, pk = "node", row.pk
        if edge.path[0] in parts:
            owner, pks = parts[str(edge.path[0])]
            pk = pks.get(getattr(node, str(edge.path[0]))[int(edge.path[1])].id, 0)
        edges.append(_panel_edge(row.wizard_id, edge.label, draft.node(edge.to), owner, pk, str(edge.path[-1])))
    return edges


def _panel_edge(wizard: int, label: str, to: BaseNode | None, owner: str, pk: int, field: str) -> PanelEdge:
    target, add_after = (
        reverse(f"admin:wizards_wizard_{name}", args=[wizard, owner, pk, field]) for name in ("retarget", "behind")
    )
    return PanelEdge(label or ANSWERS[field], to, target, add_after)


def origins(wizard: Wizard, draft: flow.Document, key: str) -> list[dict[str, str]]:
    """Return what leads to a node, as {title, label, url}, symptoms first."""
    symptoms = [
        {"title": each.label or each.id, "label": "", "url": panel_url(wizard, symptom_element_id(each.id))}
        for each in draft.symptoms
        if each.to == key
    ]
    return symptoms + [
        {"title": node.title or node.id, "label": edge.label, "url": panel_url(wizard, node.id)}
        for node in draft.nodes
        for edge in node.edges(draft)
        if edge.to == key
    ]


def deletion_effects(origins: int, unreachable: int) -> list[str]:
    """Describe what deleting a node does: `origins` edges lead to it, and `unreachable` nodes need it."""
    dangling = f"{format_count(origins, 'next step')} will lead nowhere until you choose another node."
    reach = (
        f"{format_count(unreachable, 'node')} will no longer be reachable:"
        if unreachable
        else "All other nodes stay reachable."
    )
    return [dangling, reach] if origins else [reach]


def panel_url(wizard: Wizard, name: str) -> str:
    """Return the URL of a panel by element id on the map, of a node or a symptom."""
    if name.startswith(symptom_element_id("")):
        return reverse("admin:wizards_wizard_symptom", args=[wizard.pk, name.removeprefix(symptom_element_id(""))])
    return reverse("admin:wizards_wizard_panel", args=[wizard.pk, name])


def _common_context(wizard: Wizard, draft: flow.Document, path: tuple[str | int, ...]) -> dict[str, Any]:
    """Return what both panels show: the faults under `path`, and the nodes and kinds to choose from."""
    rows = read_wizard_rows(wizard, draft)
    return {
        "faults": [fault_context(each, draft, rows) for each in flow.find_faults(draft) if each.path[:2] == path],
        "targets": draft.nodes,
        "kinds": [(kind, labels.kind_label(kind).capitalize()) for kind in flow.KINDS],
    }
