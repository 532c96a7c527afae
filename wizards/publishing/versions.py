"""Versions: the draft frozen, read again, loaded back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone

from .. import flow, locking
from ..models import Session, Version, Wizard
from .compiler import compile_draft
from .importer import DRAFT_CHANGED, import_document

VERSIONS_IN_MEMORY = 256
PREVIEW = "preview"


class NotPublishableError(Exception):
    """The draft has errors. `faults` lists them."""

    def __init__(self, found: list[flow.Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in found))
        self.faults = found


@lru_cache(maxsize=VERSIONS_IN_MEMORY)
def document_of(version_id: int) -> flow.Document:
    """Return the document of a version. Versions never change, so it is read once for each process."""
    return _read(Version.objects.values_list("document", flat=True).get(pk=version_id))


def documents_of(version_ids: Iterable[int]) -> dict[int, flow.Document]:
    """Return the documents of several versions by the versions' primary keys, in one query."""
    texts = Version.objects.filter(pk__in=set(version_ids)).values_list("pk", "document")
    return {pk: _read(text) for pk, text in texts}


@lru_cache(maxsize=VERSIONS_IN_MEMORY)
def _read(text: str) -> flow.Document:
    return flow.Document.model_validate_json(text)


@transaction.atomic
def publish(wizard: Wizard, author: User | None = None, note: str = "", seen: str = "") -> tuple[Version, bool]:
    """Freeze the draft as the wizard's next version; return it and whether it is new.

    A draft that equals the current version makes no new one. Raises NotPublishableError if the draft has errors, and
    StaleRevisionError if `draft_fingerprint` is not `seen` any more.
    """
    # Without a join: a row that was waited for is read anew, but what was joined to it is not.
    wizard = Wizard.objects.select_for_update().get(pk=wizard.pk)
    document = compile_draft(wizard)
    if seen:
        locking.require_current(seen, draft_fingerprint(wizard, document), _what_happened(wizard, seen))
    if found := flow.find_errors(document):
        raise NotPublishableError(found)
    if wizard.current and wizard.current.content_hash == document.content_hash():
        return wizard.current, False
    latest = Version.objects.filter(wizard=wizard).aggregate(models.Max("number"))["number__max"] or 0
    version = Version.objects.create(
        wizard=wizard,
        number=latest + 1,
        document=document.canonical(),
        content_hash=document.content_hash(),
        language=document.language,
        author=author,
        note=note,
    )
    wizard.current = version
    wizard.save(update_fields=["current"])
    return version, True


def draft_fingerprint(wizard: Wizard, draft: flow.Document) -> str:
    """Return a mark of what an editor sees: which version is current, and what the draft says."""
    return f"{wizard.current_id or 0}-{draft.content_hash()}"


def _what_happened(wizard: Wizard, seen: str) -> str:
    current = wizard.current
    if current and not seen.startswith(f"{current.pk}-"):
        by = f" by {current.author}" if current.author else ""
        return f"Version {current.number} was published{by} meanwhile. Look at what would change now, then decide."
    return DRAFT_CHANGED


def published_versions() -> list[Version]:
    """Return the current version of every wizard that takes new sessions, by title, without its document's text."""
    return list(
        Version.objects.filter(wizard__current=models.F("pk"), wizard__archived=False)
        .select_related("wizard")
        .defer("document")
        .order_by("wizard__title")
    )


def current_version(slug: str) -> Version | None:
    """Return the current version of a wizard, without its document's text, if it takes new sessions."""
    current = Version.objects.filter(wizard__slug=slug, wizard__archived=False, wizard__current=models.F("pk"))
    return current.defer("document").first()


def create_preview(wizard: Wizard, node_key: str) -> Version:
    """Freeze the draft, faults and all, as a version that only previews use; the symptom PREVIEW enters at a node.

    The same draft and node give the same version again, with a new `published_at`: when it was last asked for.
    Raises LookupError if the draft has no such node.
    """
    draft = compile_draft(wizard)
    if draft.node(node_key) is None:
        raise LookupError(node_key)
    way_in = flow.Symptom(id=PREVIEW, label="Preview", to=node_key)
    others = tuple(symptom for symptom in draft.symptoms if symptom.id != PREVIEW)
    document = draft.model_copy(update={"symptoms": (way_in, *others)})
    content_hash = document.content_hash()
    # Not get_or_create: two previews at the same moment may make two, and either will do from then on.
    same = preview_versions([wizard]).filter(content_hash=content_hash).order_by("pk")
    there = same.defer("document").first()
    # Where the row is gone meanwhile, as one that nobody walked any more, nothing is updated, and it is made anew.
    if there and same.filter(pk=there.pk).update(published_at=timezone.now()):
        return there
    return Version.objects.create(
        wizard=wizard,
        number=None,
        content_hash=content_hash,
        document=document.canonical(),
        language=document.language,
        note="Preview",
    )


def preview_versions(wizards: Iterable[Wizard]) -> models.QuerySet[Version]:
    """Return the previews of the wizards: versions without a number, which only editors walk."""
    return Version.objects.filter(wizard__in=wizards, number=None)


def idle_previews(wizard: Wizard, since: datetime) -> models.QuerySet[Version]:
    """Return the previews of a wizard that nobody asked for or walked at `since` or later, and only editors before."""
    sessions = Session.objects.filter(version=models.OuterRef("pk"))
    kept = sessions.filter(models.Q(seen_at__gte=since) | ~models.Q(channel=Session.Channel.TEST))
    return preview_versions([wizard]).filter(~models.Exists(kept), published_at__lt=since)


def restore(version: Version, seen: str | None = None) -> Wizard:
    """Load a published version back into the draft; publishing it then is a step of its own.

    Raises StaleRevisionError if the draft is not the one whose content hash the editor has `seen`.
    """
    return import_document(restorable_document(version), seen)


def restorable_document(version: Version) -> flow.Document:
    """Return what loading a version back puts into the draft: its document, under the wizard's present slug."""
    return document_of(version.pk).model_copy(update={"slug": version.wizard.slug})
