"""Which fields rows and document parts share, and which of them are references."""

from __future__ import annotations

from typing import Literal

from ..flow.fields import Part, Reference


def references(part: type[Part]) -> dict[str, Literal["node", "procedure"]]:
    return {
        name: mark.to
        for name, info in part.model_fields.items()
        for mark in info.metadata
        if isinstance(mark, Reference)
    }


def shared_fields(part: type[Part], row: type) -> set[str]:
    """Return the fields in common, without `id`, which is a row's `key`."""
    names = {field.name for field in row._meta.concrete_fields}  # type: ignore[attr-defined]  # a model
    return part.model_fields.keys() & names - {"id"}
