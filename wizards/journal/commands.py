"""The commands that append to a session's log: answer, go back, remark, join and so on.

Each function that a person triggers is one transaction: it locks the session, asks `flow` for the events to append,
inserts them and updates the session's row. Nothing is acknowledged before the commit.

`by` is the agent who acts; None is the customer. If both are in a session and one of them has left a page, the other's
move from that page raises flow.IllegalMoveError, and nothing is written.

Every command but `begin` takes a query for one session that the caller may move (see `permissions`). It raises
Session.DoesNotExist if there is none, and flow.IllegalMoveError, with nothing written, if the move is not legal.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from .. import flow
from ..models import CODE_ALPHABET, CODE_LENGTH, OPEN, Event, Session, SingleSession, Version, Words
from ..publishing import document_of
from . import sql

MOVE_KINDS = (flow.EventKind.ANSWER, flow.EventKind.BACK)
# Most pages replay the whole log. No person reaches this many events; beyond it only annotations are logged.
MAX_EVENTS = 2000
TOO_LONG = "This visit has become too long to go on. Begin again on the first page, or ask a person."
EventsOf = Callable[[flow.History], Sequence[flow.Event]]


@transaction.atomic
def begin(
    version: Version,
    symptom_id: str,
    visitor: str,
    channel: Session.Channel = Session.Channel.SELF_SERVICE,
    by: User | None = None,
) -> Session:
    """Start a session of `version` from a symptom for a visitor (the digest of their secret).

    Returns the visitor's open session of the same version and symptom instead, if nothing has happened in it yet.
    """
    document = document_of(version.pk)
    events = flow.begin_events(document, symptom_id)
    _lock_visitor(visitor)
    same = Session.objects.filter(visitor=visitor, status=OPEN, version=version, symptom=symptom_id, count=len(events))
    if existing := same.first():
        return existing
    now = timezone.now()
    session = Session(
        code="".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH)),
        version=version,
        channel=channel,
        visitor=visitor,
        symptom=symptom_id,
        begun_at=now,
        seen_at=now,
        count=0,
        agent=by,
    )
    apply_to_row(session, document, flow.entry_position(document, symptom_id), events, now)
    session.save(force_insert=True)
    _insert_events(session, events, by)
    return session


@transaction.atomic
def answer(
    sessions: SingleSession, number: int, answer: str, by: User | None = None, seen: int | None = None
) -> Session:
    """Log an answer to page `number`, and return the updated session.

    The same answer again logs nothing; another answer to an earlier page logs going back, then the answer.
    `seen` is the number of events when the page was rendered. It defaults to `number`: the page was current then.
    """
    session = _lock(sessions)
    if number != session.count:
        _check_nobody_moved(session, seen or number, by)
        return _replay_and_record(session, lambda history: history.answer(number, answer), by)
    document = document_of(session.version_id)
    events = flow.answer_events(document, session.position, answer)
    return _record(session, document, events, flow.next_position(document, session.position, answer), by=by)


@transaction.atomic
def back(sessions: SingleSession, number: int, by: User | None = None) -> Session:
    """Log going back from page `number` to the previous page; on the first page log nothing."""
    session = _lock(sessions)
    _check_nobody_moved(session, number, by)
    return _replay_and_record(session, lambda history: history.back(number), by)


@transaction.atomic
def restart(sessions: SingleSession, number: int, by: User | None = None) -> Session:
    """Log going back from page `number` to the first page; the session stays the same."""
    session = _lock(sessions)
    _check_nobody_moved(session, number, by)
    return _replay_and_record(session, lambda history: history.back(number, to=1), by)


@transaction.atomic
def remark(sessions: SingleSession, number: int, words: str, by: User | None = None) -> Session:
    """Log that page `number` does not match what the person sees, with their words (may be empty)."""
    return _annotate(_lock(sessions), number, flow.EventKind.REMARK, words=words, by=by)


@transaction.atomic
def feedback(sessions: SingleSession, number: int, helped: str, words: str) -> Session:
    """Log whether it helped ("yes" or "no") on the outcome page `number`, with words (may be empty)."""
    return _annotate(_lock(sessions), number, flow.EventKind.FEEDBACK, helped, words)


@transaction.atomic
def request_help(sessions: SingleSession, by: User | None = None) -> Session:
    """Log that the person asks for a human on the current page; at most once for each page."""
    session = _lock(sessions)
    origin = history_of(session).pages[-1].origin
    return _annotate(session, origin, flow.EventKind.HELP, by=by)


@transaction.atomic
def note(sessions: SingleSession, number: int, words: str, by: User) -> Session:
    return _annotate(_lock(sessions), number, flow.EventKind.NOTE, words=words, by=by)


@transaction.atomic
def join(sessions: SingleSession, by: User) -> Session:
    """Log that an agent joins a customer's session, and assign it to them."""
    return _assign_agent(_lock(sessions), flow.EventKind.JOIN, by, by)


@transaction.atomic
def leave(sessions: SingleSession, by: User | None = None) -> Session:
    """Log that the agent leaves a customer's session, and unassign it; `by` is who ended it, None for the customer."""
    return _assign_agent(_lock(sessions), flow.EventKind.PART, by, None)


@transaction.atomic
def pass_on(sessions: SingleSession, by: User, to: User) -> Session:
    """Log that an agent passes the session on to a colleague, and assign it to them."""
    return _assign_agent(_lock(sessions), flow.EventKind.PASSED, by, to)


