"""The panel of a node or a symptom on the map: what leads there, its ways out, and what can be done about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.urls import reverse

from ... import flow, publishing
from ...flow.kinds import BaseNode
from ...models import Node, Symptom, Wizard
from ..draft_status import format_count
from ..forms import labels
from ..release.check import fault_context
from ..urls import change_url, path_link, rows_of
from .edges import ANSWERS
from .graph import NODE_STYLES, node_style, symptom_element_id
from .iframe import IFRAME_PARAMETER

# What stands where a node has no ways out, by its kind.
NO_EDGES = {
    "question": "This question has no answers yet. Add them in its form.",
    "outcome": "A session ends here.",
}


@dataclass(frozen=True, slots=True)
class PanelEdge:
    """A way in the panel: what leads there, the node it leads to (None: nowhere), and where to change it."""

    label: str
    to: BaseNode | None
    target_url: str
    behind_url: str


def node_panel(wizard: Wizard, key: str) -> dict[str, Any]:
    """Return what the panel of a node shows; raise Http404 where the draft has no such node."""
    draft = publishing.compile_draft(wizard)
    node, row = draft.node(key), Node.objects.filter(wizard=wizard, key=key).first()
    if node is None or row is None:
        raise Http404("There is no such node.")
    form, leading_here, lost = (
        change_url("node", row.pk),
        origins(wizard, draft, key),
        flow.unreachable_without(draft, key),
    )
    return _shared(wizard, draft, ("nodes", draft.nodes.index(node))) | {
        "id": key,
        "heading": node.title or key,
        "look": node_style(node),
        "kind": NODE_STYLES[node_style(node)],
        "revision": row.revision,
        "ways": node_edges(draft, node, row),
        "no_ways": NO_EDGES.get(row.kind, ""),
        "origins": leading_here,
        "lost": lost,
        "follows": follows(len(leading_here), len(lost)),
        "is_node": True,
        "form_url": form,
        "beside_url": f"{form}?{IFRAME_PARAMETER}=1",
        "preview_url": reverse("admin:wizards_wizard_preview", args=[wizard.pk, key]),
        "delete_url": reverse("admin:wizards_wizard_delete_node", args=[wizard.pk, key]),
    }


def symptom_panel(wizard: Wizard, key: str) -> dict[str, Any]:
    """Return what the panel of a symptom shows; raise Http404 where the draft has none with this id."""
    draft = publishing.compile_draft(wizard)
    symptom, row = draft.symptom(key), Symptom.objects.filter(wizard=wizard, key=key).first()
    if symptom is None or row is None:
        raise Http404("There is no such symptom.")
    place = draft.symptoms.index(symptom)
    return _shared(wizard, draft, ("symptoms", place)) | {
        "id": symptom_element_id(key),
        "heading": symptom.label or key,
        "look": "symptom",
        "kind": NODE_STYLES["symptom"],
        "revision": wizard.revision,
        "ways": [_way(wizard.pk, "People who say this", draft.node(symptom.to), "symptom", row.pk, "to")],
        "form_url": path_link(("symptoms", place), rows_of(wizard, draft)),
    }


def node_edges(draft: flow.Document, node: BaseNode, row: Node) -> list[PanelEdge]:
    """Return the ways out of a node, in the order of the document."""
    parts = {
        "choices": ("choice", dict(row.choices.values_list("key", "pk"))),
        "causes": ("cause", dict(row.causes.values_list("key", "pk"))),
    }
    ways = []
    for edge in node.edges(draft):
        owner, pk = "node", row.pk
        if edge.path[0] in parts:
            owner, pks = parts[str(edge.path[0])]
            pk = pks.get(getattr(node, str(edge.path[0]))[int(edge.path[1])].id, 0)
        ways.append(_way(row.wizard_id, edge.label, draft.node(edge.to), owner, pk, str(edge.path[-1])))
    return ways


def _way(wizard: int, label: str, to: BaseNode | None, owner: str, pk: int, field: str) -> PanelEdge:
    target, behind = (
        reverse(f"admin:wizards_wizard_{name}", args=[wizard, owner, pk, field]) for name in ("retarget", "behind")
    )
    return PanelEdge(label or ANSWERS[field], to, target, behind)


def origins(wizard: Wizard, draft: flow.Document, key: str) -> list[dict[str, str]]:
    """Return what leads to a node, as {title, label, url}: symptoms first."""
    found = [
        {"title": each.label or each.id, "label": "", "url": panel_url(wizard, symptom_element_id(each.id))}
        for each in draft.symptoms
        if each.to == key
    ]
    return found + [
        {"title": node.title or node.id, "label": edge.label, "url": panel_url(wizard, node.id)}
        for node in draft.nodes
        for edge in node.edges(draft)
        if edge.to == key
    ]


def follows(origins: int, lost: int) -> list[str]:
    """Return what follows from deleting a node that has so many ways to it and without which so many are lost."""
    led = (
        f"{format_count(origins, 'way')} will lead nowhere until you lead {'it' if origins == 1 else 'them'} elsewhere."
    )
    alone = (
        f"{format_count(lost, 'node')} can then be reached by nobody:"
        if lost
        else "Every other node stays within reach."
    )
    return [led, alone] if origins else [alone]


def panel_url(wizard: Wizard, name: str) -> str:
    """Return the address of the panel of a node, or of a symptom, by its name on the map."""
    if name.startswith(symptom_element_id("")):
        return reverse("admin:wizards_wizard_symptom", args=[wizard.pk, name.removeprefix(symptom_element_id(""))])
    return reverse("admin:wizards_wizard_panel", args=[wizard.pk, name])


def _shared(wizard: Wizard, draft: flow.Document, path: tuple[str | int, ...]) -> dict[str, Any]:
    """Return what both kinds of panel show: the faults below `path`, and the nodes and kinds to choose from."""
    rows = rows_of(wizard, draft)
    return {
        "faults": [fault_context(each, draft, rows) for each in flow.find_faults(draft) if each.path[:2] == path],
        "targets": draft.nodes,
        "kinds": [(kind, labels.kind(kind).capitalize()) for kind in flow.KINDS],
    }
