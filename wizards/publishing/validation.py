"""The faults of a draft on this site: those of its document, and missing pictures."""

from __future__ import annotations

from collections.abc import Iterator

from .. import flow
from . import images

MISSING = "The picture “{name}” is not on this site; the step is shown without it."
REMEDY = "Choose another picture here, or upload it."


def find_draft_faults(document: flow.Document) -> list[flow.Fault]:
    """Return the document's faults, and a warning for each step whose picture is missing. At most one query."""
    return [*flow.find_faults(document), *_missing_pictures(document)]


def _missing_pictures(document: flow.Document) -> Iterator[flow.Fault]:
    missing = images.missing_names([document])
    for procedure_index, procedure in enumerate(document.procedures if missing else ()):
        for step_index, step in enumerate(procedure.steps):
            if step.picture and step.picture.name in missing:
                message = MISSING.format(name=step.picture.name)
                path = ("procedures", procedure_index, "steps", step_index, "picture", "name")
                where = f"procedure “{procedure.title or procedure.id}”"
                yield flow.Fault("warning", "picture-absent", path, message, REMEDY, where)
