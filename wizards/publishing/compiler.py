"""Compiles the draft's rows into a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from .. import flow
from ..flow.document import Source, Symptom
from ..flow.fields import Part
from ..flow.kinds import Cause, Choice
from ..flow.procedures import Procedure, Step
from ..models import Cause as CauseRow
from ..models import Choice as ChoiceRow
from ..models import Node as NodeRow
from ..models import Procedure as ProcedureRow
from ..models import Source as SourceRow
from ..models import Step as StepRow
from ..models import Symptom as SymptomRow
from ..models import Wizard, WizardProcedure
from .mapping import references, shared_fields

Lookup = Mapping[str, Mapping[Any, Any]]
Grouped = dict[int, list[Any]]


class InvalidDraftError(Exception):
    """The rows are not a valid document: a text is too long, say. The message names the part and the problem."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of several wizards, grouped by their parent's primary key."""

    sources: Grouped
    symptoms: Grouped
    nodes: Grouped
    choices: Grouped
    causes: Grouped
    listed: Grouped
    procedures: dict[int, ProcedureRow]
    steps: Grouped


def compile_draft(wizard: Wizard) -> flow.Document:
    """Return the draft as a document, which may have faults; raise InvalidDraftError if its rows are invalid."""
    return _document(wizard, _load_rows([wizard.pk]))


def compile_drafts(wizards: Iterable[Wizard]) -> dict[int, flow.Document]:
    """Return drafts by the wizards' primary keys, in as many queries as one draft takes; raise InvalidDraftError."""
    wizards = list(wizards)
    rows = _load_rows([wizard.pk for wizard in wizards])
    return {wizard.pk: _document(wizard, rows) for wizard in wizards}


def _load_rows(wizard_ids: list[int]) -> _Rows:
    causes = list(CauseRow.objects.filter(node__wizard__in=wizard_ids))
    nodes = list(NodeRow.objects.filter(wizard__in=wizard_ids))
    links = list(WizardProcedure.objects.filter(wizard__in=wizard_ids))
    rows: list[Any] = [*nodes, *causes, *links]
    used = {row.procedure_id for row in rows} - {None}
    return _Rows(
        sources=_group_by(SourceRow.objects.filter(wizard__in=wizard_ids), "wizard_id"),
        symptoms=_group_by(SymptomRow.objects.filter(wizard__in=wizard_ids), "wizard_id"),
        nodes=_group_by(nodes, "wizard_id"),
        choices=_group_by(ChoiceRow.objects.filter(node__wizard__in=wizard_ids), "node_id"),
        causes=_group_by(causes, "node_id"),
        listed=_group_by(links, "wizard_id"),
        procedures=ProcedureRow.objects.in_bulk(used),
        steps=_group_by(StepRow.objects.filter(procedure__in=used), "procedure_id"),
    )


def _document(wizard: Wizard, rows: _Rows) -> flow.Document:
    nodes = rows.nodes.get(wizard.pk, [])
    keys = {
        "node": {node.pk: node.key for node in nodes},
        "procedure": {pk: procedure.key for pk, procedure in rows.procedures.items()},
    }
    fields = {
        "format": 1,
        "slug": wizard.slug,
        "title": wizard.title,
        "summary": wizard.summary,
        "language": wizard.language,
        "sources": [_part_fields(row, Source, keys) for row in rows.sources.get(wizard.pk, [])],
        "symptoms": [_part_fields(row, Symptom, keys) for row in rows.symptoms.get(wizard.pk, [])],
        "nodes": [_node_fields(row, rows, keys) for row in nodes],
        "procedures": _procedure_list(rows, nodes, [row.procedure_id for row in rows.listed.get(wizard.pk, [])]),
    }
    try:
        return flow.Document.model_validate(fields)
    except ValidationError as invalid:
        raise InvalidDraftError("\n".join(str(each) for each in flow.validation_problems(fields, invalid))) from invalid


def _group_by(rows: Iterable[Any], attribute: str) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {}
    for row in rows:
        grouped.setdefault(getattr(row, attribute), []).append(row)
    return grouped


def _node_fields(row: NodeRow, rows: _Rows, keys: Lookup) -> dict[str, Any]:
    fields = _part_fields(row, flow.KINDS[row.kind], keys)
    if "choices" in flow.KINDS[row.kind].model_fields:
        fields["choices"] = [_part_fields(choice, Choice, keys) for choice in rows.choices.get(row.pk, [])]
    if "causes" in flow.KINDS[row.kind].model_fields:
        fields["causes"] = [_part_fields(cause, Cause, keys) for cause in rows.causes.get(row.pk, [])]
    return fields


def _procedure_list(rows: _Rows, nodes: list[NodeRow], listed: list[int]) -> list[dict[str, Any]]:
    """Return the wizard's list of procedures, then the procedures that its nodes use but the list lacks."""
    used = {row.procedure_id for row in _procedure_users(rows, nodes) if row.procedure_id}
    unlisted = sorted(used - set(listed), key=lambda pk: rows.procedures[pk].key)
    return [
        {
            **_part_fields(rows.procedures[pk], Procedure, {}),
            "steps": [_step_fields(step) for step in rows.steps.get(pk, [])],
        }
        for pk in [*listed, *unlisted]
    ]


def _procedure_users(rows: _Rows, nodes: list[NodeRow]) -> Iterator[NodeRow | CauseRow]:
    """Yield the rows that use a procedure, except leftovers from when their node was of another kind."""
    for node in nodes:
        fields = flow.KINDS[node.kind].model_fields
        if "procedure" in fields:
            yield node
        if "causes" in fields:
            yield from rows.causes.get(node.pk, [])


def _step_fields(row: StepRow) -> dict[str, Any]:
    fields = _part_fields(row, Step, {})
    fields["picture"] = {"name": row.picture, "alt": row.picture_alt} if row.picture else None
    return fields


def _part_fields(row: Any, part: type[Part], keys: Lookup) -> dict[str, Any]:
    """Return the fields that `row` shares with `part`, references as ids."""
    fields: dict[str, Any] = {"id": row.key} if "id" in part.model_fields else {}
    targets = references(part)
    for name in shared_fields(part, type(row)):
        if name in targets:
            fields[name] = keys[targets[name]].get(getattr(row, f"{name}_id"), "")
        else:
            fields[name] = getattr(row, name)
    return fields
