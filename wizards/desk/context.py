"""What the page of a call shows: what to say, the choices with their keys, the path, the notes, the customer's view."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from .. import flow, presenters
from ..flow import EventKind
from ..flow.kinds.diagnosis import NONE, NONE_WORDING
from ..flow.procedures import BLOCKED, CONFIRM, DECLINE, FAILED, NEXT, WORDINGS, WORKED
from ..models import OPEN, Event, Session
from ..presenters.forms import ChoiceCard
from ..presenters.readonly_html import make_readonly
from ..publishing import document_of
from ..support import calls
from .base import call_address

KEYS = "1234567890"
REFERS = re.compile(r' (id|for|aria-labelledby|aria-describedby)="')
# What happened beside the way, in words; notes speak for themselves.
EVENT_LABELS = {
    EventKind.HELP: "asked for a person",
    EventKind.REMARK: "said that it looks different",
    EventKind.JOIN: "joined",
    EventKind.PART: "ended being in it together",
    EventKind.PASSED: "passed it on",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer as a button: the digit that gives it, its words, and whether it was given before."""

    value: str
    card: ChoiceCard
    key: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class CallState:
    """One page of a session, with the log that led to it."""

    view: presenters.Page
    history: flow.History
    rows: list[Event]


def call_state(session: Session, number: int | None = None) -> CallState:
    """Return page `number` of a session (by default the current one); raise IllegalMoveError if it was not reached."""
    rows = list(session.events.select_related("agent").order_by("number"))
    history = flow.History(document_of(session.version_id), (row.event for row in rows))
    said = next((e for e in reversed(history.events) if e.kind in (EventKind.END, EventKind.FEEDBACK)), None)
    helped = said.answer if said and said.kind == EventKind.FEEDBACK and session.status != OPEN else ""
    return CallState(presenters.page_of(session, number, history, helped), history, rows)


def is_unmoved(history: flow.History, number: int, count: int) -> bool:
    """Return whether page `number` was the current one when the log held `count` events."""
    try:
        return history.page(number).origin == history.page(count).origin
    except flow.IllegalMoveError:
        return False


def call_context(request: HttpRequest, page: CallState, user: User) -> dict[str, Any]:
    """Return all that the part of the page shows that moves change."""
    session = page.view.session
    return {
        "session": session,
        "path": path(page),
        "happened": event_log(page.rows, session),
        "case": getattr(session, "case", None),
        **page_context(request, page.view),
        **ownership_context(session, user),
    }


def page_context(request: HttpRequest, view: presenters.Page) -> dict[str, Any]:
    """Return the page itself: what to say, the choices, the customer's view, and where its links and forms lead."""
    session, screen = view.session, presenters.screen_context(view)
    return {
        "number": view.number,
        "seen": session.count,
        "screen": screen,
        "agent": presenters.agent_context(view),
        "confirms": view.node.screen(view.position) == "confirm",
        "choices": list(choices(view, screen)),
        "theirs": customer_view(request, view, screen),
        "here_url": call_address(session, view.number),
        "current_url": call_address(session),
        "news_url": reverse("desk_news", args=[session.code, view.number]),
        "note_url": reverse("desk_note", args=[session.code]),
    }


def ownership_context(session: Session, user: User) -> dict[str, Any]:
    """Return in whose hand a session is, and what the agent who looks at it may do with it."""
    why_not, held_by = calls.blocked_reason(session, user), calls.current_agent(session)
    joined = session.channel != Session.Channel.AGENT
    return {
        "why_not": why_not,
        "may_move": not why_not,
        "take_words": take_label(session, user),
        "joined": joined,
        "held_by": held_by,
        "is_mine": held_by == user,
        # Where somebody else may move it; a call of one's own changes by oneself alone.
        "polls": joined or bool(why_not),
    }


