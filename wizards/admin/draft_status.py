"""Drafts as the editing pages need them: compiled, with their faults, what changed, and links to the forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from .. import flow, publishing
from ..flow.fault import Path
from ..models import Version, Wizard
from ..publishing.validation import find_draft_faults
from .release import check
from .urls import WizardRows, path_link, rows_of


@dataclass
class CompiledDraft:
    """A wizard's draft as a document; `problem` says why there is none, where its rows make none."""

    wizard: Wizard
    document: flow.Document | None
    problem: str = ""

    @cached_property
    def faults(self) -> list[flow.Fault]:
        """Everything that is wrong with the draft, errors first."""
        return find_draft_faults(self.document) if self.document else []

    @cached_property
    def rows(self) -> WizardRows | None:
        """The rows behind the document, read when they are first asked for."""
        return rows_of(self.wizard, self.document) if self.document else None

    def told(self, faults: Iterable[flow.Fault]) -> list[dict[str, str]]:
        """Return some of its faults as the pages show them (see check.told)."""
        return [check.fault_context(fault, self.document, self.rows) for fault in faults if self.document and self.rows]

    def faults_of(self, part: str, key: str) -> list[flow.Fault]:
        """Return the faults within one part: `part` is "nodes" or "procedures", `key` the part's id."""
        path = (part, self.place(key, part))
        return [fault for fault in self.faults if fault.path[:2] == path]

    def place(self, key: str, part: str = "nodes") -> int:
        """Return the place of a node, or of a procedure, in the document; -1 where it is not there."""
        parts = getattr(self.document, part) if self.document else ()
        return next((place for place, each in enumerate(parts) if each.id == key), -1)

    def ways_to(self, key: str) -> list[tuple[str, str]]:
        """Return what leads to a node: words, and the address of the form that changes it."""
        return [(words, path_link(path, self.rows)) for path, words in self._ways(key) if self.rows]

    def _ways(self, key: str) -> Iterator[tuple[Path, str]]:
        if self.document is None:
            return
        for place, symptom in enumerate(self.document.symptoms):
            if symptom.to == key:
                yield ("symptoms", place, "to"), f"Symptom “{symptom.label or symptom.id}”"
        for place, node in enumerate(self.document.nodes):
            for edge in node.edges(self.document):
                if edge.to == key:
                    yield ("nodes", place, *edge.path), f"{node.title or node.id} › {edge.label}"

    def lost_without(self, key: str) -> list[tuple[str, str]]:
        """Return the nodes that nobody can reach any more without this one: titles and addresses of their forms."""
        if self.document is None or self.rows is None:
            return []
        return [
            (node.title or node.id, path_link(("nodes", self.place(node.id)), self.rows))
            for node in flow.unreachable_without(self.document, key)
        ]


def read_drafts(wizards: Iterable[Wizard]) -> list[CompiledDraft]:
    """Return the drafts of the wizards, in as many queries as for one."""
    wizards = list(wizards)
    try:
        documents = publishing.compile_drafts(wizards) if wizards else {}
    except publishing.InvalidDraftError:
        return [_read_alone(wizard) for wizard in wizards]
    return [CompiledDraft(wizard, documents[wizard.pk]) for wizard in wizards]


def _read_alone(wizard: Wizard) -> CompiledDraft:
    """Return one draft, also where its rows make no document (the forms do not let such rows in)."""
    try:
        return CompiledDraft(wizard, publishing.compile_draft(wizard))
    except publishing.InvalidDraftError as reason:
        return CompiledDraft(wizard, None, str(reason))


@dataclass(frozen=True, slots=True)
class DraftStatus:
    """Where a wizard stands: its published number (0 for none), its unpublished changes, its faults."""

    number: int
    changes: int
    errors: int
    warnings: int
    archived: bool = False
    problem: str = ""

    def __str__(self) -> str:
        return ", ".join(self.words())

    def words(self) -> list[str]:
        """Return the state as short phrases."""
        words = [f"published v{self.number}" if self.number else "not published yet"]
        if self.archived:
            words.insert(0, "archived")
        if self.number:
            words.append(format_count(self.changes, "unpublished change") if self.changes else "no unpublished changes")
        if self.problem:
            return [*words, "the draft cannot be read"]
        return [*words, self.faults()]

    def faults(self) -> str:
        """Return how many faults there are: errors stop a publication, warnings do not."""
        if not self.errors + self.warnings:
            return "no faults"
        errors = format_count(self.errors, "error") if self.errors else "no errors"
        warnings = format_count(self.warnings, "warning") if self.warnings else "no warnings"
        return f"{format_count(self.errors + self.warnings, 'fault')}: {errors}, {warnings}"


def format_count(number: int, what: str) -> str:
    """Return a number of things in words."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def draft_statuses(wizards: Iterable[Wizard]) -> dict[int, DraftStatus]:
    """Return the state of each wizard by its primary key, in as many queries as for one.

    The wizards come with `current` (its document's text may be deferred).
    """
    return statuses_of(read_drafts(wizards))


def statuses_of(found: list[CompiledDraft]) -> dict[int, DraftStatus]:
    """Return what `states` does, of drafts that are read already."""
    before = _changed_documents(found)
    return {draft.wizard.pk: _state(draft, before.get(draft.wizard.pk)) for draft in found}


def _changed_documents(found: list[CompiledDraft]) -> dict[int, flow.Document]:
    """Return the published documents of the wizards whose drafts say something else, by the wizards' keys."""
    changed = [
        draft.wizard.current.pk
        for draft in found
        if draft.wizard.current and draft.document
        if draft.wizard.current.content_hash != draft.document.content_hash()
    ]
    texts = Version.objects.filter(pk__in=changed).values_list("wizard_id", "document") if changed else []
    return {wizard: flow.Document.model_validate_json(text) for wizard, text in texts}


def _state(draft: CompiledDraft, before: flow.Document | None) -> DraftStatus:
    current = draft.wizard.current
    errors = sum(fault.level == "error" for fault in draft.faults)
    return DraftStatus(
        number=(current.number or 0) if current else 0,
        changes=len(flow.diff(before, draft.document)) if before and draft.document else 0,
        errors=errors,
        warnings=len(draft.faults) - errors,
        archived=draft.wizard.archived,
        problem=draft.problem,
    )
