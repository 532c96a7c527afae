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
from ..presenters.forms import Card
from ..presenters.readonly_html import still
from ..publishing import document_of
from ..support import calls
from .base import address_of

KEYS = "1234567890"
REFERS = re.compile(r' (id|for|aria-labelledby|aria-describedby)="')
# What happened beside the way, in words; notes speak for themselves.
HAPPENED = {
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
    card: Card
    key: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One page of a session, with the log that led to it."""

    view: presenters.View
    history: flow.History
    rows: list[Event]


def seen(session: Session, number: int | None = None) -> Seen:
    """Return page `number` of a session (the current one by default); raise IllegalMove where it was not reached."""
    rows = list(session.events.select_related("agent").order_by("number"))
    history = flow.History(document_of(session.version_id), (row.event for row in rows))
    said = next((e for e in reversed(history.events) if e.kind in (EventKind.END, EventKind.FEEDBACK)), None)
    helped = said.answer if said and said.kind == EventKind.FEEDBACK and session.status != OPEN else ""
    return Seen(presenters.view_of(session, number, history, helped), history, rows)


def is_where_it_stood(history: flow.History, number: int, count: int) -> bool:
    """Return whether page `number` was the current one when the log held `count` events."""
    try:
        return history.page(number).origin == history.page(count).origin
    except flow.IllegalMove:
        return False


def shown(request: HttpRequest, page: Seen, user: User) -> dict[str, Any]:
    """Return all that the part of the page shows that moves change."""
    session = page.view.session
    return {
        "session": session,
        "path": path(page),
        "happened": happened(page.rows, session),
        "case": getattr(session, "case", None),
        **of_page(request, page.view),
        **of_hands(session, user),
    }


def of_page(request: HttpRequest, view: presenters.View) -> dict[str, Any]:
    """Return the page itself: what to say, the choices, the customer's view, and where its links and forms lead."""
    session, screen = view.session, presenters.screen(view)
    return {
        "number": view.number,
        "seen": session.count,
        "screen": screen,
        "agent": presenters.for_agent(view),
        "confirms": view.node.screen(view.position) == "confirm",
        "choices": list(choices(view, screen)),
        "theirs": theirs(request, view, screen),
        "here_url": address_of(session, view.number),
        "current_url": address_of(session),
        "news_url": reverse("desk_news", args=[session.code, view.number]),
        "note_url": reverse("desk_note", args=[session.code]),
    }


def of_hands(session: Session, user: User) -> dict[str, Any]:
    """Return in whose hand a session is, and what the agent who looks at it may do with it."""
    why_not, held_by = calls.why_not(session, user), calls.holder(session)
    joined = session.channel != Session.Channel.AGENT
    return {
        "why_not": why_not,
        "may_move": not why_not,
        "take_words": take_words(session, user),
        "joined": joined,
        "held_by": held_by,
        "is_mine": held_by == user,
        # Where somebody else may move it; a call of one's own changes by oneself alone.
        "polls": joined or bool(why_not),
    }


def take_words(session: Session, user: User) -> str:
    """Return what the button says by which somebody takes a session; empty where they may not."""
    if not calls.may_take(session, user):
        return ""
    return "Take over" if calls.holder(session) else "Take it up again"


def theirs(request: HttpRequest, view: presenters.View, screen: presenters.Context) -> SafeString:
    """Return the page as the customer sees it, still: nothing on it does anything.

    Its headings are two levels down, and its ids are not those of the page around it.
    """
    html = still(render_to_string("customer/session/_screen.html", {"screen": screen}, request), view.chosen)
    for level in (2, 1):
        html = html.replace(f"<h{level}", f"<h{level + 2}").replace(f"</h{level}>", f"</h{level + 2}>")
    return mark_safe(REFERS.sub(r' \1="their-', html))  # nosec B308, B703  # noqa: S308  ours, escaped


def choices(view: presenters.View, screen: presenters.Context) -> Iterator[Choice]:
    """Yield the answers that can be given on a page, in the customer's order and words, each with its digit."""
    cards = [*screen["form"].fields["answer"].choices] if "form" in screen else []
    cards += lesser(view, screen)
    for place, (value, card) in enumerate(cards):
        yield Choice(value, card, KEYS[place] if place < len(KEYS) else "", value == view.chosen)


def lesser(view: presenters.View, screen: presenters.Context) -> list[tuple[str, Card]]:
    """Return the answers of a page that are buttons for the customer, not cards."""
    name = view.node.screen(view.position)
    if name == "diagnosis":
        again = [(each["value"], Card(each["label"], f"Again: {each['result']}")) for each in screen["tried"]]
        return [(NONE, Card(NONE_WORDING)), *again]
    if name == "confirm":
        return [(CONFIRM, Card(WORDINGS[CONFIRM], erases=True)), (DECLINE, Card(WORDINGS[DECLINE]))]
    if name != "procedure":
        return []
    blocked = (BLOCKED, Card("They can’t do this"))
    if screen["is_last"]:
        return [(WORKED, Card(screen["worked_label"])), (FAILED, Card(screen["failed_label"])), blocked]
    works_now = [(WORKED, Card(screen["works_now_label"]))] if screen["works_now_label"] else []
    return [(NEXT, Card("Done, next step")), *works_now, blocked]


def path(page: Seen) -> list[dict[str, Any]]:
    """Return the pages that lead to where the session stands, each with the answer given on it and its address."""
    session, history = page.view.session, page.history
    here = history.page(page.view.number).origin
    trail = history.trail()
    items = []
    for origin, following in pairwise([*trail, 0]):
        view = presenters.View(session, history.document, history.page(origin).position, origin, current=not following)
        given = history.events[following - 1].answer if following else ""
        items.append(
            {
                "title": presenters.heading(view),
                "answer": view.node.wording(history.document, view.position, given) if given else "",
                "url": address_of(session, origin),
                "here": origin == here,
            }
        )
    return items


def happened(rows: list[Event], session: Session) -> list[dict[str, Any]]:
    """Return what was noted and what happened beside the way, latest first, with who did it and when."""
    notes = session.events.filter(kind=EventKind.NOTE).select_related("words")
    words = {row.number: row.words.text for row in notes if hasattr(row, "words")}
    customer = "The caller" if session.channel == Session.Channel.AGENT else "The customer"
    return [
        {
            "at": row.at,
            "who": calls.name_of(row.agent) if row.actor == Event.Actor.AGENT else customer,
            "what": HAPPENED.get(EventKind(row.kind), ""),
            "is_note": row.kind == EventKind.NOTE,
            "words": words.get(row.number, ""),
            "url": address_of(session, row.to),
        }
        for row in reversed(rows)
        if row.kind == EventKind.NOTE or row.kind in HAPPENED
    ]
