"""Imports a document into the draft's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models, transaction

from .. import flow, locking
from ..flow.procedures import Procedure, Step
from ..models import Cause as CauseRow
from ..models import Choice as ChoiceRow
from ..models import Node as NodeRow
from ..models import Procedure as ProcedureRow
from ..models import Source as SourceRow
from ..models import Step as StepRow
from ..models import Symptom as SymptomRow
from ..models import Wizard, WizardProcedure
from .compiler import compile_draft
from .mapping import references, shared_fields

DRAFT_CHANGED = "Somebody changed the draft meanwhile. Look at what would change now, then decide."
Lookup = Mapping[str, Mapping[Any, Any]]


@transaction.atomic
def import_document(document: flow.Document, seen: str | None = None) -> Wizard:
    """Make the draft rows say what `document` says; return the wizard. Rows keep their identity by their key.

    `document` has no errors (`flow.find_errors`); a dangling reference raises KeyError. `seen` is the content hash of
    the draft that the editor saw: empty where there was none, None to skip the check. Raises StaleRevisionError.
    """
    wizard, is_new = Wizard.objects.select_for_update().get_or_create(slug=document.slug)
    if seen is not None:
        current = "" if is_new else _locked(wizard, document).content_hash()
        locking.require_current(seen, current, DRAFT_CHANGED)
    wizard.revision += 1
    wizard.title, wizard.summary, wizard.language = document.title, document.summary, document.language
    wizard.save()
    procedures = _import_procedures(document.procedures)
    nodes = _import_nodes(wizard, document.nodes, procedures)
    targets = {"node": _ids(nodes), "procedure": _ids(procedures)}
    _sync(SymptomRow, "wizard", {wizard: document.symptoms}, targets)
    _sync(SourceRow, "wizard", {wizard: document.sources}, targets)
    _list_procedures(wizard, procedures.values())
    return wizard


def _locked(wizard: Wizard, document: flow.Document) -> flow.Document:
    """Return the draft as it is, and keep others from saving its nodes and procedures until this transaction ends."""
    list(NodeRow.objects.select_for_update().filter(wizard=wizard).order_by("pk").values_list("pk"))
    names = [part.id for part in document.procedures]
    wanted = models.Q(wizards=wizard) | models.Q(key__in=names)
    used = ProcedureRow.objects.filter(wanted).values("pk")
    list(ProcedureRow.objects.select_for_update().filter(pk__in=used).order_by("pk").values_list("pk"))
    return compile_draft(wizard)


def _ids(rows: Mapping[str, models.Model]) -> dict[str, int]:
    return {"": None, **{key: row.pk for key, row in rows.items()}}


def _import_procedures(parts: Sequence[Procedure]) -> dict[str, ProcedureRow]:
    existing = ProcedureRow.objects.in_bulk([part.id for part in parts], field_name="key")
    rows = {part.id: existing.get(part.id) or ProcedureRow(key=part.id) for part in parts}
    for part in parts:
        _copy_fields(rows[part.id], part, {})
    _save(ProcedureRow, rows.values())
    _sync(StepRow, "procedure", {rows[part.id]: part.steps for part in parts}, {})
    return rows


def _import_nodes(
    wizard: Wizard, parts: Sequence[flow.BaseNode], procedures: Mapping[str, ProcedureRow]
) -> dict[str, NodeRow]:
    nodes = _sync(NodeRow, "wizard", {wizard: parts}, {"procedure": _ids(procedures)})[wizard]
    # Nodes refer to each other, so all rows must exist before references are set.
    targets = {"node": _ids(nodes), "procedure": _ids(procedures)}
    for part in parts:
        _reset_other_kinds(nodes[part.id], part)
        _copy_fields(nodes[part.id], part, targets)
    _save(NodeRow, nodes.values())
    _sync(ChoiceRow, "node", {nodes[part.id]: getattr(part, "choices", ()) for part in parts}, targets)
    _sync(CauseRow, "node", {nodes[part.id]: getattr(part, "causes", ()) for part in parts}, targets)
    return nodes


def _sync(model: Any, owner: str, parts: Mapping[Any, Sequence[Any]], targets: Lookup) -> dict[Any, dict[str, Any]]:
    """Make each owner's rows of `model` match its parts: rows are matched by key, ordered, and others deleted.

    Returns the rows by owner and key. References of kinds missing in `targets` are left unchanged.
    """
    existing = {(getattr(row, f"{owner}_id"), row.key): row for row in model.objects.filter(**{f"{owner}__in": parts})}
    rows: dict[Any, dict[str, Any]] = {}
    for parent, ordered in parts.items():
        rows[parent] = {}
        for place, part in enumerate(ordered):
            row = existing.pop((parent.pk, part.id), None) or model(**{owner: parent}, key=part.id)
            row.place = place
            _copy_fields(row, part, targets)
            rows[parent][part.id] = row
    _save(model, [row for each in rows.values() for row in each.values()])
    if existing:
        model.objects.filter(pk__in=[row.pk for row in existing.values()]).delete()
    return rows


def _save(model: Any, rows: Iterable[Any]) -> None:
    """Insert new rows and update the others, in two statements."""
    new, old = [row for row in rows if row.pk is None], [row for row in rows if row.pk is not None]
    fields = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    model.objects.bulk_create(new)
    model.objects.bulk_create(old, update_conflicts=True, unique_fields=["pk"], update_fields=fields)


def _copy_fields(row: Any, part: Any, targets: Lookup) -> None:
    marks = references(type(part))
    for name in shared_fields(type(part), type(row)) - {"picture"}:
        if name not in marks:
            setattr(row, name, getattr(part, name))
        elif marks[name] in targets:
            setattr(row, f"{name}_id", targets[marks[name]][getattr(part, name)])
    if isinstance(part, Step):
        row.picture, row.picture_alt = (part.picture.name, part.picture.alt) if part.picture else ("", "")
    if hasattr(row, "revision"):
        row.revision += 1


def _reset_other_kinds(row: NodeRow, part: flow.BaseNode) -> None:
    """Reset fields that only other kinds of node have to their defaults."""
    others = {name for kind in flow.KINDS.values() for name in kind.model_fields} - type(part).model_fields.keys()
    for field in row._meta.concrete_fields:
        if field.name in others:
            setattr(row, field.attname, field.get_default())


def _list_procedures(wizard: Wizard, procedures: Iterable[ProcedureRow]) -> None:
    """Replace the wizard's list of procedures; delete procedures that no wizard lists or uses any more."""
    dropped = set(WizardProcedure.objects.filter(wizard=wizard).values_list("procedure_id", flat=True))
    WizardProcedure.objects.filter(wizard=wizard).delete()
    WizardProcedure.objects.bulk_create(
        WizardProcedure(wizard=wizard, procedure=row, place=place) for place, row in enumerate(procedures)
    )
    unused = ProcedureRow.objects.filter(pk__in=dropped, wizards=None)
    used_by_nodes = NodeRow.objects.exclude(procedure=None).values("procedure")
    used_by_causes = CauseRow.objects.exclude(procedure=None).values("procedure")
    unused.exclude(pk__in=used_by_nodes).exclude(pk__in=used_by_causes).delete()
