"""A diagnosis: offers the likely causes in the order that minimizes the expected time to a fix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from .. import procedures
from ..fault import Fault, duplicates, error
from ..fields import Id, Line, NodeId, Part, ProcedureId, Sources, Text, is_visible
from ..position import Position
from ..ranking import best_first
from .base import BaseNode, Edge, enter_target
from .procedure import missing_procedure, startable

if TYPE_CHECKING:
    from ..document import Document

NONE = "none"
NONE_WORDING = "None of these fits"


class Cause(Part):
    """What may be wrong. `weight` is its likelihood relative to the others, `minutes` the time that its fix takes.

    `worked` is the node after its procedure worked; empty means the diagnosis's `worked`. `failed` is the node after
    the procedure did not work; empty means back to the list.
    """

    id: Id
    label: Line = ""
    reason: Line = ""
    weight: Annotated[int, Field(strict=True, ge=1, le=100)] = 10
    minutes: procedures.Minutes = 5
    procedure: ProcedureId = ""
    worked: NodeId = ""
    failed: NodeId = ""
    note: Text = ""
    sources: Sources = ()


class Diagnosis(BaseNode):
    """Offers its causes, best first; `worked` is the node after a fix, `failed` the node if no cause helped."""

    kind: Literal["diagnosis"]
    causes: tuple[Cause, ...] = ()
    worked: NodeId = ""
    failed: NodeId = ""

    def screen(self, position: Position) -> str:
        if not position.cause:
            return "diagnosis"
        return "procedure" if position.step else "confirm"

    def cause(self, cause_id: str) -> Cause | None:
        return next((cause for cause in self.causes if cause.id == cause_id), None)

    def ordered(self, document: Document) -> list[Cause]:
        """Return the causes, best first (see `flow.ranking`)."""
        return best_first(self.causes, lambda cause: erases(document, cause))

    def offered(self, document: Document, position: Position) -> tuple[str, ...]:
        if position.cause:
            return ()
        tried = dict(position.tried)
        ordered = [cause.id for cause in self.ordered(document)]
        return tuple([each for each in ordered if each not in tried] + [each for each in ordered if each in tried])

    def current_procedure(self, document: Document, position: Position) -> procedures.Procedure | None:
        cause = self.cause(position.cause)
        return document.procedure(cause.procedure) if cause else None

    def answers(self, document: Document, position: Position) -> tuple[str, ...]:
        cause = self.cause(position.cause)
        if cause is None:
            return (*self.offered(document, position), NONE)
        return startable(document, cause.procedure).answers(position.step)

    def move(self, document: Document, position: Position, answer: str) -> Position:
        cause = self.cause(position.cause)
        if cause is not None:
            return self._move_in_procedure(document, position, cause, answer)
        chosen = None if answer == NONE else self.cause(answer)
        if chosen is None:
            return enter_target(document, self.failed)
        return replace(position, cause=chosen.id, step=startable(document, chosen.procedure).start())

    def _move_in_procedure(self, document: Document, position: Position, cause: Cause, answer: str) -> Position:
        step, result = startable(document, cause.procedure).follow(position.step, answer)
        if not result:
            return replace(position, step=step)
        if result == procedures.WORKED:
            return enter_target(document, cause.worked or self.worked)
        if result == procedures.FAILED and cause.failed:
            return enter_target(document, cause.failed)
        tried = {**dict(position.tried), cause.id: result}
        if all(each.id in tried for each in self.causes):
            return enter_target(document, self.failed)
        return Position(node=self.id, tried=tuple(tried.items()))

    def wording(self, document: Document, position: Position, answer: str) -> str:
        procedure = self.current_procedure(document, position)
        if procedure:
            return procedure.wording(answer)
        cause = None if answer == NONE else self.cause(answer)
        return cause.label if cause else NONE_WORDING

    def edges(self, document: Document) -> Iterator[Edge]:
        for index, cause in enumerate(self.causes):
            if cause.worked:
                yield Edge(("causes", index, "worked"), f"{cause.label or cause.id}: it worked", cause.worked)
            if cause.failed:
                yield Edge(("causes", index, "failed"), f"{cause.label or cause.id}: it did not work", cause.failed)
        taken = not self.causes or any(not cause.worked for cause in self.causes)
        if taken or self.worked:
            yield Edge(("worked",), procedures.WORDINGS[procedures.WORKED], self.worked, taken)
        yield Edge(("failed",), NONE_WORDING, self.failed)

    def faults(self, document: Document) -> Iterator[Fault]:
        if not self.causes:
            yield error("no-causes", ("causes",), "This diagnosis has no causes.", "Add at least one cause.")
        for index, cause in enumerate(self.causes):
            if not is_visible(cause.label):
                yield error("empty", ("causes", index, "label"), "A cause has no label.", "Write what may be wrong.")
            if cause.id == NONE:
                yield error("reserved", ("causes", index, "id"), "The id “none” is reserved.", "Choose another id.")
            if document.procedure(cause.procedure) is None:
                yield missing_procedure(("causes", index, "procedure"), cause.procedure)
        yield from duplicates("causes", self.causes)


def erases(document: Document, cause: Cause) -> bool:
    procedure = document.procedure(cause.procedure)
    return bool(procedure and procedure.erases)
