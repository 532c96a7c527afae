"""The edges of a draft as rows: find one, retarget it, add a node after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.http import Http404

from ... import flow
from ...flow import procedures
from ...models import Cause, Choice, Node, Symptom, Wizard
from ..forms.inlines import next_position
from ..forms.slugs import suggest_slug

# Rows that can hold an edge: the name in the URL -> the model.
OWNERS: dict[str, Any] = {"node": Node, "choice": Choice, "cause": Cause, "symptom": Symptom}
# Fields that hold an edge -> the answer that follows it; choices and symptoms have labels of their own.
ANSWERS = {
    "to": "",
    "worked": procedures.WORDINGS[procedures.WORKED],
    "failed": procedures.WORDINGS[procedures.FAILED],
    "blocked": procedures.WORDINGS[procedures.BLOCKED],
    "declined": procedures.WORDINGS[procedures.DECLINE],
}


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge: the row and field that hold its target, and the node or wizard whose revision guards it."""

    row: Any
    field: str
    guard: Node | Wizard

    def __str__(self) -> str:
        labels = [str(self.row), ANSWERS[self.field]]
        if isinstance(self.row, Choice | Cause):
            labels.insert(0, str(self.guard))
        return " › ".join(filter(None, labels))

    @property
    def target(self) -> Node | None:
        target: Node | None = getattr(self.row, self.field)
        return target

    def retarget(self, target: Node | None) -> None:
        """Save the new target, and bump the guard's revision: forms that are open elsewhere become stale."""
        setattr(self.row, self.field, target)
        self.row.save(update_fields=[self.field])
        type(self.guard)._default_manager.filter(pk=self.guard.pk).update(revision=F("revision") + 1)


def edge_or_404(wizard: Wizard, owner: str, row: int, field: str) -> Edge:
    model = OWNERS.get(owner)
    if model is None or field not in ANSWERS.keys() & {each.name for each in model._meta.concrete_fields}:
        raise Http404("There is no such edge.")
    is_part = owner in ("choice", "cause")
    filters = {"node__wizard": wizard} if is_part else {"wizard": wizard}
    holder = model.objects.filter(pk=row, **filters).select_related(field, *(["node"] if is_part else [])).first()
    if holder is None:
        raise Http404("There is no such edge.")
    guard = holder.node if is_part else holder if owner == "node" else wizard
    return Edge(holder, field, guard)


def add_node_after(edge: Edge, wizard: Wizard, title: str, kind: str) -> Node:
    """Append a node to the wizard, and make the edge lead to it.

    If the new node's kind has a `worked` edge, that edge takes over the old target.
    """
    nodes = Node.objects.filter(wizard=wizard)
    new = Node(
        wizard=wizard,
        key=suggest_slug(title, set(nodes.values_list("key", flat=True)), Node),
        kind=kind,
        title=title,
        result="advice" if kind == "outcome" else "",
        worked=edge.target if "worked" in flow.KINDS[kind].model_fields else None,
        place=next_position(nodes),
    )
    new.save()
    edge.retarget(new)
    return new
