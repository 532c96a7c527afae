"""What a changed document would mean for a past session: its answers replayed over the new document."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from . import procedures
from .document import Document
from .position import Event, IllegalMoveError, Position
from .transitions import History, answer_events, entry_position, next_position, outcome


class Fate(StrEnum):
    """The walk takes the same path, takes another path, or breaks off."""

    SAME = "same"
    OTHER = "other"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class ReplayImpact:
    """The fate of one walk, and the node at which it leaves its old path (empty for the same path)."""

    fate: Fate
    node: str = ""


def replay_against(history: History, document: Document) -> ReplayImpact:
    """Replay the answers on the trail of `history` (branches abandoned by going back excluded) over `document`.

    Only the result of a procedure counts, not its single steps: adding or rewording a step changes no path.
    """
    if not history.events:
        return ReplayImpact(Fate.SAME)
    trail = history.trail()
    old_position = history.pages[0].position
    try:
        position = entry_position(document, history.events[0].answer)
    except IllegalMoveError:
        return ReplayImpact(Fate.BROKEN, old_position.node)
    if position.node != old_position.node:
        return ReplayImpact(Fate.OTHER, old_position.node)
    for origin, number in pairwise(trail):
        old_position, event = history.page(origin).position, history.events[number - 1]
        if _in_procedure(history.document, old_position) and event.answer in (procedures.CONFIRM, procedures.NEXT):
            continue
        try:
            position = _apply(document, position, event)
        except IllegalMoveError:
            return ReplayImpact(Fate.BROKEN, event.node)
        old_next = history.page(number).position
        if (position.node, position.cause) != (old_next.node, old_next.cause):
            return ReplayImpact(Fate.OTHER, event.node)
    last = history.page(trail[-1]).position
    if outcome(history.document, last) != outcome(document, position):
        return ReplayImpact(Fate.OTHER, last.node)
    return ReplayImpact(Fate.SAME)


def _apply(document: Document, position: Position, event: Event) -> Position:
    """Return the position after the answer; confirm a procedure first if the new document asks for it."""
    if event.step and not position.step:
        if not _in_procedure(document, position):
            raise IllegalMoveError("There is no procedure here any more.")
        position = next_position(document, position, procedures.CONFIRM)
    answer_events(document, position, event.answer)
    return next_position(document, position, event.answer)


def _in_procedure(document: Document, position: Position) -> bool:
    node = document.node(position.node)
    return bool(node and node.current_procedure(document, position))
