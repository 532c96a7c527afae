"""Which agent each call is assigned to. The only module that writes `Call` and `Handling` rows.

    begin, join, take        -> assigned
    put_on_hold, resume         assigned <-> on hold
    pass_on                     either -> on hold, assigned to a colleague
    leave                       either -> unassigned

`Call.agent` decides in whose tabs a call appears. `Session.agent`, which the journal writes, decides who may move the
session. A call is assigned only while both name the same agent, so a customer who ends a join also ends the call.
`Call.aside` is the column that stores "on hold".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import get_random_string, salted_hmac

from .. import journal, permissions
from ..models import Call, Case, Handling, Session, Version
from . import join_codes

Result = TypeVar("Result")
# Frozen: a form submitted before an upgrade and again after it must lead to the same session.
VISITOR_SALT = "wizards.desk"
AUTH_BACKEND = "django.contrib.auth.backends.ModelBackend"  # `with_perm` needs one of the configured backends


class NotYourCallError(Exception):
    """The call is unassigned, a colleague's or on hold. `str()` is a sentence to show to the agent."""


@transaction.atomic
def begin(version: Version, symptom: str, by: User, caller: str = "", idempotency_key: str = "") -> Session:
    """Begin a session for a caller and assign it to the agent.

    The same `idempotency_key` again returns the same session. Raises flow.IllegalMoveError for an
    unknown symptom.
    """
    session = journal.begin(version, symptom, agent_visitor(by, idempotency_key), Session.Channel.AGENT, by)
    _assign(session, by, Handling.How.BEGAN, caller=caller)
    return session


def agent_visitor(by: User, idempotency_key: str = "") -> str:
    """Return the `visitor` value of an agent's session.

    It is a digest that matches no visitor's secret, so that no customer owns the session.
    """
    return salted_hmac(
        VISITOR_SALT, f"{by.pk} {idempotency_key or get_random_string(32)}", algorithm="sha256"
    ).hexdigest()


@transaction.atomic
def join(code: str, by: User) -> Session:
    """Let an agent into the session that a customer's code stands for; raise join_codes.InvalidCodeError."""
    session = join_codes.join(code, by)
    _assign(session, by, Handling.How.JOINED)
    return session


@transaction.atomic
def with_note(sessions: QuerySet[Session], number: int, words: str, by: User, action: Callable[[], Result]) -> Result:
    """Log an agent's note on page `number`, if there is one, and run `action`, in one transaction.

    If either raises, nothing is written.
    """
    if words:
        journal.note(sessions, number, words, by)
    return action()


@transaction.atomic
def leave(session: Session, by: User) -> None:
    """Unassign a call. If the agent joined a customer's session, it is the customer's alone again."""
    session = _lock(session)
    if session.channel != Session.Channel.AGENT and session.agent_id == by.pk:
        join_codes.end(session, by)
    _call_of(session).filter(agent=by).update(agent=None, aside=False)


def put_on_hold(session: Session, by: User) -> None:
    """Put a call on hold: nobody can move it until it is resumed. Does nothing unless it is assigned to the agent."""
    _set_on_hold(session, by, True)


def resume(session: Session, by: User) -> None:
    """Take a call off hold. Does nothing unless it is assigned to the agent."""
    _set_on_hold(session, by, False)


@transaction.atomic
def pass_on(session: Session, by: User, to: User) -> None:
    """Assign a call to a colleague, on hold until they resume it.

    Leads may pass on any assigned call. Raises NotYourCallError, and ValueError if `to` takes no calls.
    """
    if not colleagues(by).filter(pk=to.pk).exists():
        raise ValueError(f"{to} takes no calls.")
    session = _lock(session)
    assigned = current_agent(session)
    if assigned is None or (assigned.pk != by.pk and not by.has_perm(permissions.LEAD_CALLS)):
        raise NotYourCallError(blocked_reason(session, by))
    journal.pass_on(Session.objects.filter(pk=session.pk), by, to)
    _assign(session, to, Handling.How.PASSED, on_hold=True)


@transaction.atomic
def take(session: Session, by: User) -> None:
    """Assign an unassigned call, or for leads a colleague's call, to the agent; raise NotYourCallError."""
    session = _lock(session)
    if not may_take(session, by):
        raise NotYourCallError(blocked_reason(session, by))
    journal.pass_on(Session.objects.filter(pk=session.pk), by, by)
    _assign(session, by, Handling.How.PASSED)


def log_case_taken(session: Session, by: User) -> None:
    """Record that an agent took the case of a session, which lets them see the session from then on."""
    Handling.objects.get_or_create(session=session, agent=by, how=Handling.How.CASE)


