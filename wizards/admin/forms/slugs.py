"""Keys of parts: proposed from what a part is called, where an editor leaves them empty."""

from __future__ import annotations

from collections.abc import Container

from django.db import models
from django.utils.text import slugify

LONGEST = 64
# Keys that mean something else where the part is used.
RESERVED = {"cause": {"none"}}


def suggest_slug(words: str, taken: Container[str], model: type[models.Model]) -> str:
    """Return a key made from `words` that is neither in `taken` nor reserved for the model."""
    called = str(model._meta.model_name)
    start = slugify(words).replace("_", "-")[: LONGEST - 4].strip("-") or called
    key, number = start, 1
    while key in taken or key in RESERVED.get(called, ()):
        number += 1
        key = f"{start}-{number}"
    return key


def display_name(row: models.Model) -> str:
    """Return the words that a part is known by: its title or label."""
    return str(getattr(row, "title", "") or getattr(row, "label", ""))
