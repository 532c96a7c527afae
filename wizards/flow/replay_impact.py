"""What a change of the document would mean for a walk that somebody really took: the same answers, walked again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from . import procedures as run
from .document import Document
from .position import Event, IllegalMoveError, Position
from .transitions import History, apply_answer, entry_position, next_position, outcome


class Fate(StrEnum):
    """What becomes of a walk: it goes the same way, another way, or cannot go on."""

    SAME = "same"
    OTHER = "other"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class ReplayImpact:
    """The fate of one walk, and the node at which it parts from the old way (empty for the same way)."""

    fate: Fate
    node: str = ""
    why: str = ""


def replay_against(history: History, document: Document) -> ReplayImpact:
    """Walk the answers that stand in `history` (what was given up by going back left out) over another `document`.

    Going on within a procedure counts by its result only, so that a reworded or added step is no other way.
    """
    if not history.events:
        return ReplayImpact(Fate.SAME)
    trail = history.trail()
    here = history.pages[0].position
    try:
        position = entry_position(document, history.events[0].answer)
    except IllegalMoveError as illegal:
        return ReplayImpact(Fate.BROKEN, here.node, str(illegal))
    if position.node != here.node:
        return ReplayImpact(Fate.OTHER, here.node)
    for origin, number in pairwise(trail):
        here, event = history.page(origin).position, history.events[number - 1]
        if _procedure(history.document, here) and event.answer in (run.CONFIRM, run.NEXT):
            continue
        try:
            position = _given(document, position, event)
        except IllegalMoveError as illegal:
            return ReplayImpact(Fate.BROKEN, event.node, str(illegal))
        after = history.page(number).position
        if (position.node, position.cause) != (after.node, after.cause):
            return ReplayImpact(Fate.OTHER, event.node)
    last = history.page(trail[-1]).position
    if outcome(history.document, last) != outcome(document, position):
        return ReplayImpact(Fate.OTHER, last.node)
    return ReplayImpact(Fate.SAME)


def _given(document: Document, position: Position, event: Event) -> Position:
    """Return where the answer of `event` leads; in a procedure, confirm first where that is asked now."""
    if event.step and not position.step:
        if not _procedure(document, position):
            raise IllegalMoveError("There is no procedure here any more.")
        position = next_position(document, position, run.CONFIRM)
    apply_answer(document, position, event.answer)
    return next_position(document, position, event.answer)


def _procedure(document: Document, position: Position) -> bool:
    """Return whether a procedure is in hand at `position`."""
    node = document.node(position.node)
    return bool(node and node.procedure_in_hand(document, position))
