"""What every kind of node has, and what each kind must say for itself."""

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
    """A way out of a node: `path` to the field within the node, what leads there in words, and the target's id.

    `taken` is False where the field is filled in, but no answer leads there as things stand.
    """

    path: tuple[str | int, ...]
    label: str
    to: str
    taken: bool = True


class BaseNode(Part):
    """A node of the graph. `title` is what the customer reads as heading; `say` and `note` are for agents."""

    id: Id
    title: Line = ""
    text: Text = ""
    say: Text = ""
    note: Text = ""
    sources: Sources = ()

    def enter(self, document: Document) -> Position:
        """Return where one stands on arriving at this node; raise IllegalMoveError where the node is not finished."""
        return Position(node=self.id)

    def screen(self, position: Position) -> str:
        """Return the name of the screen that shows `position`: one of the node's partial templates."""
        raise NotImplementedError

    def outcome(self) -> str:
        """Return the result with which a walk ends here; empty where it goes on."""
        return ""

    def procedure_in_hand(self, document: Document, position: Position) -> Procedure | None:
        """Return the procedure that the person is going through at `position`, if any."""
        return None

    def answers(self, document: Document, position: Position) -> tuple[str, ...]:
        """Return every legal answer at `position`, in the order offered."""
        raise NotImplementedError

    def move(self, document: Document, position: Position, answer: str) -> Position:
        """Return where a legal `answer` leads; raise IllegalMoveError where the graph is not finished."""
        raise NotImplementedError

    def offered(self, document: Document, position: Position) -> tuple[str, ...]:
        """Return the causes in the order in which they are offered at `position`; empty for other screens."""
        return ()

    def wording(self, document: Document, position: Position, answer: str) -> str:
        """Return a legal answer as the person read it."""
        return answer

    def edges(self, document: Document) -> Iterator[Edge]:
        """Yield every way out of this node that the graph can take, targets not set included."""
        return iter(())

    def faults(self, document: Document) -> Iterator[Fault]:
        """Yield what is wrong with this node by itself; targets, reach and titles are checked for all kinds alike."""
        return iter(())


def enter_target(document: Document, target: str) -> Position:
    """Return where one stands on arriving at the node `target`; raise IllegalMoveError if there is no such node."""
    node = document.node(target)
    if node is None:
        raise IllegalMoveError("This answer leads nowhere yet. Please choose another one, or talk to a person.")
    return node.enter(document)
