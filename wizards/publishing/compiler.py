"""The draft's rows as a document."""

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
    """The rows make no document: a text is too long for one, say. The message names the part and what is wrong."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of several wizards, grouped by what they belong to."""

    sources: Grouped
    symptoms: Grouped
    nodes: Grouped
    choices: Grouped
    causes: Grouped
    listed: Grouped
    procedures: dict[int, ProcedureRow]
    steps: Grouped


def compile_draft(wizard: Wizard) -> flow.Document:
    """Return the draft of `wizard` as a document, faults and all; raise InvalidDraftError where its rows make none."""
    return _document(wizard, _read([wizard.pk]))


def compile_drafts(wizards: Iterable[Wizard]) -> dict[int, flow.Document]:
    """Return the drafts by the wizards' primary keys, in as many queries as for one; raise InvalidDraftError."""
    wizards = list(wizards)
    rows = _read([wizard.pk for wizard in wizards])
    return {wizard.pk: _document(wizard, rows) for wizard in wizards}


def _read(wizards: list[int]) -> _Rows:
    causes = list(CauseRow.objects.filter(node__wizard__in=wizards))
    nodes = list(NodeRow.objects.filter(wizard__in=wizards))
    links = list(WizardProcedure.objects.filter(wizard__in=wizards))
    users: list[Any] = [*nodes, *causes, *links]
    used = {row.procedure_id for row in users} - {None}
    return _Rows(
        sources=_by(SourceRow.objects.filter(wizard__in=wizards), "wizard_id"),
        symptoms=_by(SymptomRow.objects.filter(wizard__in=wizards), "wizard_id"),
        nodes=_by(nodes, "wizard_id"),
        choices=_by(ChoiceRow.objects.filter(node__wizard__in=wizards), "node_id"),
        causes=_by(causes, "node_id"),
        listed=_by(links, "wizard_id"),
        procedures=ProcedureRow.objects.in_bulk(used),
        steps=_by(StepRow.objects.filter(procedure__in=used), "procedure_id"),
    )


def _document(wizard: Wizard, rows: _Rows) -> flow.Document:
    nodes = rows.nodes.get(wizard.pk, [])
    keys = {
        "node": {node.pk: node.key for node in nodes},
        "procedure": {pk: procedure.key for pk, procedure in rows.procedures.items()},
    }
    plain = {
        "format": 1,
        "slug": wizard.slug,
        "title": wizard.title,
        "summary": wizard.summary,
        "language": wizard.language,
        "sources": [_plain(row, Source, keys) for row in rows.sources.get(wizard.pk, [])],
        "symptoms": [_plain(row, Symptom, keys) for row in rows.symptoms.get(wizard.pk, [])],
        "nodes": [_plain_node(row, rows, keys) for row in nodes],
        "procedures": _plain_procedures(rows, nodes, [row.procedure_id for row in rows.listed.get(wizard.pk, [])]),
    }
    try:
        return flow.Document.model_validate(plain)
    except ValidationError as invalid:
        raise InvalidDraftError("\n".join(str(each) for each in flow.validation_problems(plain, invalid))) from invalid


def _by(rows: Iterable[Any], attribute: str) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {}
    for row in rows:
        grouped.setdefault(getattr(row, attribute), []).append(row)
    return grouped


def _plain_node(row: NodeRow, rows: _Rows, keys: Lookup) -> dict[str, Any]:
    plain = _plain(row, flow.KINDS[row.kind], keys)
    if "choices" in flow.KINDS[row.kind].model_fields:
        plain["choices"] = [_plain(choice, Choice, keys) for choice in rows.choices.get(row.pk, [])]
    if "causes" in flow.KINDS[row.kind].model_fields:
        plain["causes"] = [_plain(cause, Cause, keys) for cause in rows.causes.get(row.pk, [])]
    return plain


def _plain_procedures(rows: _Rows, nodes: list[NodeRow], listed: list[int]) -> list[dict[str, Any]]:
    """Return the wizard's own list of procedures, then those that its nodes use without being on the list."""
    used = {row.procedure_id for row in _followers(rows, nodes) if row.procedure_id}
    extra = sorted(used - set(listed), key=lambda pk: rows.procedures[pk].key)
    return [
        _plain(rows.procedures[pk], Procedure, {}) | {"steps": [_plain_step(step) for step in rows.steps.get(pk, [])]}
        for pk in [*listed, *extra]
    ]


def _followers(rows: _Rows, nodes: list[NodeRow]) -> Iterator[NodeRow | CauseRow]:
    """Yield the rows that follow a procedure; not those left over from when their node was of another kind."""
    for node in nodes:
        fields = flow.KINDS[node.kind].model_fields
        if "procedure" in fields:
            yield node
        if "causes" in fields:
            yield from rows.causes.get(node.pk, [])


def _plain_step(row: StepRow) -> dict[str, Any]:
    plain = _plain(row, Step, {})
    plain["picture"] = {"name": row.picture, "alt": row.picture_alt} if row.picture else None
    return plain


def _plain(row: Any, part: type[Part], keys: Lookup) -> dict[str, Any]:
    """Return the fields that `row` shares with the document's `part`, references as ids."""
    plain: dict[str, Any] = {"id": row.key} if "id" in part.model_fields else {}
    targets = references(part)
    for name in shared_fields(part, type(row)):
        if name in targets:
            plain[name] = keys[targets[name]].get(getattr(row, f"{name}_id"), "")
        else:
            plain[name] = getattr(row, name)
    return plain
