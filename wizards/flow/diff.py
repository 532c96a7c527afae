"""What changed between two documents, in words: added, removed, reworded, re-targeted, reordered, changed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
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
    """One change. `where` names the part in words, `field` what changed in it; `before` and `after` are its values.

    A part that was added or removed has an empty field, and its own words as `after` or `before`; a list that was
    reordered says in `after` what stands elsewhere now.
    """

    kind: ChangeKind
    where: tuple[str, ...]
    field: str = ""
    before: str = ""
    after: str = ""

    @property
    def part(self) -> str:
        """The part of the wizard that changed, or of which something changed; empty for the wizard itself."""
        return self.where[0] if self.where else ""

    @property
    def inside(self) -> tuple[str, ...]:
        """Where within that part."""
        return self.where[1:]

    @property
    def runs(self) -> list[Run]:
        """The change word by word; what stands elsewhere now is no new text."""
        if self.kind == ChangeKind.REORDERED:
            return [Run("same", self.after)]
        return diff_words(self.before, self.after)

    def __str__(self) -> str:
        place = " › ".join(filter(None, (*self.where, self.field)))
        match self.kind:
            case ChangeKind.ADDED | ChangeKind.REMOVED:
                return f"{place} {self.kind}"
            case ChangeKind.REORDERED:
                return f"{place} reordered: {self.after}"
        return f"{place} {self.kind} from “{self.before}” to “{self.after}”"


# A list of parts in a document -> what one of them is called.
NAMES = {
    "sources": "fact",
    "symptoms": "symptom",
    "nodes": "node",
    "procedures": "procedure",
    "choices": "choice",
    "causes": "cause",
    "steps": "step",
}
# A field -> what it is called, where its name does not say it well.
FIELDS = {
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
    """Return every change from `before` to `after`, in the order of the document; parts are matched by their ids."""
    return list(_Diff(before, after).part((), before, after))


class _Diff:
    """The comparison of two documents, which knows what their references are called."""

    def __init__(self, before: Document, after: Document) -> None:
        self.before, self.after = before, after

    def part(self, where: tuple[str, ...], old: Part, new: Part) -> Iterator[Change]:
        """Yield the changes of a part that both documents hold."""
        if type(old) is not type(new):
            yield Change(ChangeKind.REMOVED, where, before=_words(old))
            yield Change(ChangeKind.ADDED, where, after=_words(new))
            return
        for name, info in type(new).model_fields.items():
            one, other = getattr(old, name), getattr(new, name)
            if one == other:
                continue
            if _holds_parts(one) or _holds_parts(other):
                yield from self.parts(where, name, one, other)
            else:
                yield self.field(where, name, info, one, other)

    def field(self, where: tuple[str, ...], name: str, info: FieldInfo, old: Any, new: Any) -> Change:
        """Return the change of one field."""
        called = FIELDS.get(name, name)
        if mark := next((mark for mark in info.metadata if isinstance(mark, Reference)), None):
            names = _called(self.before, mark, old), _called(self.after, mark, new)
            if names[0] == names[1]:
                names = f"{names[0]} ({old})", f"{names[1]} ({new})"
            return Change(ChangeKind.RETARGETED, where, called, *names)
        is_text = isinstance(old, str) and any(isinstance(mark, BeforeValidator) for mark in info.metadata)
        kind = ChangeKind.REWORDED if is_text else ChangeKind.CHANGED
        return Change(kind, where, called, _plain(old), _plain(new))

    def parts(self, where: tuple[str, ...], name: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
        """Yield the changes of a list of parts."""
        old, new = {part.id: part for part in before}, {part.id: part for part in after}
        for key, part in new.items():
            here = (*where, f"{NAMES[name]} {_title(part)}")
            if key in old:
                yield from self.part(here, old[key], part)
            else:
                yield Change(ChangeKind.ADDED, here, after=_words(part))
        for key, part in old.items():
            if key not in new:
                yield Change(ChangeKind.REMOVED, (*where, f"{NAMES[name]} {_title(part)}"), before=_words(part))
        there, now = [key for key in old if key in new], [key for key in new if key in old]
        if there != now:
            yield Change(ChangeKind.REORDERED, where, name, after=_moves(there, now, new))


def _moves(before: Sequence[str], after: Sequence[str], parts: dict[str, Any]) -> str:
    """Return in words which parts of a list moved: as few as explain the new order."""
    places = {key: place for place, key in enumerate(before)}
    kept = _longest_rising([places[key] for key in after])
    words = []
    for place, key in enumerate(after):
        if places[key] not in kept:
            where = f"after {_title(parts[after[place - 1]])}" if place else "first"
            words.append(f"{_title(parts[key])} now comes {where}")
    return "; ".join(words)


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Return the longest run of `numbers` (all different) that rises, leaving out the others."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        place = bisect_left(ends, number)
        before[number] = ends[place - 1] if place else None
        ends[place : place + 1] = [number]
    rising, last = set(), ends[-1] if ends else None
    while last is not None:
        rising.add(last)
        last = before[last]
    return rising


def _holds_parts(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Part)


def _called(document: Document, mark: Reference, key: str) -> str:
    """Return what a reference leads to, in words."""
    if not key:
        return "nothing"
    part = document.node(key) if mark.to == "node" else document.procedure(key)
    return _plain_title(part) if part else f"{key}, which is not there"


def _title(part: Any) -> str:
    return f"“{_plain_title(part)}”"


def _plain_title(part: Any) -> str:
    return str(getattr(part, "title", "") or getattr(part, "label", "") or part.id)


def _words(part: Part) -> str:
    """Return the texts of a part and of what it holds, as a person reads them."""
    return " · ".join(_texts(part))


def _texts(part: Part) -> Iterator[str]:
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        if isinstance(value, str) and any(isinstance(mark, BeforeValidator) for mark in info.metadata):
            yield from filter(None, [value])
        elif isinstance(value, tuple):
            yield from _each(value)


def _each(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Part):
            yield from _texts(value)


def _plain(value: Any) -> str:
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