def cases_of(user: User, max_open: int, max_closed: int) -> QuerySet[Case]:
    """Return an agent's open cases (those that came back first, then the oldest), then the most recently closed."""
    assigned = Case.objects.filter(agent=user)
    came_back = Coalesce("came_back", False).desc()
    still_open = assigned.filter(closed_at=None).order_by(came_back, "opened_at")[:max_open]
    closed = assigned.filter(closed_at__isnull=False).order_by("-closed_at")[:max_closed]
    listed = assigned.filter(Q(pk__in=still_open.values("pk")) | Q(pk__in=closed.values("pk")))
    return listed.order_by(F("closed_at").desc(nulls_first=True), came_back, "opened_at").select_related("session")


def may_take(session: Session, user: User) -> bool:
    """Return whether a user may take a session that they can see.

    A customer's own session can be taken only while an agent is in it: the customer consented to no more than that.
    """
    assigned = current_agent(session)
    if assigned is None:
        return session.channel == Session.Channel.AGENT
    return assigned.pk != user.pk and user.has_perm(permissions.LEAD_CALLS)


def current_agent(session: Session) -> User | None:
    """Return the agent that a session is assigned to, if any."""
    call = getattr(session, "call", None)
    return call.agent if call and call.agent_id and call.agent_id == session.agent_id else None


def blocked_reason(session: Session, user: User) -> str:
    """Return a sentence that says why a user may not move a session; empty if they may."""
    assigned = current_agent(session)
    if assigned is None and session.channel == Session.Channel.AGENT:
        return "This call is finished. Reopen it to continue."
    if assigned is None:
        return "You are not in this session. Ask the customer for a code to join it."
    if assigned.pk != user.pk:
        return f"This session is assigned to {agent_name(assigned)}. Only the assigned agent can continue it."
    return "This call is on hold. Resume it to continue." if session.call.aside else ""


def agent_name(user: User | None) -> str:
    return user.get_full_name() or user.get_username() if user else "a former colleague"


def set_caller(session: Session, caller: str) -> None:
    """Store who is calling; an empty string erases it."""
    _call_of(session).update(caller=caller)


def erase_callers(sessions: QuerySet[Session]) -> int:
    """Erase who called; return the number of sessions that had a caller."""
    return Call.objects.filter(session__in=sessions).exclude(caller="").update(caller="")


def active_calls() -> QuerySet[Call]:
    """Return the assigned calls, newest first, each with its session."""
    assigned = Call.objects.filter(agent__isnull=False, session__agent=F("agent"))
    return assigned.select_related("session", "agent").order_by("-since")


def calls_of(user: User) -> QuerySet[Call]:
    """Return an agent's calls, annotated for `was_passed`."""
    passed = Handling.objects.filter(
        session=OuterRef("session"), agent=user, how=Handling.How.PASSED, at=OuterRef("since")
    )
    return active_calls().filter(agent=user).annotate(passed=Exists(passed))


def was_passed(call: Call) -> bool:
    """Return whether a colleague passed this call (from `calls_of`) to the agent, who has not resumed it yet."""
    return bool(call.passed)  # type: ignore[attr-defined]  # annotated


def colleagues(user: User) -> QuerySet[User]:
    """Return the users that an agent may pass a call to: active staff who take calls."""
    permitted = User.objects.with_perm(permissions.TAKE_CALLS, backend=AUTH_BACKEND)
    others: QuerySet[User] = permitted.filter(is_staff=True, is_active=True).exclude(pk=user.pk)
    return others.order_by("first_name", "last_name", "username")


def _lock(session: Session) -> Session:
    """Return the session's current row, locked until the transaction ends."""
    return Session.objects.select_for_update().get(pk=session.pk)


def _call_of(session: Session) -> QuerySet[Call]:
    return Call.objects.filter(session=session)


def _set_on_hold(session: Session, by: User, on_hold: bool) -> None:
    _call_of(session).filter(agent=by, session__agent=by).update(aside=on_hold, since=timezone.now())


def _assign(session: Session, agent: User, how: Handling.How, on_hold: bool = False, caller: str = "") -> None:
    now = timezone.now()
    values = {"agent": agent, "aside": on_hold, "since": now} | ({"caller": caller} if caller else {})
    Call.objects.update_or_create(session=session, defaults=values)
    # The same time as the call's: by it `calls_of` tells a call that was passed on from one that was put on hold.
    Handling.objects.update_or_create(session=session, agent=agent, how=how, defaults={"at": now})
