"""Creates versions for tests that need a database."""

from __future__ import annotations

import hashlib
from itertools import count

from wizards import flow, publishing
from wizards.models import Version, Wizard

_NUMBERS = count(1)


def publish(document: flow.Document) -> Version:
    """Store a document without errors as its wizard's next version, without a slow draft that few tests need."""
    assert flow.find_errors(document) == []
    wizard, _ = Wizard.objects.get_or_create(slug=document.slug)
    wizard.current = _version(wizard, wizard.versions.exclude(number=None).count() + 1, document)
    wizard.title, wizard.summary, wizard.language = document.title, document.summary, document.language
    wizard.save()
    return wizard.current


def publish_draft(document: flow.Document) -> Version:
    """Import a document without errors into the draft and publish it, as `manage.py load_wizards` does."""
    publishing.document_of.cache_clear()  # a version of the same id may be cached from a test that was rolled back
    return publishing.publish(publishing.import_document(document))[0]


def freeze(document: flow.Document) -> Version:
    """Store a document, which may have errors, as a version of a new wizard."""
    return _version(Wizard.objects.create(slug=f"frozen-{next(_NUMBERS)}"), 1, document)


def _version(wizard: Wizard, number: int, document: flow.Document) -> Version:
    publishing.document_of.cache_clear()  # a version of the same id may be cached from a test that was rolled back
    text = document.canonical()
    return Version.objects.create(
        wizard=wizard,
        number=number,
        document=text,
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
        language=document.language,
    )
