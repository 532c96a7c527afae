"""The Fault type: where a document is wrong, what is wrong, and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault; an error prevents publishing, a warning does not. `path` leads to the field; `where` names the part."""

    level: Literal["error", "warning"]
    code: str
    path: Path
    message: str
    remedy: str
    where: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, [f"{self.where}:" if self.where else "", self.message, self.remedy]))


class LabelledPart(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...


def error(code: str, path: Path, message: str, remedy: str) -> Fault:
    return Fault("error", code, path, message, remedy)


def warning(code: str, path: Path, message: str, remedy: str) -> Fault:
    return Fault("warning", code, path, message, remedy)


def duplicates(field: str, parts: Iterable[LabelledPart]) -> Iterator[Fault]:
    """Yield a fault for each part of a list that repeats the id or the label of an earlier one."""
    ids: set[str] = set()
    labels: set[str] = set()
    for index, part in enumerate(parts):
        if part.id in ids:
            yield error("duplicate-id", (field, index, "id"), f"The id “{part.id}” is used twice.", "Change one.")
        label = part.label.casefold()
        if label and label in labels:
            yield error(
                "duplicate-label",
                (field, index, "label"),
                f"Two entries are both labelled “{part.label}”, so nobody can tell them apart.",
                "Reword one of them.",
            )
        ids.add(part.id)
        labels.add(label)
