"""An outcome: where a walk ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..position import Position
from .base import BaseNode

if TYPE_CHECKING:
    from ..document import Document

Result = Literal["solved", "unsolved", "advice"]


class Outcome(BaseNode):
    """The end: `result` is solved, unsolved (a human takes over) or advice."""

    kind: Literal["outcome"]
    result: Result

    def screen(self, position: Position) -> str:
        return "outcome"

    def outcome(self) -> str:
        return self.result

    def answers(self, document: Document, position: Position) -> tuple[str, ...]:
        return ()
