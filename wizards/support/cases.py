"""Cases, from opening to closing, follow-up and deletion. A case is a session that support takes over."""

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

FOLLOW_UP_DAYS = 60  # how long after closing the link in the customer's mail works


@transaction.atomic
def open_case(sessions: SingleSession, contact: str, words: str = "", by: User | None = None) -> Case:
    """Open a case for the only session in `sessions`, and notify support; a session that has a case keeps it unchanged.

    `contact` is how the customer can be reached, `words` what they wrote, `by` the agent who opens it for them. Raises
    Session.DoesNotExist, and ValueError for an editor's preview.
    """
    session = sessions.select_for_update().get()
    if existing := case_of(session):
        return existing
    if session.channel == Session.Channel.TEST:
        raise ValueError("A preview opens no case.")
    session = journal.request_help(sessions, by)
    case = Case.objects.create(session=session, contact=storable(contact), words=storable(words))
    outbox.notify_support(case, outbox.OPENED)
    return case


def case_of(session: Session) -> Case | None:
    return Case.objects.filter(session=session).first()


@transaction.atomic
def take(case: Case, by: AbstractBaseUser) -> Case:
    """Assign an unassigned case to an agent; an assigned one is returned unchanged."""
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
    """Close a case, notify the webhooks, and mail the customer a follow-up link if their contact is an e-mail address.

    `cause` is a cause of the diagnosis `cause_node`; or both are empty and `other` describes it in words. `works` says
    whether the device works now. An unassigned case is assigned to `by`; a closed one is returned unchanged. Raises
    ValueError if the diagnosis has no such cause.
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
    """Reopen a closed case and notify support; an open one is returned unchanged."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    if case.closed_at:
        case.closed_at = None
        case.save(update_fields=["closed_at"])
        outbox.notify_support(case, outbox.REOPENED)
    return case


@transaction.atomic
def record_follow_up(code: str, secret: str, came_back: bool) -> Case | None:
    """Record the customer's follow-up on a closed case, and reopen the case if the fault came back.

    `code` is the session's, `secret` comes from the mail. Returns the case, or None if the secret does not match or
    FOLLOW_UP_DAYS have passed. The same answer again, or an answer about an open case, changes nothing.
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
    """Delete the closed cases of these sessions with their deliveries, and return how many. Open cases stay."""
    session_ids = list(sessions.order_by().values_list("pk", flat=True))
    cases = Case.objects.filter(session__in=session_ids, closed_at__isnull=False)
    return cases.delete()[1].get(Case._meta.label, 0)


def erase_words(cases: QuerySet[Case]) -> int:
    """Erase contacts and free text from these cases, and return how many cases.

    Pending deliveries go out without them; a mail to a customer whose address is erased fails for good.
    """
    case_ids = list(cases.order_by().values_list("pk", flat=True))
    # Mail servers quote the address in their errors.
    Delivery.objects.filter(case__in=case_ids, address=CUSTOMER).update(error="")
    return Case.objects.filter(pk__in=case_ids).update(contact="", words="", other="", follow_up="")


def _check_cause(case: Case, node_id: str, cause: str) -> None:
    node = document_of(case.session.version_id).node(node_id)
    if not isinstance(node, Diagnosis) or node.cause(cause) is None:
        raise ValueError(f"{cause!r} is not a cause of a diagnosis {node_id!r}.")
