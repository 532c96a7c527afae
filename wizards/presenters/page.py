"""One page of a session: where it stands, and at which address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from .. import flow
from ..models import Case, Session
from ..publishing import document_of

# What a template is given.
Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a session: `number` is its number, `chosen` the answer given on it before, if any.

    `first` says that no page is before it: the walk began here, and may have come back since.
    `helped` is what the person said at the end about whether it helped, if anything; `case` the case that support has
    of the session, looked up for pages of an outcome alone.
    """

    session: Session
    document: flow.Document
    position: flow.Position
    number: int
    current: bool
    first: bool = False
    chosen: str = ""
    helped: str = ""
    case: Case | None = None

    @property
    def node(self) -> flow.BaseNode:
        """The node at which the page stands."""
        return flow.node_at(self.document, self.position)

    @property
    def procedure(self) -> flow.Procedure | None:
        """The procedure in hand on this page, if any."""
        return self.node.current_procedure(self.document, self.position)

    @property
    def address(self) -> str:
        """The page's own address."""
        return step_address(self.session, self.number)


def page_of(session: Session, number: int | None = None, history: flow.History | None = None, helped: str = "") -> Page:
    """Return page `number` of a session (the current one by default).

    An earlier page needs the session's `history`, and so does one that may be the first again. Raises
    IllegalMoveError for a page that was not reached.
    """
    document = document_of(session.version_id)
    if history is None:
        first = session.count == 1
        return Page(session, document, session.position, session.count, current=True, first=first, helped=helped)
    number = session.count if number is None else number
    page, chosen = history.page(number), history.chosen_answer(number) or ""
    current = number == session.count or page.origin == history.pages[-1].origin
    return Page(session, document, page.position, number, current, not page.previous, chosen, helped if current else "")


def is_back_at_entry(session: Session) -> bool:
    """Return whether a session stands where it began, so that only its log tells if a page is before this one."""
    return session.count > 1 and session.position == flow.entry_position(
        document_of(session.version_id), session.symptom
    )


def step_address(session: Session, number: int) -> str:
    """Return the address of page `number` of a session."""
    return reverse("step", args=[session.code, number])
