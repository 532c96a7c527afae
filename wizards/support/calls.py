"""Who has which call in hand: the only writer of calls, and of who once had which session.

    begin, join -> in hand -> put_aside -> resume -> pass_on -> (a colleague's) -> leave

A call says whose tab a session is in; that nobody else may move it is said by the session's row, which the journal
writes. A session is in an agent's hand where both name them: a customer who ends it takes it out of every hand.
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

Done = TypeVar("Done")
# Frozen: a form that was sent before an upgrade and again after it finds the same session by it.
VISITOR_SALT = "wizards.desk"
BACKEND = "django.contrib.auth.backends.ModelBackend"  # with whose rights colleagues are looked for


class NotYourCallError(Exception):
    """The session is in nobody's hand, in a colleague's, or put aside. `str()` is a sentence for who tried."""


@transaction.atomic
def begin(version: Version, symptom: str, by: User, caller: str = "", once: str = "") -> Session:
    """Begin a caller's session, assigned to the agent, and return it; raise flow.IllegalMoveError for no such symptom.

    `once` names the form that was sent: sending it again takes up the same session instead of making another.
    """
    session = journal.begin(version, symptom, agent_visitor(by, once), Session.Channel.AGENT, by)
    _take(session, by, Handling.How.BEGAN, caller=caller)
    return session


def agent_visitor(by: User, once: str = "") -> str:
    """Return what stands for the visitor of an agent's session: no secret has this digest, so no customer owns it."""
    return salted_hmac(VISITOR_SALT, f"{by.pk} {once or get_random_string(32)}", algorithm="sha256").hexdigest()


@transaction.atomic
def join(code: str, by: User) -> Session:
    """Let an agent into the session whose code they were told, and return it; raise join_codes.InvalidCodeError."""
    session = join_codes.join(code, by)
    _take(session, by, Handling.How.JOINED)
    return session


@transaction.atomic
def with_note(one: QuerySet[Session], number: int, words: str, by: User, act: Callable[[], Done]) -> Done:
    """Log what an agent noted on page `number` of a session, if anything, then do and return what `act` does.

    Neither happens where one cannot: what either raises is raised.
    """
    if words:
        journal.note(one, number, words, by)
    return act()


@transaction.atomic
def leave(session: Session, by: User) -> None:
    """Take a call out of the agent's hand; the customer of a session that they joined has it to themselves again."""
    one = _locked(session)
    if one.channel != Session.Channel.AGENT and one.agent_id == by.pk:
        join_codes.end(one, by)
    _calls(one).filter(agent=by).update(agent=None, aside=False)


def put_on_hold(one: Session, by: User, aside: bool = True) -> None:
    """Put a call aside, or resume it; nothing where it is not in the agent's hand."""
    _calls(one).filter(agent=by, session__agent=by).update(aside=aside, since=timezone.now())


@transaction.atomic
def pass_on(session: Session, by: User, to: User) -> None:
    """Pass a call on to a colleague, who finds it in their list; raise NotYourCallError, or ValueError for `to`.

    Whoever leads may pass on any call that is in somebody's hand.
    """
    if not colleagues(by).filter(pk=to.pk).exists():
        raise ValueError(f"{to} takes no calls.")
    one = _locked(session)
    held = current_agent(one)
    if held is None or (held.pk != by.pk and not by.has_perm(permissions.LEAD_CALLS)):
        raise NotYourCallError(blocked_reason(one, by))
    journal.pass_on(Session.objects.filter(pk=one.pk), by, to)
    _take(one, to, Handling.How.PASSED, aside=True)


@transaction.atomic
def take(session: Session, by: User) -> None:
    """Take a call that nobody has in hand any more, or, for who leads, out of a colleague's; raise NotYourCallError."""
    one = _locked(session)
    if not may_take(one, by):
        raise NotYourCallError(blocked_reason(one, by))
    journal.pass_on(Session.objects.filter(pk=one.pk), by, by)
    _take(one, by, Handling.How.PASSED)


def log_case_taken(session: Session, by: User) -> None:
    """Note that an agent took the case of a session: they may look at it from then on."""
    _note(session, by, Handling.How.CASE)


