"""Versions and previews: publishing a draft, reading a version, restoring it into the draft."""

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

    def __init__(self, faults: list[flow.Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@lru_cache(maxsize=VERSIONS_IN_MEMORY)
def document_of(version_id: int) -> flow.Document:
    """Return the document of a version, cached for each process: versions never change."""
    return _parse(Version.objects.values_list("document", flat=True).get(pk=version_id))


def documents_of(version_ids: Iterable[int]) -> dict[int, flow.Document]:
    """Return documents by the versions' primary keys, in one query."""
    texts = Version.objects.filter(pk__in=set(version_ids)).values_list("pk", "document")
    return {pk: _parse(text) for pk, text in texts}


@lru_cache(maxsize=VERSIONS_IN_MEMORY)
def _parse(text: str) -> flow.Document:
    return flow.Document.model_validate_json(text)


@transaction.atomic
def publish(wizard: Wizard, author: User | None = None, note: str = "", seen: str = "") -> tuple[Version, bool]:
    """Publish the draft as the wizard's next version; return it and whether it is new.

    A draft that equals the current version creates none. Raises NotPublishableError if the draft has errors, and
    StaleRevisionError if `draft_fingerprint` is not `seen` any more.
    """
    # Without a join: after waiting for the lock, the database re-reads the locked row but no joined ones.
    wizard = Wizard.objects.select_for_update().get(pk=wizard.pk)
    document = compile_draft(wizard)
    if seen:
        locking.require_current(seen, draft_fingerprint(wizard, document), _what_happened(wizard, seen))
    if errors := flow.find_errors(document):
        raise NotPublishableError(errors)
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
    """Identify what an editor saw: the current version and the content of the draft."""
    return f"{wizard.current_id or 0}-{draft.content_hash()}"


def _what_happened(wizard: Wizard, seen: str) -> str:
    current = wizard.current
    if current and not seen.startswith(f"{current.pk}-"):
        by = f" by {current.author}" if current.author else ""
        return f"Version {current.number} was published{by} meanwhile. Look at what would change now, then decide."
    return DRAFT_CHANGED


def published_versions() -> list[Version]:
    """Return the current versions of wizards that are not archived, by title, with the document's text deferred."""
    return list(
        Version.objects.filter(wizard__current=models.F("pk"), wizard__archived=False)
        .select_related("wizard")
        .defer("document")
        .order_by("wizard__title")
    )


def current_version(slug: str) -> Version | None:
    """Return the current version of a wizard that is not archived, with the document's text deferred."""
    current = Version.objects.filter(wizard__slug=slug, wizard__archived=False, wizard__current=models.F("pk"))
    return current.defer("document").first()


def create_preview(wizard: Wizard, node_key: str) -> Version:
    """Store the draft, which may have faults, as a preview whose symptom PREVIEW leads to a node.

    The same draft and node give the same version, with a new `published_at`: the time of the latest request. Raises
    LookupError if the draft has no such node.
    """
    draft = compile_draft(wizard)
    if draft.node(node_key) is None:
        raise LookupError(node_key)
    entry = flow.Symptom(id=PREVIEW, label="Preview", to=node_key)
    others = tuple(symptom for symptom in draft.symptoms if symptom.id != PREVIEW)
    document = draft.model_copy(update={"symptoms": (entry, *others)})
    content_hash = document.content_hash()
    # Not get_or_create: concurrent requests may create two, and either of them will do.
    same = preview_versions([wizard]).filter(content_hash=content_hash).order_by("pk")
    existing = same.defer("document").first()
    # The row may have been purged in the meantime: then nothing is updated, and a new one is created.
    if existing and same.filter(pk=existing.pk).update(published_at=timezone.now()):
        return existing
    return Version.objects.create(
        wizard=wizard,
        number=None,
        content_hash=content_hash,
        document=document.canonical(),
        language=document.language,
        note="Preview",
    )


def preview_versions(wizards: Iterable[Wizard]) -> models.QuerySet[Version]:
    """Return the previews: versions without a number, for editors only."""
    return Version.objects.filter(wizard__in=wizards, number=None)


def idle_previews(wizard: Wizard, since: datetime) -> models.QuerySet[Version]:
    """Return previews that nobody has requested or walked since `since`, and that only editors walked before."""
    sessions = Session.objects.filter(version=models.OuterRef("pk"))
    in_use = sessions.filter(models.Q(seen_at__gte=since) | ~models.Q(channel=Session.Channel.TEST))
    return preview_versions([wizard]).filter(~models.Exists(in_use), published_at__lt=since)


def restore(version: Version, seen: str | None = None) -> Wizard:
    """Import a published version into the draft, without publishing it.

    Raises StaleRevisionError if the draft is not the one whose content hash the editor has `seen`.
    """
    return import_document(restorable_document(version), seen)


def restorable_document(version: Version) -> flow.Document:
    """Return the version's document with the wizard's current slug."""
    return document_of(version.pk).model_copy(update={"slug": version.wizard.slug})
