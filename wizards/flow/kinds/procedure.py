"""A procedure node: leads the person through one procedure, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from .. import procedures
from ..fault import Fault, error, warning
from ..fields import NodeId, ProcedureId
from ..position import IllegalMoveError, Position
from .base import BaseNode, Edge, enter_target

if TYPE_CHECKING:
    from ..document import Document


class ProcedureNode(BaseNode):
    """Leads the person through a procedure. `worked`, `failed`, `blocked` and `declined` are the next nodes."""

    kind: Literal["procedure"]
    procedure: ProcedureId = ""
    worked: NodeId = ""
    failed: NodeId = ""
    blocked: NodeId = ""
    declined: NodeId = ""

    def enter(self, document: Document) -> Position:
        return Position(node=self.id, step=startable(document, self.procedure).start())

    def screen(self, position: Position) -> str:
        return "procedure" if position.step else "confirm"

    def current_procedure(self, document: Document, position: Position) -> procedures.Procedure | None:
        return document.procedure(self.procedure)

    def answers(self, document: Document, position: Position) -> tuple[str, ...]:
        return startable(document, self.procedure).answers(position.step)

    def move(self, document: Document, position: Position, answer: str) -> Position:
        step, result = startable(document, self.procedure).follow(position.step, answer)
        if result:
            return enter_target(document, getattr(self, result))
        return replace(position, step=step)

    def wording(self, document: Document, position: Position, answer: str) -> str:
        return startable(document, self.procedure).wording(answer)

    def edges(self, document: Document) -> Iterator[Edge]:
        yield Edge(("worked",), procedures.WORDINGS[procedures.WORKED], self.worked)
        yield Edge(("failed",), procedures.WORDINGS[procedures.FAILED], self.failed)
        yield Edge(("blocked",), procedures.WORDINGS[procedures.BLOCKED], self.blocked)
        procedure = document.procedure(self.procedure)
        erases = bool(procedure and procedure.erases)
        if self.declined or erases:
            yield Edge(("declined",), procedures.WORDINGS[procedures.DECLINE], self.declined, taken=erases)

    def faults(self, document: Document) -> Iterator[Fault]:
        procedure = document.procedure(self.procedure)
        if procedure is None:
            yield missing_procedure(("procedure",), self.procedure)
        elif self.declined and not procedure.erases:
            yield warning(
                "needless-declined",
                ("declined",),
                "A node is chosen for “No”, but the procedure erases nothing, so no confirmation is asked.",
                "Clear it, or say in the procedure what it erases.",
            )


def startable(document: Document, procedure_id: str) -> procedures.Procedure:
    """Raise IllegalMoveError if the procedure does not exist or has no steps."""
    procedure = document.procedure(procedure_id)
    if procedure is None or not procedure.steps:
        raise IllegalMoveError("These instructions are not ready yet. Please choose another way, or talk to a person.")
    return procedure


def missing_procedure(path: tuple[str | int, ...], procedure_id: str) -> Fault:
    if not procedure_id:
        return error("no-procedure", path, "No procedure is chosen.", "Choose the procedure to follow here.")
    return error(
        "dangling-procedure",
        path,
        f"There is no procedure “{procedure_id}”.",
        "Correct the id, or add the procedure.",
    )