def cases_of(user: User, most_open: int, most_closed: int) -> QuerySet[Case]:
    """Return an agent's open cases, those that came back first, then the oldest; after them those closed last."""
    theirs = Case.objects.filter(agent=user)
    came_back = Coalesce("came_back", False).desc()
    still_open = theirs.filter(closed_at=None).order_by(came_back, "opened_at")[:most_open]
    closed = theirs.filter(closed_at__isnull=False).order_by("-closed_at")[:most_closed]
    listed = theirs.filter(Q(pk__in=still_open.values("pk")) | Q(pk__in=closed.values("pk")))
    return listed.order_by(F("closed_at").desc(nulls_first=True), came_back, "opened_at").select_related("session")


def may_take(session: Session, user: User) -> bool:
    """Return whether somebody may take a session that they see.

    A customer's own session only while somebody is in it: the customer agreed to that, and to no more.
    """
    held = current_agent(session)
    if held is None:
        return session.channel == Session.Channel.AGENT
    return held.pk != user.pk and user.has_perm(permissions.LEAD_CALLS)


def current_agent(session: Session) -> User | None:
    """Return in whose hand a session is, if in any."""
    call = getattr(session, "call", None)
    return call.agent if call and call.agent_id and call.agent_id == session.agent_id else None


def blocked_reason(session: Session, user: User) -> str:
    """Return why somebody may not move a session, as a sentence; an empty string where they may."""
    held = current_agent(session)
    if held is None and session.channel == Session.Channel.AGENT:
        return "This call is finished. Take it up again to go on."
    if held is None:
        return "You are not in this session. The customer has it to themselves: ask for a new code to go on with them."
    if held.pk != user.pk:
        return f"This session is in the hand of {agent_name(held)}. Only one of you can go on in it."
    return "This call is put aside. Resume it to go on." if session.call.aside else ""


def agent_name(user: User | None) -> str:
    """Return how an agent is named."""
    return user.get_full_name() or user.get_username() if user else "a former colleague"


def set_caller(one: Session, caller: str) -> None:
    """Write down who calls; an empty string erases it."""
    _calls(one).update(caller=caller)


def erase_callers(chosen: QuerySet[Session]) -> int:
    """Erase who called in these sessions; return in how many there was something to erase."""
    return Call.objects.filter(session__in=chosen).exclude(caller="").update(caller="")


def active_calls() -> QuerySet[Call]:
    """Return the calls that are in somebody's hand, newest first, each with its session."""
    found = Call.objects.filter(agent__isnull=False, session__agent=F("agent")).select_related("session", "agent")
    return found.order_by("-since")


def calls_of(user: User) -> QuerySet[Call]:
    """Return an agent's calls, each with what `was_passed` asks for."""
    passed = Handling.objects.filter(
        session=OuterRef("session"), agent=user, how=Handling.How.PASSED, at=OuterRef("since")
    )
    return active_calls().filter(agent=user).annotate(passed=Exists(passed))


def was_passed(call: Call) -> bool:
    """Return whether a colleague passed a call of `calls_of` to the agent, who has not taken it up yet."""
    return bool(call.passed)  # type: ignore[attr-defined]  # annotated


def colleagues(user: User) -> QuerySet[User]:
    """Return to whom an agent may pass a call: active staff who take calls."""
    able = User.objects.with_perm(permissions.TAKE_CALLS, backend=BACKEND)
    found: QuerySet[User] = able.filter(is_staff=True, is_active=True).exclude(pk=user.pk)
    return found.order_by("first_name", "last_name", "username")


def _locked(session: Session) -> Session:
    """Return the session as it is now, held until the transaction ends."""
    return Session.objects.select_for_update().get(pk=session.pk)


def _calls(session: Session) -> QuerySet[Call]:
    return Call.objects.filter(session=session)


def _take(session: Session, agent: User, how: Handling.How, aside: bool = False, caller: str = "") -> None:
    now = timezone.now()
    said = {"caller": caller} if caller else {}
    Call.objects.update_or_create(session=session, defaults={"agent": agent, "aside": aside, "since": now} | said)
    # At the same moment as the call: that tells one that was passed from one that was put aside.
    Handling.objects.update_or_create(session=session, agent=agent, how=how, defaults={"at": now})


def _note(session: Session, agent: User, how: Handling.How) -> None:
    Handling.objects.get_or_create(session=session, agent=agent, how=how)
