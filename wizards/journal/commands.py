"""What people do, appended to the log.

Each function is one transaction: it locks the session, asks `flow` what may be appended, appends it, and moves the
session's row along; nothing is acknowledged before its commit.

`by` is the agent who does it; None for the customer. Where both are in a session, whoever moves second from a page that
the other has left meanwhile is refused (see `flow.IllegalMoveError`), and nothing is written.

Every function but `begin` takes the sessions that the caller may move (`access` says which) narrowed to one; it
raises Session.DoesNotExist if there is none, and flow.IllegalMoveError, with nothing written, if the move is not legal.
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
MAX_EVENTS = 2000  # most pages replay the log: after so many, which is no person's, only what moves nobody is logged
TOO_LONG = "This visit has become too long to go on. Begin again on the first page, or ask a person."
Moves = Callable[[flow.History], Sequence[flow.Event]]


@transaction.atomic
def begin(
    version: Version,
    symptom_id: str,
    visitor: str,
    channel: Session.Channel = Session.Channel.SELF_SERVICE,
    by: User | None = None,
) -> Session:
    """Begin a session of `version` by a symptom for a visitor (the digest of their secret), and return it.

    A session of theirs that stands at this very beginning is taken up instead of making another.
    """
    document = document_of(version.pk)
    events = flow.begin_events(document, symptom_id)
    _wait_for_other_beginnings(visitor)
    same = Session.objects.filter(visitor=visitor, status=OPEN, version=version, symptom=symptom_id, count=len(events))
    if there := same.first():
        return there
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
    _stand(session, document, flow.entry_position(document, symptom_id), events, now)
    session.save(force_insert=True)
    _append(session, events, by)
    return session


@transaction.atomic
def answer(
    sessions: SingleSession, number: int, given: str, by: User | None = None, seen: int | None = None
) -> Session:
    """Log the answer `given` on page `number`, and return the session as it stands then.

    The same answer given again logs nothing; another answer to an earlier page logs going back, then the answer.
    `seen` is how many events there were when the page was shown; by default as many as make it the current page.
    """
    session = _locked(sessions)
    if number != session.count:
        _hold_nobody_else_moved(session, seen or number, by)
        return _move(session, lambda history: history.answer(number, given), by)
    document = document_of(session.version_id)
    events = flow.apply_answer(document, session.position, given)
    return _write(session, document, events, flow.next_position(document, session.position, given), by=by)


@transaction.atomic
def back(sessions: SingleSession, number: int, by: User | None = None) -> Session:
    """Log going back from page `number` to the page before it; nothing where there is none."""
    session = _locked(sessions)
    _hold_nobody_else_moved(session, number, by)
    return _move(session, lambda history: history.back(number), by)


@transaction.atomic
def restart(sessions: SingleSession, number: int, by: User | None = None) -> Session:
    """Log going back from page `number` to the first page."""
    session = _locked(sessions)
    _hold_nobody_else_moved(session, number, by)
    return _move(session, lambda history: history.back(number, to=1), by)


@transaction.atomic
def remark(sessions: SingleSession, number: int, words: str, by: User | None = None) -> Session:
    """Log that page `number` looks different from what the person sees, with their words (may be empty)."""
    return _aside(_locked(sessions), number, flow.EventKind.REMARK, words=words, by=by)


@transaction.atomic
def feedback(sessions: SingleSession, number: int, helped: str, words: str) -> Session:
    """Log whether it helped ("yes" or "no"), said on the outcome page `number`, with words (may be empty)."""
    return _aside(_locked(sessions), number, flow.EventKind.FEEDBACK, helped, words)


@transaction.atomic
def request_help(sessions: SingleSession, by: User | None = None) -> Session:
    """Log that the person asks for a human on the current page; once for each page."""
    session = _locked(sessions)
    origin = history_of(session).pages[-1].origin
    return _aside(session, origin, flow.EventKind.HELP, by=by)


@transaction.atomic
def note(sessions: SingleSession, number: int, words: str, by: User) -> Session:
    """Log what an agent noted on page `number`."""
    return _aside(_locked(sessions), number, flow.EventKind.NOTE, words=words, by=by)


@transaction.atomic
def join(sessions: SingleSession, by: User) -> Session:
    """Log that an agent is in a customer's session from now on; its row names them."""
    return _in_hand(_locked(sessions), flow.EventKind.JOIN, by, by)


@transaction.atomic
def leave(sessions: SingleSession, by: User | None = None) -> Session:
    """Log that the agent is not in a customer's session any more; `by` is who ended it, None for the customer."""
    return _in_hand(_locked(sessions), flow.EventKind.PART, by, None)


@transaction.atomic
def pass_on(sessions: SingleSession, by: User, to: User) -> Session:
    """Log that an agent passed the session on to a colleague; its row names the colleague."""
    return _in_hand(_locked(sessions), flow.EventKind.PASSED, by, to)


def history_of(session: Session) -> flow.History:
    """Return the session's log replayed over its version; raise flow.BrokenLogError where the log is broken."""
    return flow.History(document_of(session.version_id), (row.event for row in session.events.order_by("number")))