def history_of(session: Session) -> flow.History:
    """Replay the session's log over its version; raise flow.BrokenLogError if the log is broken."""
    return flow.History(document_of(session.version_id), (row.event for row in session.events.order_by("number")))


def latest_feedback(session: Session) -> str:
    """Return whether the outcome reached helped, as the person said last: "yes", "no", or empty."""
    if session.status == OPEN:
        return ""
    events = session.events.filter(kind__in=[flow.EventKind.END, flow.EventKind.FEEDBACK]).order_by("-number")
    last = events.values_list("kind", "answer").first()
    return last[1] if last and last[0] == flow.EventKind.FEEDBACK else ""


def rebuild_row(session: Session) -> Session:
    """Return an unsaved session with its denormalized fields computed from the log; raise flow.BrokenLogError."""
    logged = list(session.events.order_by("number"))
    document = document_of(session.version_id)
    history = flow.replay(document, [row.event for row in logged])
    if not logged:
        raise flow.BrokenLogError(1, "the log is empty")
    rebuilt = Session(
        pk=session.pk,
        code=session.code,
        version_id=session.version_id,
        channel=session.channel,
        visitor=session.visitor,
    )
    rebuilt.symptom, rebuilt.begun_at, rebuilt.count = logged[0].answer, logged[0].at, 0
    apply_to_row(rebuilt, document, history.pages[-1].position, history.events, logged[-1].at)
    return rebuilt


def mark_tallied(counts: Mapping[int, int]) -> None:
    """Store how many events of each session (by primary key) the tallies contain."""
    keys: dict[int, list[int]] = {}
    for key, count in counts.items():
        keys.setdefault(count, []).append(key)
    for count, session_keys in keys.items():
        Session.objects.filter(pk__in=session_keys).update(tallied=count)


def mark_untallied(since: datetime | None) -> None:
    """Mark sessions that began at `since` or later, or all of them for None, as not in the tallies."""
    sessions = Session.objects.filter(tallied__gt=0)
    if since:
        sessions = sessions.filter(begun_at__gte=since)
    sessions.update(tallied=0)


def _lock_visitor(visitor: str) -> None:
    """Serialize a visitor's calls of `begin` until the transaction ends; on SQLite writing transactions always are."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(visitor.encode())])


def _lock(sessions: SingleSession) -> Session:
    return sessions.select_for_update().get()


def _check_nobody_moved(session: Session, seen: int, by: User | None) -> None:
    """Raise IllegalMoveError if the other person, agent or customer, has moved since there were `seen` events."""
    if session.agent_id is None or seen >= session.count:
        return
    other = Event.Actor.CUSTOMER if by else Event.Actor.AGENT
    if session.events.filter(number__gt=seen, actor=other, kind__in=MOVE_KINDS).exists():
        who = "The customer" if by else "The person who helps you"
        raise flow.IllegalMoveError(f"{who} went on a moment before you. This is the page where you both are now.")


def _assign_agent(session: Session, kind: flow.EventKind, by: User | None, agent: User | None) -> Session:
    """Log an assignment and store it in the session's row; do nothing if it is assigned to `agent` already."""
    if session.agent_id == (agent.pk if agent else None):
        return session
    session.agent = agent
    session.save(update_fields=["agent"])
    event = flow.annotation(document_of(session.version_id), session.position, kind, session.count)
    return _record(session, document_of(session.version_id), (event,), session.position, by=by)


def _replay_and_record(session: Session, events_of: EventsOf, by: User | None = None) -> Session:
    history = history_of(session)
    events = tuple(events_of(history))
    for event in events:
        history.append(event)
    return _record(session, history.document, events, history.pages[-1].position, by=by)


def _annotate(
    session: Session, number: int, kind: flow.EventKind, answer: str = "", words: str = "", by: User | None = None
) -> Session:
    event = history_of(session).annotate(number, kind, answer)
    latest = session.events.filter(kind=kind, to=number).select_related("words").order_by("-number").first()
    if latest and latest.event == event and _text_of(latest) == words:
        return session
    return _record(session, document_of(session.version_id), (event,), session.position, words, by)


def _text_of(row: Event) -> str:
    return row.words.text if hasattr(row, "words") else ""


def _record(
    session: Session,
    document: flow.Document,
    events: Sequence[flow.Event],
    position: flow.Position,
    words: str = "",
    by: User | None = None,
) -> Session:
    if not events:
        return session
    if session.count >= MAX_EVENTS and events[0].kind in MOVE_KINDS:
        raise flow.IllegalMoveError(TOO_LONG)
    now = max(timezone.now(), session.seen_at)
    apply_to_row(session, document, position, events, now)
    _insert_events(session, events, by)
    sql.update_session(session)
    if words:
        Words.objects.create(event=session.events.get(number=session.count), text=words)
    return session


def _insert_events(session: Session, events: Sequence[flow.Event], by: User | None = None) -> None:
    """Insert events whose numbers end at `session.count`."""
    actor = Event.Actor.AGENT if by else Event.Actor.CUSTOMER
    sql.insert_events(session, events, session.seen_at, actor.value, by.pk if by else None)


def apply_to_row(
    session: Session, document: flow.Document, position: flow.Position, events: Sequence[flow.Event], now: datetime
) -> None:
    """Set the row's position, status and counters to their values after `events`; does not save it."""
    session.position = position
    session.count += len(events)
    session.seen_at = now
    session.status = flow.outcome(document, position) or OPEN
    for event in events:
        session.backs += event.kind == flow.EventKind.BACK
        session.helps += event.kind == flow.EventKind.HELP
        session.remarks += event.kind == flow.EventKind.REMARK
