"""The outbox: in the transaction of the event, writes a `Delivery` row and a task for each recipient.

The rows hold no personal data. It is looked up when a message is sent, so that data erased meanwhile is not sent.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone

from ...flow.kinds import Diagnosis
from ...models import Case, Delivery, Webhook
from ...publishing import document_of
from ..transcript import build_transcript, storable
from . import follow_up_links, tasks
from .email import CUSTOMER

OPENED, CLOSED, REOPENED = "case.opened", "case.closed", "case.reopened"


def notify_support(case: Case, event: str) -> None:
    """Queue a mail to each support address and a message to each webhook."""
    body = _body(case, event)
    for address in settings.SUPPORT_CASES_TO:
        _enqueue(case, event, body, address=address)
    notify_webhooks(case, event, body)


def notify_webhooks(case: Case, event: str, body: dict[str, Any] | None = None) -> None:
    """Queue a message to each active webhook."""
    for webhook in Webhook.objects.filter(active=True):
        _enqueue(case, event, body or _body(case, event), webhook=webhook)


def notify_customer(case: Case) -> str:
    """Queue the mail about the closed case to the customer, and return the secret that it will carry."""
    delivery_id = _enqueue(case, CLOSED, _body(case, CLOSED), address=CUSTOMER)
    return follow_up_links.make_secret(delivery_id)


def _enqueue(case: Case, event: str, body: dict[str, Any], **recipient: Any) -> UUID:
    row = Delivery.objects.create(id=uuid4(), case=case, event=event, body=body, **recipient)
    tasks.enqueue(row)
    return row.pk


def _body(case: Case, event: str) -> dict[str, Any]:
    """Return the message about a case in its current state."""
    body = {"event": event, "at": timezone.now().isoformat(timespec="seconds"), "case": case.pk}
    body |= build_transcript(case.session)
    if event == CLOSED:
        body |= {"cause": case.cause, "cause_label": _cause_label(case), "works": case.works}
    return body


def _cause_label(case: Case) -> str:
    node = document_of(case.session.version_id).node(case.cause_node)
    cause = node.cause(case.cause) if isinstance(node, Diagnosis) else None
    return storable(cause.label) if cause else ""
