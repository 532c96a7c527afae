"""The context of a call's page: what to say, the choices with their keys, the path, the notes, the customer's page."""

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
from ..publishing import document_of
from ..support import calls
from .base import call_address

KEYS = "1234567890"
ID_REFERENCES = re.compile(r' (id|for|aria-labelledby|aria-describedby)="')
# Events other than moves, in words; notes show their own text.
EVENT_LABELS = {
    EventKind.HELP: "asked for a person",
    EventKind.REMARK: "said that it looks different",
    EventKind.JOIN: "joined",
    EventKind.PART: "ended the joint session",
    EventKind.PASSED: "passed it on",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer as a button: its digit key, its card, and whether it is the answer given so far."""

    value: str
    card: ChoiceCard
    key: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class CallState:
    """One page of a session and the log that led to it."""

    page: presenters.Page
    history: flow.History
    rows: list[Event]


def call_state(session: Session, number: int | None = None) -> CallState:
    """Return page `number`, by default the current one; raise IllegalMoveError if it has not been reached."""
    rows = list(session.events.select_related("agent").order_by("number"))
    history = flow.History(document_of(session.version_id), (row.event for row in rows))
    last = next((e for e in reversed(history.events) if e.kind in (EventKind.END, EventKind.FEEDBACK)), None)
    helped = last.answer if last and last.kind == EventKind.FEEDBACK and session.status != OPEN else ""
    return CallState(presenters.page_of(session, number, history, helped), history, rows)


def was_current(history: flow.History, number: int, count: int) -> bool:
    """Return whether page `number` was the current page when the log held `count` events."""
    try:
        return history.page(number).origin == history.page(count).origin
    except flow.IllegalMoveError:
        return False


def call_context(request: HttpRequest, state: CallState, user: User) -> dict[str, Any]:
    """Return the context of _call.html, the part of the page that moves change."""
    session = state.page.session
    return {
        "session": session,
        "path": path(state),
        "event_log": event_log(state.rows, session),
        "case": getattr(session, "case", None),
        **page_context(request, state.page),
        **ownership_context(session, user),
    }


def page_context(request: HttpRequest, page: presenters.Page) -> dict[str, Any]:
    """Return what to say, the choices, the customer's page, and the URLs of the page's links and forms."""
    session, screen = page.session, presenters.screen_context(page)
    return {
        "number": page.number,
        "seen": session.count,
        "screen": screen,
        "agent": presenters.agent_context(page),
        "asks_confirmation": page.node.screen(page.position) == "confirm",
        "choices": list(choices(page, screen)),
        "customer_view": customer_view(request, page, screen),
        "page_url": call_address(session, page.number),
        "current_url": call_address(session),
        "updates_url": reverse("desk_news", args=[session.code, page.number]),
        "note_url": reverse("desk_note", args=[session.code]),
    }


def ownership_context(session: Session, user: User) -> dict[str, Any]:
    """Return which agent a session is assigned to, and what `user` may do with it."""
    blocked_reason, assigned_agent = calls.blocked_reason(session, user), calls.current_agent(session)
    joined = session.channel != Session.Channel.AGENT
    return {
        "blocked_reason": blocked_reason,
        "may_move": not blocked_reason,
        "take_label": take_label(session, user),
        "joined": joined,
        "assigned_agent": assigned_agent,
        "is_mine": assigned_agent == user,
        # Nobody else can move the agent's own active call, so its page needs no polling.
        "polls": joined or bool(blocked_reason),
    }


def take_label(session: Session, user: User) -> str:
    """Return the label of the button that takes a session; empty if the user may not take it."""
    if not calls.may_take(session, user):
        return ""
    return "Take over" if calls.current_agent(session) else "Reopen"


def customer_view(request: HttpRequest, page: presenters.Page, screen: presenters.Context) -> SafeString:
    """Return a read-only copy of the page that the customer sees.

    Its headings move two levels down, and its ids get a prefix so as not to clash with the page around it.
    """
    readonly = presenters.readonly_context(screen, page.answer)
    html: str = render_to_string("customer/session/_screen.html", {"screen": readonly}, request)
    for level in (2, 1):
        html = html.replace(f"<h{level}", f"<h{level + 2}").replace(f"</h{level}>", f"</h{level + 2}>")
    return mark_safe(ID_REFERENCES.sub(r' \1="their-', html))  # nosec B308, B703  # noqa: S308  ours, escaped


def choices(page: presenters.Page, screen: presenters.Context) -> Iterator[Choice]:
    """Yield the answers to a page in the customer's order and words, each with its digit key."""
    cards = [*screen["form"].fields["answer"].choices] if "form" in screen else []
    cards += button_choices(page, screen)
    for index, (value, card) in enumerate(cards):
        yield Choice(value, card, KEYS[index] if index < len(KEYS) else "", value == page.answer)


def button_choices(page: presenters.Page, screen: presenters.Context) -> list[tuple[str, ChoiceCard]]:
    """Return the answers that the customer's page shows as buttons, not as cards."""
    name = page.node.screen(page.position)
    if name == "diagnosis":
        tried = [(cause["value"], ChoiceCard(cause["label"], f"Again: {cause['result']}")) for cause in screen["tried"]]
        return [(NONE, ChoiceCard(NONE_WORDING)), *tried]
    if name == "confirm":
        return [(CONFIRM, ChoiceCard(WORDINGS[CONFIRM], erases=True)), (DECLINE, ChoiceCard(WORDINGS[DECLINE]))]
    if name != "procedure":
        return []
    blocked = (BLOCKED, ChoiceCard("They can’t do this"))
    if screen["is_last"]:
        return [(WORKED, ChoiceCard(screen["worked_label"])), (FAILED, ChoiceCard(screen["failed_label"])), blocked]
    works_now = [(WORKED, ChoiceCard(screen["works_now_label"]))] if screen["works_now_label"] else []
    return [(NEXT, ChoiceCard("Done, next step")), *works_now, blocked]


def path(state: CallState) -> list[dict[str, Any]]:
    """Return the pages from the first to the session's current one, each with its answer and URL."""
    session, history = state.page.session, state.history
    shown_origin = history.page(state.page.number).origin
    trail = history.trail()
    items = []
    for origin, following in pairwise([*trail, 0]):
        page = presenters.Page(
            session, history.document, history.page(origin).position, origin, is_current=not following
        )
        answer = history.events[following - 1].answer if following else ""
        items.append(
            {
                "title": presenters.heading(page),
                "answer": page.node.wording(history.document, page.position, answer) if answer else "",
                "url": call_address(session, origin),
                "is_shown": origin == shown_origin,
            }
        )
    return items


def event_log(rows: list[Event], session: Session) -> list[dict[str, Any]]:
    """Return the notes and the events in EVENT_LABELS, latest first, with author and time."""
    notes = session.events.filter(kind=EventKind.NOTE).select_related("words")
    texts = {row.number: row.words.text for row in notes if hasattr(row, "words")}
    customer = "The caller" if session.channel == Session.Channel.AGENT else "The customer"
    return [
        {
            "at": row.at,
            "who": calls.agent_name(row.agent) if row.actor == Event.Actor.AGENT else customer,
            "what": EVENT_LABELS.get(EventKind(row.kind), ""),
            "is_note": row.kind == EventKind.NOTE,
            "words": texts.get(row.number, ""),
            "url": call_address(session, row.to),
        }
        for row in reversed(rows)
        if row.kind == EventKind.NOTE or row.kind in EVENT_LABELS
    ]
