"""Cases: a session that an agent takes over, from opening to closing, follow-up and deletion."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from .. import journal
from ..flow.kinds import Diagnosis
from ..models import Case, Delivery, Session, SingleSession
from ..publishing import document_of
from .delivery import follow_up_links, outbox
from .delivery.email import CUSTOMER
from .transcript import storable

FOLLOW_UP_DAYS = 60  # so long after closing a customer can say what became of it, while their address is kept


@transaction.atomic
def open_case(sessions: SingleSession, contact: str, words: str = "", by: User | None = None) -> Case:
    """Open a case for the session that `sessions` is narrowed to, and write to the outbox who is told about it.

    A session has one case: opened again, that one comes back as it is. `contact` is how the customer can be reached,
    `words` what they wrote; `by` is the agent who does it for them. Raises Session.DoesNotExist, and ValueError for an
    editor's preview.
    """
    session = sessions.select_for_update().get()
    if there := case_of(session):
        return there
    if session.channel == Session.Channel.TEST:
        raise ValueError("A preview opens no case.")
    session = journal.request_help(sessions, by)
    case = Case.objects.create(session=session, contact=storable(contact), words=storable(words))
    outbox.notify_support(case, outbox.OPENED)
    return case


def case_of(session: Session) -> Case | None:
    """Return the case of a session, if it has one."""
    return Case.objects.filter(session=session).first()


@transaction.atomic
def take(case: Case, by: AbstractBaseUser) -> Case:
    """Give a case that nobody has to an agent; one that somebody has comes back as it is."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    if case.agent_id is None:
        case.agent_id = by.pk
        case.save(update_fields=["agent"])
    return case


@transaction.atomic
def close(
    case: Case,
    by: AbstractBaseUser | None,
    cause_node: str = "",
    cause: str = "",
    other: str = "",
    works: bool | None = None,
) -> Case:
    """Close a case, tell the receivers of webhooks, and send the customer a link where they can be reached by mail.

    `cause` is one of those of the diagnosis `cause_node`, or both are empty and `other` says in words what it was;
    `works` says whether the device works now. A case that nobody has becomes that of `by`. A case that is closed
    already comes back as it is. Raises ValueError for a cause that is none of that diagnosis's.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)
    if case.closed_at:
        return case
    if cause or cause_node:
        _check_cause(case, cause_node, cause)
    case.closed_at, case.works = timezone.now(), works
    case.cause_node, case.cause, case.other = cause_node, cause, other
    case.came_back = case.followed_up_at = None
    case.agent_id = case.agent_id or (by.pk if by else None)
    case.follow_up = (
        follow_up_links.digest(outbox.notify_customer(case)) if follow_up_links.mail_address(case.contact) else ""
    )
    case.save()
    outbox.notify_webhooks(case, outbox.CLOSED)
    return case


@transaction.atomic
def reopen(case: Case) -> Case:
    """Open a closed case again with everything in place, and tell support; an open one comes back as it is."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    if case.closed_at:
        case.closed_at = None
        case.save(update_fields=["closed_at"])
        outbox.notify_support(case, outbox.REOPENED)
    return case


@transaction.atomic
def record_follow_up(code: str, secret: str, came_back: bool) -> Case | None:
    """Note what a customer says about their closed case some time later; open it again where the fault came back.

    `code` is that of the case's session, `secret` what stood in the mail. Returns the case; None where the two do not
    belong together, or the time for it is over. Said again, or of a case that is open again, it changes nothing.
    """
    case = Case.objects.select_for_update(of=("self",)).filter(session__code=code).exclude(follow_up="").first()
    if not constant_time_compare(follow_up_links.digest(secret), case.follow_up if case else "") or case is None:
        return None
    now = timezone.now()
    if case.closed_at is None or case.came_back == came_back:
        return case
    if now - case.closed_at > timedelta(days=FOLLOW_UP_DAYS):
        return None
    case.came_back, case.followed_up_at = came_back, now
    case.save(update_fields=["came_back", "followed_up_at"])
    return reopen(case) if came_back else case


@transaction.atomic
def delete_cases(sessions: QuerySet[Session]) -> int:
    """Delete the closed cases of these sessions with all that was sent about them; return how many. Open ones stay."""
    keys = list(sessions.order_by().values_list("pk", flat=True))
    cases = Case.objects.filter(session__in=keys, closed_at__isnull=False)
    return cases.delete()[1].get(Case._meta.label, 0)


def erase_words(cases: QuerySet[Case]) -> int:
    """Empty everything that people wrote in these cases, and how to reach them; return how many cases.

    What still waits to be sent goes out without it; a mail to a customer whose address is gone is given up.
    """
    keys = list(cases.order_by().values_list("pk", flat=True))
    Delivery.objects.filter(case__in=keys, address=CUSTOMER).update(error="")  # what mail servers said of their address
    return Case.objects.filter(pk__in=keys).update(contact="", words="", other="", follow_up="")


def _check_cause(case: Case, node: str, cause: str) -> None:
    found = document_of(case.session.version_id).node(node)
    if not isinstance(found, Diagnosis) or found.cause(cause) is None:
        raise ValueError(f"{cause!r} is no cause of a diagnosis {node!r}.")
