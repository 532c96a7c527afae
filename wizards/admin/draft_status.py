"""Compiled drafts for the editing pages: their faults, unpublished changes and links to the forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from .. import flow, publishing
from ..flow.fault import Path
from ..models import Version, Wizard
from ..publishing.validation import find_draft_faults
from .form_links import WizardRows, path_link, read_wizard_rows
from .release import check


@dataclass
class CompiledDraft:
    """A wizard's draft as a document. If its rows do not form one, `document` is None and `problem` says why."""

    wizard: Wizard
    document: flow.Document | None
    problem: str = ""

    @cached_property
    def faults(self) -> list[flow.Fault]:
        """All faults, errors first."""
        return find_draft_faults(self.document) if self.document else []

    @cached_property
    def rows(self) -> WizardRows | None:
        """Primary keys of the rows behind the document, read on first use."""
        return read_wizard_rows(self.wizard, self.document) if self.document else None

    def fault_contexts(self, faults: Iterable[flow.Fault]) -> list[dict[str, str]]:
        """Return faults as the templates show them (see check.fault_context)."""
        return [check.fault_context(fault, self.document, self.rows) for fault in faults if self.document and self.rows]

    def faults_of(self, part: str, key: str) -> list[flow.Fault]:
        """Return the faults inside one part: `part` is "nodes" or "procedures", `key` the id of the part."""
        path = (part, self.index_of(key, part))
        return [fault for fault in self.faults if fault.path[:2] == path]

    def index_of(self, key: str, part: str = "nodes") -> int:
        """Return the index of a node or procedure in the document; -1 if it is missing."""
        parts = getattr(self.document, part) if self.document else ()
        return next((place for place, each in enumerate(parts) if each.id == key), -1)

    def incoming_edges(self, key: str) -> list[tuple[str, str]]:
        """Return what leads to a node: the label of each edge, and the URL of the form that changes it."""
        return [(label, path_link(path, self.rows)) for path, label in self._edges_to(key) if self.rows]

    def _edges_to(self, key: str) -> Iterator[tuple[Path, str]]:
        if self.document is None:
            return
        for place, symptom in enumerate(self.document.symptoms):
            if symptom.to == key:
                yield ("symptoms", place, "to"), f"Symptom “{symptom.label or symptom.id}”"
        for place, node in enumerate(self.document.nodes):
            for edge in node.edges(self.document):
                if edge.to == key:
                    yield ("nodes", place, *edge.path), f"{node.title or node.id} › {edge.label}"

    def unreachable_without_it(self, key: str) -> list[tuple[str, str]]:
        """Return the nodes that could not be reached if this node were deleted: titles and form URLs."""
        if self.document is None or self.rows is None:
            return []
        return [
            (node.title or node.id, path_link(("nodes", self.index_of(node.id)), self.rows))
            for node in flow.unreachable_without(self.document, key)
        ]


def read_drafts(wizards: Iterable[Wizard]) -> list[CompiledDraft]:
    """Compile the drafts of the wizards; the number of queries does not depend on how many there are."""
    wizards = list(wizards)
    try:
        documents = publishing.compile_drafts(wizards) if wizards else {}
    except publishing.InvalidDraftError:
        return [_read_draft(wizard) for wizard in wizards]
    return [CompiledDraft(wizard, documents[wizard.pk]) for wizard in wizards]


def _read_draft(wizard: Wizard) -> CompiledDraft:
    """Compile one draft, even if its rows do not form a document (the forms do not admit such rows)."""
    try:
        return CompiledDraft(wizard, publishing.compile_draft(wizard))
    except publishing.InvalidDraftError as error:
        return CompiledDraft(wizard, None, str(error))


@dataclass(frozen=True, slots=True)
class DraftStatus:
    """The state of a wizard: its published version (0 for none), unpublished changes and faults."""

    number: int
    changes: int
    errors: int
    warnings: int
    archived: bool = False
    problem: str = ""

    def __str__(self) -> str:
        return ", ".join(self.phrases())

    def phrases(self) -> list[str]:
        phrases = [f"published v{self.number}" if self.number else "not published yet"]
        if self.archived:
            phrases.insert(0, "archived")
        if self.number:
            phrases.append(
                format_count(self.changes, "unpublished change") if self.changes else "no unpublished changes"
            )
        if self.problem:
            return [*phrases, "the draft cannot be read"]
        return [*phrases, self.faults()]

    def faults(self) -> str:
        """Count the faults in words: errors block publishing, warnings do not."""
        if not self.errors + self.warnings:
            return "no faults"
        errors = format_count(self.errors, "error") if self.errors else "no errors"
        warnings = format_count(self.warnings, "warning") if self.warnings else "no warnings"
        return f"{format_count(self.errors + self.warnings, 'fault')}: {errors}, {warnings}"


def format_count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def draft_statuses(wizards: Iterable[Wizard]) -> dict[int, DraftStatus]:
    """Return the state of each wizard by primary key.

    The wizards must have `current` loaded (its document may be deferred). The number of queries does not depend on how
    many wizards there are.
    """
    return statuses_of(read_drafts(wizards))


def statuses_of(drafts: list[CompiledDraft]) -> dict[int, DraftStatus]:
    """Return what `draft_statuses` does, for drafts that are already compiled."""
    published = _changed_documents(drafts)
    return {draft.wizard.pk: _state(draft, published.get(draft.wizard.pk)) for draft in drafts}


def _changed_documents(drafts: list[CompiledDraft]) -> dict[int, flow.Document]:
    """Return, by wizard, the published document of each draft that differs from it."""
    changed = [
        draft.wizard.current.pk
        for draft in drafts
        if draft.wizard.current and draft.document
        if draft.wizard.current.content_hash != draft.document.content_hash()
    ]
    texts = Version.objects.filter(pk__in=changed).values_list("wizard_id", "document") if changed else []
    return {wizard: flow.Document.model_validate_json(text) for wizard, text in texts}


def _state(draft: CompiledDraft, published: flow.Document | None) -> DraftStatus:
    current = draft.wizard.current
    errors = sum(fault.level == "error" for fault in draft.faults)
    return DraftStatus(
        number=(current.number or 0) if current else 0,
        changes=len(flow.diff(published, draft.document)) if published and draft.document else 0,
        errors=errors,
        warnings=len(draft.faults) - errors,
        archived=draft.wizard.archived,
        problem=draft.problem,
    )
