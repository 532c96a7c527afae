"""A case is closed with what it was in the end, and opened again where the customer says that it came back."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from ..flow.kinds import Diagnosis
from ..models import Case
from ..publishing import document_of
from . import links, outbox

FOLLOW_UP_DAYS = 60  # so long after closing a customer can say what became of it, while their address is kept


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
    case.follow_up = links.digest(outbox.tell_customer(case)) if links.mail_address(case.contact) else ""
    case.save()
    outbox.tell_webhooks(case, outbox.CLOSED)
    return case


@transaction.atomic
def reopen(case: Case) -> Case:
    """Open a closed case again with everything in place, and tell support; an open one comes back as it is."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    if case.closed_at:
        case.closed_at = None
        case.save(update_fields=["closed_at"])
        outbox.tell_support(case, outbox.REOPENED)
    return case


@transaction.atomic
def followed_up(code: str, secret: str, came_back: bool) -> Case | None:
    """Note what a customer says about their closed case some time later; open it again where the fault came back.

    `code` is that of the case's session, `secret` what stood in the mail. Returns the case; None where the two do not
    belong together, or the time for it is over. Said again, or of a case that is open again, it changes nothing.
    """
    case = Case.objects.select_for_update(of=("self",)).filter(session__code=code).exclude(follow_up="").first()
    if not constant_time_compare(links.digest(secret), case.follow_up if case else "") or case is None:
        return None
    now = timezone.now()
    if case.closed_at is None or case.came_back == came_back:
        return case
    if now - case.closed_at > timedelta(days=FOLLOW_UP_DAYS):
        return None
    case.came_back, case.followed_up_at = came_back, now
    case.save(update_fields=["came_back", "followed_up_at"])
    return reopen(case) if came_back else case


def _check_cause(case: Case, node: str, cause: str) -> None:
    found = document_of(case.session.version_id).node(node)
    if not isinstance(found, Diagnosis) or found.cause(cause) is None:
        raise ValueError(f"{cause!r} is no cause of a diagnosis {node!r}.")
