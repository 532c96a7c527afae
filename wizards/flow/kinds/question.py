"""A question: asks one thing and offers choices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from ..fault import Fault, duplicates, error, warning
from ..fields import Id, Line, NodeId, Part, is_visible
from ..position import Position
from .base import BaseNode, Edge, enter_target

if TYPE_CHECKING:
    from ..document import Document


class Choice(Part):
    """An answer to a question. `reason` says why it matters; `to` is the node that it leads to."""

    id: Id
    label: Line = ""
    reason: Line = ""
    to: NodeId = ""


class Question(BaseNode):
    """Asks one thing; each choice leads to a node."""

    kind: Literal["question"]
    choices: tuple[Choice, ...] = ()

    def screen(self, position: Position) -> str:
        return "question"

    def choice(self, answer: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.id == answer), None)

    def answers(self, document: Document, position: Position) -> tuple[str, ...]:
        return tuple(choice.id for choice in self.choices)

    def move(self, document: Document, position: Position, answer: str) -> Position:
        choice = self.choice(answer)
        return enter_target(document, choice.to if choice else "")

    def wording(self, document: Document, position: Position, answer: str) -> str:
        choice = self.choice(answer)
        return choice.label if choice else answer

    def edges(self, document: Document) -> Iterator[Edge]:
        for index, choice in enumerate(self.choices):
            yield Edge(("choices", index, "to"), choice.label or choice.id, choice.to)

    def faults(self, document: Document) -> Iterator[Fault]:
        if not self.choices:
            yield error("no-choices", ("choices",), "This question offers no choices.", "Add at least two choices.")
        elif len(self.choices) == 1:
            yield warning(
                "one-choice", ("choices",), "This question offers a single choice.", "Add another, or remove the node."
            )
        for index, choice in enumerate(self.choices):
            if not is_visible(choice.label):
                yield error("empty", ("choices", index, "label"), "A choice has no label.", "Write what it says.")
        yield from duplicates("choices", self.choices)
