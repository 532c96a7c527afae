"""A readable diff of two documents: parts and fields added, removed, reworded, re-targeted, reordered, changed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from .document import Document
from .fields import Part, Reference
from .text_diff import Run, diff_words


class ChangeKind(StrEnum):
    """What happened to a part or a field."""

    ADDED = "added"
    REMOVED = "removed"
    REWORDED = "reworded"
    RETARGETED = "re-targeted"
    REORDERED = "reordered"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `where` is the path to the part as labels, `field` the field, `before` and `after` its values.

    An added or removed part has an empty field and its texts as `after` or `before`; a reordered list describes the
    moves in `after`.
    """

    kind: ChangeKind
    where: tuple[str, ...]
    field: str = ""
    before: str = ""
    after: str = ""

    @property
    def part(self) -> str:
        """The top-level part that changed, or that contains the change; empty for the wizard itself."""
        return self.where[0] if self.where else ""

    @property
    def inside(self) -> tuple[str, ...]:
        """The path within that part."""
        return self.where[1:]

    @property
    def runs(self) -> list[Run]:
        """The change word by word; the description of a new order is not marked as added text."""
        if self.kind == ChangeKind.REORDERED:
            return [Run("same", self.after)]
        return diff_words(self.before, self.after)

    def __str__(self) -> str:
        index = " › ".join(filter(None, (*self.where, self.field)))
        match self.kind:
            case ChangeKind.ADDED | ChangeKind.REMOVED:
                return f"{index} {self.kind}"
            case ChangeKind.REORDERED:
                return f"{index} reordered: {self.after}"
        return f"{index} {self.kind} from “{self.before}” to “{self.after}”"


# List in a document -> the name of one item.
PART_NAMES = {
    "sources": "fact",
    "symptoms": "symptom",
    "nodes": "node",
    "procedures": "procedure",
    "choices": "choice",
    "causes": "cause",
    "steps": "step",
}
# Field -> its label, if not its name.
FIELD_LABELS = {
    "to": "leads to",
    "worked": "when it worked",
    "failed": "when it did not work",
    "blocked": "when it cannot be done",
    "declined": "when it is declined",
    "words": "search words",
    "say": "what the agent says",
    "note": "note for the agent",
    "erases": "what it erases",
    "hold_seconds": "seconds to hold",
    "wait_seconds": "seconds to wait",
    "worked_label": "words for “it worked”",
    "failed_label": "words for “it did not work”",
}


def diff(before: Document, after: Document) -> list[Change]:
    """Return the changes in the order of the document; parts are matched by their ids."""
    return list(_Diff(before, after).part((), before, after))


class _Diff:
    """The comparison of two documents; it needs both to look up the titles of references."""

    def __init__(self, before: Document, after: Document) -> None:
        self.before, self.after = before, after

    def part(self, where: tuple[str, ...], old: Part, new: Part) -> Iterator[Change]:
        if type(old) is not type(new):
            yield Change(ChangeKind.REMOVED, where, before=_joined_texts(old))
            yield Change(ChangeKind.ADDED, where, after=_joined_texts(new))
            return
        for name, info in type(new).model_fields.items():
            old_value, new_value = getattr(old, name), getattr(new, name)
            if old_value == new_value:
                continue
            if _is_list_of_parts(old_value) or _is_list_of_parts(new_value):
                yield from self.parts(where, name, old_value, new_value)
            else:
                yield self.field(where, name, info, old_value, new_value)

    def field(self, where: tuple[str, ...], name: str, info: FieldInfo, old: Any, new: Any) -> Change:
        label = FIELD_LABELS.get(name, name)
        if reference := next((each for each in info.metadata if isinstance(each, Reference)), None):
            names = _target_title(self.before, reference, old), _target_title(self.after, reference, new)
            if names[0] == names[1]:
                names = f"{names[0]} ({old})", f"{names[1]} ({new})"
            return Change(ChangeKind.RETARGETED, where, label, *names)
        is_text = isinstance(old, str) and any(isinstance(mark, BeforeValidator) for mark in info.metadata)
        kind = ChangeKind.REWORDED if is_text else ChangeKind.CHANGED
        return Change(kind, where, label, _value_text(old), _value_text(new))

    def parts(self, where: tuple[str, ...], name: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
        old, new = {part.id: part for part in before}, {part.id: part for part in after}
        for key, part in new.items():
            path = (*where, f"{PART_NAMES[name]} {_title(part)}")
            if key in old:
                yield from self.part(path, old[key], part)
            else:
                yield Change(ChangeKind.ADDED, path, after=_joined_texts(part))
        for key, part in old.items():
            if key not in new:
                path = (*where, f"{PART_NAMES[name]} {_title(part)}")
                yield Change(ChangeKind.REMOVED, path, before=_joined_texts(part))
        old_order, new_order = [key for key in old if key in new], [key for key in new if key in old]
        if old_order != new_order:
            yield Change(ChangeKind.REORDERED, where, name, after=_describe_moves(old_order, new_order, new))


def _describe_moves(before: Sequence[str], after: Sequence[str], parts: dict[str, Any]) -> str:
    """Name the fewest parts of a list whose moves explain the new order."""
    indexes = {key: index for index, key in enumerate(before)}
    unmoved = _longest_increasing_subsequence([indexes[key] for key in after])
    words = []
    for index, key in enumerate(after):
        if indexes[key] not in unmoved:
            where = f"after {_title(parts[after[index - 1]])}" if index else "first"
            words.append(f"{_title(parts[key])} now comes {where}")
    return "; ".join(words)


def _longest_increasing_subsequence(numbers: Sequence[int]) -> set[int]:
    """Patience sorting, O(n log n); `numbers` are all different."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        index = bisect_left(ends, number)
        before[number] = ends[index - 1] if index else None
        ends[index : index + 1] = [number]
    subsequence, last = set(), ends[-1] if ends else None
    while last is not None:
        subsequence.add(last)
        last = before[last]
    return subsequence


def _is_list_of_parts(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Part)


def _target_title(document: Document, reference: Reference, key: str) -> str:
    if not key:
        return "nothing"
    part = document.node(key) if reference.to == "node" else document.procedure(key)
    return _plain_title(part) if part else f"{key}, which does not exist"


def _title(part: Any) -> str:
    return f"“{_plain_title(part)}”"


def _plain_title(part: Any) -> str:
    return str(getattr(part, "title", "") or getattr(part, "label", "") or part.id)


def _joined_texts(part: Part) -> str:
    return " · ".join(_texts(part))


def _texts(part: Part) -> Iterator[str]:
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        if isinstance(value, str) and any(isinstance(mark, BeforeValidator) for mark in info.metadata):
            yield from filter(None, [value])
        elif isinstance(value, tuple):
            for each in value:
                if isinstance(each, Part):
                    yield from _texts(each)


def _value_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(str(each) for each in value)
        case Part():
            return " · ".join(str(each) for each in value.model_dump().values())
    return str(value)
