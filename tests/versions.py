"""Versions to walk over in tests that need a database."""

from __future__ import annotations

from itertools import count

from wizards import flow, publishing
from wizards.models import Version, Wizard

_NUMBERS = count(1)


def publish(document: flow.Document) -> Version:
    """Load a faultless document and publish it, as `manage.py load_wizards` does."""
    publishing.document_of.cache_clear()  # a test that was rolled back may have had a version of the same id
    return publishing.publish(publishing.load(document))[0]


def freeze(document: flow.Document) -> Version:
    """Make a version of a document as it is, errors and all, under a slug of its own."""
    publishing.document_of.cache_clear()
    wizard = Wizard.objects.create(slug=f"frozen-{next(_NUMBERS)}")
    return Version.objects.create(
        wizard=wizard,
        number=1,
        document=document.canonical(),
        content_hash=document.content_hash(),
        language=document.language,
    )
