"""Proposes keys for parts whose key an editor leaves empty."""

from __future__ import annotations

from collections.abc import Container

from django.db import models
from django.utils.text import slugify

MAX_LENGTH = 64
# Keys that have another meaning where the part is used.
RESERVED = {"cause": {"none"}}


def suggest_slug(words: str, existing: Container[str], model: type[models.Model]) -> str:
    """Return a key made from `words` that is neither in `existing` nor reserved for the model."""
    model_name = str(model._meta.model_name)
    start = slugify(words).replace("_", "-")[: MAX_LENGTH - 4].strip("-") or model_name
    key, number = start, 1
    while key in existing or key in RESERVED.get(model_name, ()):
        number += 1
        key = f"{start}-{number}"
    return key


def display_name(row: models.Model) -> str:
    """Return the title or label of a part."""
    return str(getattr(row, "title", "") or getattr(row, "label", ""))
