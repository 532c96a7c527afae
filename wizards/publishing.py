"""Draft rows <-> document <-> version: compile the draft, load a document into it, publish it.

rows --compile_draft--> Document --publish--> Version --document_of--> Document (kept in memory)
rows <----load-------- Document
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

from django.contrib.auth.models import User
from django.db import models, transaction

from . import flow
from .flow.document import Source, Symptom
from .flow.fields import Part, Reference
from .flow.kinds import Cause, Choice
from .flow.procedures import Procedure, Step
from .models import Cause as CauseRow
from .models import Choice as ChoiceRow
from .models import Node as NodeRow
from .models import Procedure as ProcedureRow
from .models import Source as SourceRow
from .models import Step as StepRow
from .models import Symptom as SymptomRow
from .models import Version, Wizard, WizardProcedure

VERSIONS_IN_MEMORY = 256

Lookup = Mapping[str, Mapping[Any, Any]]


class NotPublishable(Exception):
    """The draft has errors. `faults` lists them."""

    def __init__(self, found: list[flow.Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in found))
        self.faults = found


@lru_cache(maxsize=VERSIONS_IN_MEMORY)
def document_of(version_id: int) -> flow.Document:
    """Return the document of a version. Versions never change, so it is read once for each process."""
    text = Version.objects.values_list("document", flat=True).get(pk=version_id)
    return flow.Document.model_validate_json(text)


# --- rows -> document -------------------------------------------------------------------------------------------


def compile_draft(wizard: Wizard) -> flow.Document:
    """Return the draft of `wizard` as a document, faults and all, in a constant number of queries."""
    nodes = list(wizard.nodes.all())
    keys = {"node": {node.pk: node.key for node in nodes}, "procedure": dict(_all_procedures())}
    choices = _by(ChoiceRow.objects.filter(node__wizard=wizard), "node_id")
    causes = _by(CauseRow.objects.filter(node__wizard=wizard), "node_id")
    return flow.Document.model_validate(
        {
            "format": 1,
            "slug": wizard.slug,
            "title": wizard.title,
            "summary": wizard.summary,
            "language": wizard.language,
            "sources": [_plain(row, Source, keys) for row in wizard.sources.all()],
            "symptoms": [_plain(row, Symptom, keys) for row in wizard.symptoms.all()],
            "nodes": [_plain_node(row, keys, choices, causes) for row in nodes],
            "procedures": _plain_procedures(wizard, nodes, causes),
        }
    )


def _all_procedures() -> Iterable[tuple[int, str]]:
    return ProcedureRow.objects.values_list("pk", "key")


def _by(rows: Iterable[Any], attribute: str) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {}
    for row in rows:
        grouped.setdefault(getattr(row, attribute), []).append(row)
    return grouped


def _plain_node(
    row: NodeRow, keys: Lookup, choices: dict[int, list[ChoiceRow]], causes: dict[int, list[CauseRow]]
) -> dict[str, Any]:
    plain = _plain(row, flow.KINDS[row.kind], keys)
    if "choices" in flow.KINDS[row.kind].model_fields:
        plain["choices"] = [_plain(choice, Choice, keys) for choice in choices.get(row.pk, [])]
    if "causes" in flow.KINDS[row.kind].model_fields:
        plain["causes"] = [_plain(cause, Cause, keys) for cause in causes.get(row.pk, [])]
    return plain


def _plain_procedures(wizard: Wizard, nodes: list[NodeRow], causes: dict[int, list[CauseRow]]) -> list[dict[str, Any]]:
    """Return the wizard's own list of procedures, then those that its nodes use without being on the list."""
    listed = list(WizardProcedure.objects.filter(wizard=wizard).values_list("procedure_id", flat=True))
    used = {row.procedure_id for row in _followers(nodes, causes)}
    rows = ProcedureRow.objects.in_bulk([*listed, *(used - {None})])
    extra = sorted((rows[pk] for pk in rows.keys() - set(listed)), key=lambda row: row.key)
    steps = _by(StepRow.objects.filter(procedure__in=rows), "procedure_id")
    return [
        _plain(row, Procedure, {}) | {"steps": [_plain_step(step) for step in steps.get(row.pk, [])]}
        for row in [*(rows[pk] for pk in listed), *extra]
    ]


def _followers(nodes: list[NodeRow], causes: dict[int, list[CauseRow]]) -> Iterator[NodeRow | CauseRow]:
    """Yield the rows that follow a procedure; not those left over from when their node was of another kind."""
    for node in nodes:
        fields = flow.KINDS[node.kind].model_fields
        if "procedure" in fields:
            yield node
        if "causes" in fields:
            yield from causes.get(node.pk, [])


def _plain_step(row: StepRow) -> dict[str, Any]:
    plain = _plain(row, Step, {})
    plain["picture"] = {"name": row.picture, "alt": row.picture_alt} if row.picture else None
    return plain


def _plain(row: Any, part: type[Part], keys: Lookup) -> dict[str, Any]:
    """Return the fields that `row` shares with the document's `part`, references as ids."""
    plain: dict[str, Any] = {"id": row.key} if "id" in part.model_fields else {}
    names = {field.name for field in row._meta.concrete_fields}
    references = _references(part)
    for name in part.model_fields.keys() & names - {"id"}:
        if name in references:
            plain[name] = keys[references[name]].get(getattr(row, f"{name}_id"), "")
        else:
            plain[name] = getattr(row, name)
    return plain


def _references(part: type[Part]) -> dict[str, Literal["node", "procedure"]]:
    """Return which fields of a part are references, and to what."""
    return {
        name: mark.to
        for name, info in part.model_fields.items()
        for mark in info.metadata
        if isinstance(mark, Reference)
    }


