"""The fields and the interface that all kinds of node share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..fields import Id, Line, Part, Sources, Text
from ..position import IllegalMoveError, Position

if TYPE_CHECKING:
    from ..document import Document
    from ..fault import Fault
    from ..procedures import Procedure


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge of the graph: `path` to the field within the node, the answer's label, and the target's id.

    `taken` is False if the field is filled in but no answer leads there at present.
    """

    path: tuple[str | int, ...]
    label: str
    to: str
    taken: bool = True


class BaseNode(Part):
    """A node of the graph. `title` is the heading that the customer reads; `say` and `note` are for agents."""

    id: Id
    title: Line = ""
    text: Text = ""
    say: Text = ""
    note: Text = ""
    sources: Sources = ()

    def enter(self, document: Document) -> Position:
        """Return the position on arriving at this node; raise IllegalMoveError if the node is incomplete."""
        return Position(node=self.id)

    def screen(self, position: Position) -> str:
        """Return the name of the partial template that shows `position`."""
        raise NotImplementedError

    def outcome(self) -> str:
        """Return the result with which a walk ends here; empty if it goes on."""
        return ""

    def current_procedure(self, document: Document, position: Position) -> Procedure | None:
        """Return the procedure that the person is going through at `position`, if any."""
        return None

    def answers(self, document: Document, position: Position) -> tuple[str, ...]:
        """Return every legal answer at `position`, in the order offered."""
        raise NotImplementedError

    def move(self, document: Document, position: Position, answer: str) -> Position:
        """Return the position after a legal `answer`; raise IllegalMoveError if the graph is incomplete."""
        raise NotImplementedError

    def offered(self, document: Document, position: Position) -> tuple[str, ...]:
        """Return the causes in the order offered at `position`; empty unless it is a list of causes."""
        return ()

    def wording(self, document: Document, position: Position, answer: str) -> str:
        return answer

    def edges(self, document: Document) -> Iterator[Edge]:
        """Yield every edge that starts at this node, including those without a target yet."""
        return iter(())

    def faults(self, document: Document) -> Iterator[Fault]:
        """Yield the faults of this kind; `flow.faults` checks targets, reachability and titles for all kinds."""
        return iter(())


def enter_target(document: Document, target: str) -> Position:
    """Return the position on arriving at the node `target`; raise IllegalMoveError if there is no such node."""
    node = document.node(target)
    if node is None:
        raise IllegalMoveError("This answer leads nowhere yet. Please choose another one, or talk to a person.")
    return node.enter(document)
