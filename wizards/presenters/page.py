"""One page of a session: its position and its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from .. import flow
from ..models import Case, Session
from ..publishing import document_of

Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a session.

    is_first: no page comes before it: the person has just begun, or went back to the beginning.
    answer: the answer given on it before, or "".
    feedback: whether it helped, as the customer said at the end: "yes", "no" or "".
    case: support's case of the session, looked up for outcomes only.
    """

    session: Session
    document: flow.Document
    position: flow.Position
    number: int
    is_current: bool
    is_first: bool = False
    answer: str = ""
    feedback: str = ""
    case: Case | None = None

    @property
    def node(self) -> flow.BaseNode:
        return flow.node_at(self.document, self.position)

    @property
    def procedure(self) -> flow.Procedure | None:
        """The procedure that the page asks to confirm or is a step of."""
        return self.node.current_procedure(self.document, self.position)

    @property
    def url(self) -> str:
        return step_url(self.session, self.number)


def page_of(
    session: Session, number: int | None = None, history: flow.History | None = None, feedback: str = ""
) -> Page:
    """Return page `number` of a session, the current one by default.

    An earlier page needs the session's `history`, and so does one that `is_back_at_entry`. Raises IllegalMoveError for
    a page that was not reached.
    """
    document = document_of(session.version_id)
    if history is None:
        return Page(
            session,
            document,
            session.position,
            session.count,
            is_current=True,
            is_first=session.count == 1,
            feedback=feedback,
        )
    number = session.count if number is None else number
    visited = history.page(number)
    is_current = number == session.count or visited.origin == history.pages[-1].origin
    return Page(
        session,
        document,
        visited.position,
        number,
        is_current=is_current,
        is_first=not visited.previous,
        answer=history.chosen_answer(number) or "",
        feedback=feedback if is_current else "",
    )


def is_back_at_entry(session: Session) -> bool:
    """Return whether a session is at its first position again: only its log tells if a page comes before this one."""
    return session.count > 1 and session.position == flow.entry_position(
        document_of(session.version_id), session.symptom
    )


def step_url(session: Session, number: int) -> str:
    return reverse("step", args=[session.code, number])
