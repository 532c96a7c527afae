"""A diagnosis: works through likely causes, the cheapest expected fix first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from .. import procedures as run
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
    """What may be wrong. `weight` says how likely it is against the others, `minutes` how long its fix takes to try.

    `worked` is the node to go to when its procedure worked; empty means the diagnosis's own. `failed` is the node to
    go to when it did not work; empty means back to the list.
    """

    id: Id
    label: Line = ""
    reason: Line = ""
    weight: Annotated[int, Field(strict=True, ge=1, le=100)] = 10
    minutes: run.Minutes = 5
    procedure: ProcedureId = ""
    worked: NodeId = ""
    failed: NodeId = ""
    note: Text = ""
    sources: Sources = ()


class Diagnosis(BaseNode):
    """Offers its causes best first; `worked` is where a fix leads, `failed` where nothing on the list helped."""

    kind: Literal["diagnosis"]
    causes: tuple[Cause, ...] = ()
    worked: NodeId = ""
    failed: NodeId = ""

    def screen(self, position: Position) -> str:
        if not position.cause:
            return "diagnosis"
        return "procedure" if position.step else "confirm"

    def cause(self, cause_id: str) -> Cause | None:
        """Return the cause with this id, if any."""
        return next((cause for cause in self.causes if cause.id == cause_id), None)

    def ordered(self, document: Document) -> list[Cause]:
        """Return the causes, best first (see flow.order)."""
        return best_first(self.causes, lambda cause: erases(document, cause))

    def offered(self, document: Document, position: Position) -> tuple[str, ...]:
        if position.cause:
            return ()
        tried = dict(position.tried)
        ordered = [cause.id for cause in self.ordered(document)]
        return tuple([each for each in ordered if each not in tried] + [each for each in ordered if each in tried])

    def procedure_in_hand(self, document: Document, position: Position) -> run.Procedure | None:
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
            return self._go_on(document, position, cause, answer)
        chosen = None if answer == NONE else self.cause(answer)
        if chosen is None:
            return enter_target(document, self.failed)
        return replace(position, cause=chosen.id, step=startable(document, chosen.procedure).start())

    def _go_on(self, document: Document, position: Position, cause: Cause, answer: str) -> Position:
        step, result = startable(document, cause.procedure).follow(position.step, answer)
        if not result:
            return replace(position, step=step)
        if result == run.WORKED:
            return enter_target(document, cause.worked or self.worked)
        if result == run.FAILED and cause.failed:
            return enter_target(document, cause.failed)
        tried = {**dict(position.tried), cause.id: result}
        if all(each.id in tried for each in self.causes):
            return enter_target(document, self.failed)
        return Position(node=self.id, tried=tuple(tried.items()))

    def wording(self, document: Document, position: Position, answer: str) -> str:
        procedure = self.procedure_in_hand(document, position)
        if procedure:
            return procedure.wording(answer)
        cause = None if answer == NONE else self.cause(answer)
        return cause.label if cause else NONE_WORDING

    def edges(self, document: Document) -> Iterator[Edge]:
        for place, cause in enumerate(self.causes):
            if cause.worked:
                yield Edge(("causes", place, "worked"), f"{cause.label or cause.id}: it worked", cause.worked)
            if cause.failed:
                yield Edge(("causes", place, "failed"), f"{cause.label or cause.id}: it did not work", cause.failed)
        taken = not self.causes or any(not cause.worked for cause in self.causes)
        if taken or self.worked:
            yield Edge(("worked",), run.WORDINGS[run.WORKED], self.worked, taken)
        yield Edge(("failed",), NONE_WORDING, self.failed)

    def faults(self, document: Document) -> Iterator[Fault]:
        if not self.causes:
            yield error("no-causes", ("causes",), "This diagnosis has no causes.", "Add at least one cause.")
        for place, cause in enumerate(self.causes):
            if not is_visible(cause.label):
                yield error("empty", ("causes", place, "label"), "A cause has no label.", "Write what may be wrong.")
            if cause.id == NONE:
                yield error("reserved", ("causes", place, "id"), "The id “none” is taken.", "Choose another id.")
            if document.procedure(cause.procedure) is None:
                yield missing_procedure(("causes", place, "procedure"), cause.procedure)
        yield from duplicates("causes", self.causes)


def erases(document: Document, cause: Cause) -> bool:
    """Return whether the cause's procedure erases something."""
    procedure = document.procedure(cause.procedure)
    return bool(procedure and procedure.erases)
