"""Everything that is wrong with a draft on this site: what its document says itself, and pictures that are not here."""

from __future__ import annotations

from collections.abc import Iterator

from .. import flow
from . import images

ABSENT = "The picture “{name}” is not on this site; the step is shown without it."
REMEDY = "Choose another picture here, or upload it."


def find_draft_faults(document: flow.Document) -> list[flow.Fault]:
    """Return what `flow.faults` finds, and a warning for each step whose picture is not here. At most one query."""
    return [*flow.find_faults(document), *_absent_pictures(document)]


def _absent_pictures(document: flow.Document) -> Iterator[flow.Fault]:
    absent = images.missing_names([document])
    for row, procedure in enumerate(document.procedures if absent else ()):
        for place, step in enumerate(procedure.steps):
            if step.picture and step.picture.name in absent:
                message = ABSENT.format(name=step.picture.name)
                path = ("procedures", row, "steps", place, "picture", "name")
                where = f"procedure “{procedure.title or procedure.id}”"
                yield flow.Fault("warning", "picture-absent", path, message, REMEDY, where)
