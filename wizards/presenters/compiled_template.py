"""A page rendered once, with holes for what differs: filling them costs a hundredth of rendering it again.

    stencil = cut(html, {"7f3a…": "code", "81c0…": "number"})     wherever a mark stands in the HTML, there is a hole
    stencil.filled({"code": "abc", "number": "3"})                 the page; what is put in is escaped

A mark has to be what no text can hold by chance or by intent: random, and never shown to anybody.
"""

from __future__ import annotations

import re
import sys
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from threading import Lock

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """HTML in pieces; between two of them, the name of what is put in: piece, name, piece, name, ..., piece."""

    parts: tuple[str, ...]

    def filled(self, values: Mapping[str, object]) -> SafeString:
        """Return the HTML with values in its holes, escaped; raise KeyError where one is missing."""
        safe = {name: escape(value) for name, value in values.items()}
        parts = list(self.parts)
        parts[1::2] = [safe[name] for name in parts[1::2]]
        return mark_safe("".join(parts))  # nosec B308, B703  # noqa: S308  rendered by a template, and escaped

    @property
    def size(self) -> int:
        """How many bytes of memory it takes."""
        return sum(map(sys.getsizeof, self.parts)) + sys.getsizeof(self.parts)


def compile_html(html: str, marks: Mapping[str, str]) -> CompiledTemplate:
    """Return HTML as a stencil: each mark that stands in it becomes a hole with the mark's name."""
    pieces = re.split(f"({'|'.join(map(re.escape, marks))})", html)
    return CompiledTemplate(tuple(marks.get(piece, piece) for piece in pieces))


class LRUCache:
    """Stencils in memory, of at most so many bytes in all; those that were not asked for longest go first.

    Each belongs to the very object that it was made from: asked for with another one, it is not there.
    """

    def __init__(self, most: int) -> None:
        self.most, self.size = most, 0
        self._kept: OrderedDict[Hashable, tuple[object, CompiledTemplate]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, source: object) -> CompiledTemplate | None:
        """Return what was kept under a key for this source, if it is still there."""
        with self._lock:
            made_from, stencil = self._kept.get(key, (None, None))
            if stencil is None or made_from is not source:
                return None
            self._kept.move_to_end(key)
            return stencil

    def keep(self, key: Hashable, source: object, stencil: CompiledTemplate) -> None:
        """Keep a stencil, and forget others where it would be too much."""
        with self._lock:
            self._forget(key)
            self._kept[key] = source, stencil
            self.size += stencil.size
            while self.size > self.most:
                self._forget(next(iter(self._kept)))

    def _forget(self, key: Hashable) -> None:
        if key in self._kept:
            self.size -= self._kept.pop(key)[1].size