def take_label(session: Session, user: User) -> str:
    """Return what the button says by which somebody takes a session; empty where they may not."""
    if not calls.may_take(session, user):
        return ""
    return "Take over" if calls.current_agent(session) else "Take it up again"


def customer_view(request: HttpRequest, view: presenters.Page, screen: presenters.Context) -> SafeString:
    """Return the page as the customer sees it, still: nothing on it does anything.

    Its headings are two levels down, and its ids are not those of the page around it.
    """
    html = make_readonly(render_to_string("customer/session/_screen.html", {"screen": screen}, request), view.chosen)
    for level in (2, 1):
        html = html.replace(f"<h{level}", f"<h{level + 2}").replace(f"</h{level}>", f"</h{level + 2}>")
    return mark_safe(REFERS.sub(r' \1="their-', html))  # nosec B308, B703  # noqa: S308  ours, escaped


def choices(view: presenters.Page, screen: presenters.Context) -> Iterator[Choice]:
    """Yield the answers that can be given on a page, in the customer's order and words, each with its digit."""
    cards = [*screen["form"].fields["answer"].choices] if "form" in screen else []
    cards += is_secondary(view, screen)
    for place, (value, card) in enumerate(cards):
        yield Choice(value, card, KEYS[place] if place < len(KEYS) else "", value == view.chosen)


def is_secondary(view: presenters.Page, screen: presenters.Context) -> list[tuple[str, ChoiceCard]]:
    """Return the answers of a page that are buttons for the customer, not cards."""
    name = view.node.screen(view.position)
    if name == "diagnosis":
        again = [(each["value"], ChoiceCard(each["label"], f"Again: {each['result']}")) for each in screen["tried"]]
        return [(NONE, ChoiceCard(NONE_WORDING)), *again]
    if name == "confirm":
        return [(CONFIRM, ChoiceCard(WORDINGS[CONFIRM], erases=True)), (DECLINE, ChoiceCard(WORDINGS[DECLINE]))]
    if name != "procedure":
        return []
    blocked = (BLOCKED, ChoiceCard("They can’t do this"))
    if screen["is_last"]:
        return [(WORKED, ChoiceCard(screen["worked_label"])), (FAILED, ChoiceCard(screen["failed_label"])), blocked]
    works_now = [(WORKED, ChoiceCard(screen["works_now_label"]))] if screen["works_now_label"] else []
    return [(NEXT, ChoiceCard("Done, next step")), *works_now, blocked]


def path(page: CallState) -> list[dict[str, Any]]:
    """Return the pages that lead to where the session stands, each with the answer given on it and its address."""
    session, history = page.view.session, page.history
    here = history.page(page.view.number).origin
    trail = history.trail()
    items = []
    for origin, following in pairwise([*trail, 0]):
        view = presenters.Page(session, history.document, history.page(origin).position, origin, current=not following)
        given = history.events[following - 1].answer if following else ""
        items.append(
            {
                "title": presenters.heading(view),
                "answer": view.node.wording(history.document, view.position, given) if given else "",
                "url": call_address(session, origin),
                "here": origin == here,
            }
        )
    return items


def event_log(rows: list[Event], session: Session) -> list[dict[str, Any]]:
    """Return what was noted and what happened beside the way, latest first, with who did it and when."""
    notes = session.events.filter(kind=EventKind.NOTE).select_related("words")
    words = {row.number: row.words.text for row in notes if hasattr(row, "words")}
    customer = "The caller" if session.channel == Session.Channel.AGENT else "The customer"
    return [
        {
            "at": row.at,
            "who": calls.agent_name(row.agent) if row.actor == Event.Actor.AGENT else customer,
            "what": EVENT_LABELS.get(EventKind(row.kind), ""),
            "is_note": row.kind == EventKind.NOTE,
            "words": words.get(row.number, ""),
            "url": call_address(session, row.to),
        }
        for row in reversed(rows)
        if row.kind == EventKind.NOTE or row.kind in EVENT_LABELS
    ]