# --- document -> rows -------------------------------------------------------------------------------------------


@transaction.atomic
def load(document: flow.Document) -> Wizard:
    """Make the draft rows say what `document` says; return the wizard. Rows keep their identity by their key.

    `document` has no errors (`flow.errors`); a reference to what is not there raises KeyError.
    """
    wizard, _ = Wizard.objects.select_for_update().get_or_create(slug=document.slug)
    wizard.title, wizard.summary, wizard.language = document.title, document.summary, document.language
    wizard.save()
    procedures = {part.id: _load_procedure(part) for part in document.procedures}
    nodes = _sync(NodeRow, {"wizard": wizard}, document.nodes, {"procedure": _ids(procedures)})
    targets = {"node": _ids(nodes), "procedure": _ids(procedures)}
    for part in document.nodes:
        row = nodes[part.id]
        _clear(row, part)
        _fill(row, part, targets)
        row.save()
        _sync(ChoiceRow, {"node": row}, getattr(part, "choices", ()), targets)
        _sync(CauseRow, {"node": row}, getattr(part, "causes", ()), targets)
    _sync(SymptomRow, {"wizard": wizard}, document.symptoms, targets)
    _sync(SourceRow, {"wizard": wizard}, document.sources, targets)
    _list_procedures(wizard, procedures.values())
    return wizard


def _ids(rows: Mapping[str, models.Model]) -> dict[str, int]:
    return {"": None, **{key: row.pk for key, row in rows.items()}}


def _load_procedure(part: Procedure) -> ProcedureRow:
    row = ProcedureRow.objects.filter(key=part.id).first() or ProcedureRow(key=part.id)
    _fill(row, part, {})
    row.save()
    _sync(StepRow, {"procedure": row}, part.steps, {})
    return row


def _sync(model: Any, owner: dict[str, models.Model], parts: Iterable[Any], targets: Lookup) -> dict[str, Any]:
    """Make the owner's rows of `model` match `parts`: kept by key, in order, the others deleted; return them by key.

    References whose targets are not given yet stay as they are.
    """
    there = {row.key: row for row in model.objects.filter(**owner)}
    rows: dict[str, Any] = {}
    for place, part in enumerate(parts):
        row = rows[part.id] = there.pop(part.id, None) or model(**owner, key=part.id)
        row.place = place
        _fill(row, part, targets)
        row.save()
    model.objects.filter(pk__in=[row.pk for row in there.values()]).delete()
    return rows


def _fill(row: Any, part: Any, targets: Lookup) -> None:
    names = {field.name for field in row._meta.concrete_fields}
    references = _references(type(part))
    for name in type(part).model_fields.keys() & names - {"id", "picture"}:
        if name not in references:
            setattr(row, name, getattr(part, name))
        elif references[name] in targets:
            setattr(row, f"{name}_id", targets[references[name]][getattr(part, name)])
    if isinstance(part, Step):
        row.picture, row.picture_alt = (part.picture.name, part.picture.alt) if part.picture else ("", "")


def _clear(row: NodeRow, part: flow.BaseNode) -> None:
    """Put what other kinds of node have and this one has not back to its default."""
    others = {name for kind in flow.KINDS.values() for name in kind.model_fields} - type(part).model_fields.keys()
    for field in row._meta.concrete_fields:
        if field.name in others:
            setattr(row, field.attname, field.get_default())


def _list_procedures(wizard: Wizard, procedures: Iterable[ProcedureRow]) -> None:
    """Make the wizard's list of procedures this one; a procedure that no wizard lists or uses any more goes."""
    dropped = set(WizardProcedure.objects.filter(wizard=wizard).values_list("procedure_id", flat=True))
    WizardProcedure.objects.filter(wizard=wizard).delete()
    WizardProcedure.objects.bulk_create(
        WizardProcedure(wizard=wizard, procedure=row, place=place) for place, row in enumerate(procedures)
    )
    unused = ProcedureRow.objects.filter(pk__in=dropped, wizards=None)
    used = NodeRow.objects.exclude(procedure=None).values("procedure")
    tried = CauseRow.objects.exclude(procedure=None).values("procedure")
    unused.exclude(pk__in=used).exclude(pk__in=tried).delete()


# --- versions ---------------------------------------------------------------------------------------------------


@transaction.atomic
def publish(wizard: Wizard, author: User | None = None, note: str = "") -> tuple[Version, bool]:
    """Freeze the draft as the wizard's next version; return it and whether it is new.

    A draft that says what the current version says makes no new one. Raises NotPublishable if the draft has errors.
    """
    # Without a join: a row that was waited for is read anew, but what was joined to it is not.
    wizard = Wizard.objects.select_for_update().get(pk=wizard.pk)
    document = compile_draft(wizard)
    if found := flow.errors(document):
        raise NotPublishable(found)
    if wizard.current and wizard.current.content_hash == document.content_hash():
        return wizard.current, False
    latest = wizard.versions.aggregate(models.Max("number"))["number__max"] or 0
    version = Version.objects.create(
        wizard=wizard,
        number=latest + 1,
        document=document.canonical(),
        content_hash=document.content_hash(),
        author=author,
        note=note,
    )
    wizard.current = version
    wizard.save(update_fields=["current"])
    return version, True


def published() -> list[Version]:
    """Return the current version of every published wizard, by title, without its document's text."""
    return list(
        Version.objects.filter(wizard__current=models.F("pk"))
        .select_related("wizard")
        .defer("document")
        .order_by("wizard__title")
    )


def current_version(slug: str) -> Version | None:
    """Return the current version of the wizard with this slug, without its document's text, if it is published."""
    return Version.objects.filter(wizard__slug=slug, wizard__current=models.F("pk")).defer("document").first()