def latest_feedback(session: Session) -> str:
    """Return what the person said about the outcome reached, whether it helped: "yes", "no", or an empty string."""
    if session.status == OPEN:
        return ""
    said = session.events.filter(kind__in=[flow.EventKind.END, flow.EventKind.FEEDBACK]).order_by("-number")
    last = said.values_list("kind", "answer").first()
    return last[1] if last and last[0] == flow.EventKind.FEEDBACK else ""


def rebuild_row(session: Session) -> Session:
    """Return an unsaved session whose repeated fields are computed from the log alone; raise flow.BrokenLogError."""
    logged = list(session.events.order_by("number"))
    document = document_of(session.version_id)
    history = flow.replay(document, [row.event for row in logged])
    if not logged:
        raise flow.BrokenLogError(1, "the log is empty")
    again = Session(
        pk=session.pk,
        code=session.code,
        version_id=session.version_id,
        channel=session.channel,
        visitor=session.visitor,
    )
    again.symptom, again.begun_at, again.count = logged[0].answer, logged[0].at, 0
    _stand(again, document, history.pages[-1].position, history.events, logged[-1].at)
    return again


def mark_tallied(counts: Mapping[int, int]) -> None:
    """Note how many events of each session the tallies hold, by the sessions' primary keys."""
    keys: dict[int, list[int]] = {}
    for key, count in counts.items():
        keys.setdefault(count, []).append(key)
    for count, of_count in keys.items():
        Session.objects.filter(pk__in=of_count).update(tallied=count)


def mark_untallied(since: datetime | None) -> None:
    """Note that the tallies hold nothing of the sessions that began at `since` or later; None: of any session."""
    sessions = Session.objects.filter(tallied__gt=0)
    if since:
        sessions = sessions.filter(begun_at__gte=since)
    sessions.update(tallied=0)


def _wait_for_other_beginnings(visitor: str) -> None:
    """Let a visitor's beginnings wait for each other until the transaction ends; SQLite's transactions always do."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(visitor.encode())])


def _locked(sessions: SingleSession) -> Session:
    return sessions.select_for_update().get()


def _hold_nobody_else_moved(session: Session, seen: int, by: User | None) -> None:
    """Raise IllegalMoveError where the other one, of an agent and a customer, moved after `seen` events."""
    if session.agent_id is None or seen >= session.count:
        return
    other = Event.Actor.CUSTOMER if by else Event.Actor.AGENT
    if session.events.filter(number__gt=seen, actor=other, kind__in=MOVE_KINDS).exists():
        who = "The customer" if by else "The person who helps you"
        raise flow.IllegalMoveError(f"{who} went on a moment before you. This is the page where you both are now.")


def _in_hand(session: Session, kind: flow.EventKind, by: User | None, agent: User | None) -> Session:
    """Log that a session changes hands, and name in its row whose it is; nothing where it is theirs already."""
    if session.agent_id == (agent.pk if agent else None):
        return session
    session.agent = agent
    session.save(update_fields=["agent"])
    event = flow.annotation(document_of(session.version_id), session.position, kind, session.count)
    return _write(session, document_of(session.version_id), (event,), session.position, by=by)


def _move(session: Session, moves: Moves, by: User | None = None) -> Session:
    history = history_of(session)
    events = tuple(moves(history))
    for event in events:
        history.append(event)
    return _write(session, history.document, events, history.pages[-1].position, by=by)


def _aside(
    session: Session, number: int, kind: flow.EventKind, given: str = "", words: str = "", by: User | None = None
) -> Session:
    event = history_of(session).annotate(number, kind, given)
    latest = session.events.filter(kind=kind, to=number).select_related("words").order_by("-number").first()
    if latest and latest.event == event and _words(latest) == words:
        return session
    return _write(session, document_of(session.version_id), (event,), session.position, words, by)


def _words(row: Event) -> str:
    return row.words.text if hasattr(row, "words") else ""


def _write(
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
    _stand(session, document, position, events, now)
    _append(session, events, by)
    sql.update_session(session)
    if words:
        Words.objects.create(event=session.events.get(number=session.count), text=words)
    return session


def _append(session: Session, events: Sequence[flow.Event], by: User | None = None) -> None:
    """Insert the events as the log's last ones, numbered up to the session's count."""
    actor = Event.Actor.AGENT if by else Event.Actor.CUSTOMER
    sql.insert_events(session, events, session.seen_at, actor.value, by.pk if by else None)


def _stand(
    session: Session, document: flow.Document, position: flow.Position, events: Sequence[flow.Event], now: datetime
) -> None:
    """Make the session's row say where it stands after `events` more."""
    session.position = position
    session.count += len(events)
    session.seen_at = now
    session.status = flow.outcome(document, position) or OPEN
    for event in events:
        session.backs += event.kind == flow.EventKind.BACK
        session.helps += event.kind == flow.EventKind.HELP
        session.remarks += event.kind == flow.EventKind.REMARK
