"""The ways of a draft, as rows: finding one, leading it elsewhere, adding a node behind it."""

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

# What a way can hang on: the row's model by its name in an address.
OWNERS: dict[str, Any] = {"node": Node, "choice": Choice, "cause": Cause, "symptom": Symptom}
# The fields that lead to a node -> what one answers to be led there; a choice and a symptom say it themselves.
ANSWERS = {
    "to": "",
    "worked": procedures.WORDINGS[procedures.WORKED],
    "failed": procedures.WORDINGS[procedures.FAILED],
    "blocked": procedures.WORDINGS[procedures.BLOCKED],
    "declined": procedures.WORDINGS[procedures.DECLINE],
}


@dataclass(frozen=True, slots=True)
class Edge:
    """A way out: the field of a row that holds where it leads, and the row whose revision guards it."""

    row: Any
    field: str
    guard: Node | Wizard

    def __str__(self) -> str:
        words = [str(self.row), ANSWERS[self.field]]
        if isinstance(self.row, Choice | Cause):
            words.insert(0, str(self.guard))
        return " › ".join(filter(None, words))

    @property
    def target(self) -> Node | None:
        """Where it leads."""
        found: Node | None = getattr(self.row, self.field)
        return found

    def lead(self, target: Node | None) -> None:
        """Lead it to `target`, and count the change: whoever has the form open is told when they save it."""
        setattr(self.row, self.field, target)
        self.row.save(update_fields=[self.field])
        type(self.guard)._default_manager.filter(pk=self.guard.pk).update(revision=F("revision") + 1)


def edge_or_404(wizard: Wizard, owner: str, row: int, field: str) -> Edge:
    """Return a way of this wizard by its parts in an address; raise Http404 where there is none."""
    model = OWNERS.get(owner)
    if model is None or field not in ANSWERS.keys() & {each.name for each in model._meta.concrete_fields}:
        raise Http404("There is no such way.")
    inner = owner in ("choice", "cause")
    mine = {"node__wizard": wizard} if inner else {"wizard": wizard}
    found = model.objects.filter(pk=row, **mine).select_related(field, *(["node"] if inner else [])).first()
    if found is None:
        raise Http404("There is no such way.")
    guard = found.node if inner else found if owner == "node" else wizard
    return Edge(found, field, guard)


def add_node_after(way: Edge, wizard: Wizard, title: str, kind: str) -> Node:
    """Add a node at the end of the wizard's list, and lead the way to it.

    Where the new node can work, what the way led to before follows it then.
    """
    nodes = Node.objects.filter(wizard=wizard)
    new = Node(
        wizard=wizard,
        key=suggest_slug(title, set(nodes.values_list("key", flat=True)), Node),
        kind=kind,
        title=title,
        result="advice" if kind == "outcome" else "",
        worked=way.target if "worked" in flow.KINDS[kind].model_fields else None,
        place=next_position(nodes),
    )
    new.save()
    way.lead(new)
    return new
