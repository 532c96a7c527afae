"""Links from a part of the document to the admin form that changes it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from django.db import models
from django.urls import reverse

from .. import flow
from ..models import Node, Procedure, Wizard

# Document lists edited as inlines. A wizard's `sources` are one, too; those of other parts are a single field.
INLINES = {"symptoms", "choices", "causes", "steps"}
# Document field -> form field, where the names differ.
FIELDS = {"id": "key", "picture": "picture_alt"}


@dataclass(frozen=True, slots=True)
class WizardRows:
    """Primary keys of the nodes and procedures behind a document, by id."""

    wizard: int
    document: flow.Document
    nodes: Mapping[str, int]
    procedures: Mapping[str, int]


def read_wizard_rows(wizard: Wizard, document: flow.Document) -> WizardRows:
    """Return the rows behind `document`, the compiled draft of `wizard`, in two queries."""
    used = [procedure.id for procedure in document.procedures]
    return WizardRows(
        wizard.pk,
        document,
        dict(Node.objects.filter(wizard=wizard).values_list("key", "pk")),
        dict(Procedure.objects.filter(key__in=used).values_list("key", "pk")),
    )


def fault_link(fault: flow.Fault, wizard_rows: WizardRows) -> str:
    """Return the URL of the form that fixes a fault, with the field as fragment."""
    return path_link(fault.path, wizard_rows)


def path_link(path: tuple[str | int, ...], wizard_rows: WizardRows) -> str:
    """Return the URL of the form behind a document path, such as ("nodes", 3, "choices", 0, "to")."""
    match path:
        case ("nodes", int(place), *rest):
            key = wizard_rows.document.nodes[place].id
            pk = wizard_rows.nodes.get(key)
            return (change_url("node", pk) if pk else change_url("wizard", wizard_rows.wizard)) + _anchor(rest)
        case ("procedures", int(place), *rest):
            key = wizard_rows.document.procedures[place].id
            return procedure_url(wizard_rows.procedures.get(key), wizard_rows.wizard) + _anchor(rest)
    return change_url("wizard", wizard_rows.wizard) + _anchor(list(path), {*INLINES, "sources"})


def change_url(model: str, pk: int) -> str:
    """Return the URL of a change form; `model` is wizard, node or procedure."""
    return reverse(f"admin:wizards_{model}_change", args=[pk])


def procedure_url(pk: int | None, wizard: int) -> str:
    """Return the URL of a procedure's form, which returns to the wizard; without a procedure, that of the wizard."""
    return f"{change_url('procedure', pk)}?wizard={wizard}" if pk else change_url("wizard", wizard)


def form_link(row: models.Model) -> str:
    """Return the URL of a row's change form."""
    return change_url(str(row._meta.model_name), row.pk)


def _anchor(rest: list[str | int], inlines: Container[str] = INLINES) -> str:
    """Return the URL fragment of a field within its form."""
    match rest:
        case [str(inline), int(place)] if inline in inlines:
            return f"#{inline}-{place}"
        case [str(inline), int(place), str(field), *_] if inline in inlines:
            return f"#id_{inline}-{place}-{FIELDS.get(field, field)}"
        case [str(inline)] if inline in inlines:
            return f"#{inline}-group"
        case [str(field), *_]:
            return f"#id_{FIELDS.get(field, field)}"
    return ""
