"""Sends the deliveries in the outbox. The Delivery row holds the state; a task only says that a row may be due.

An attempt: a short transaction claims the row (counts the attempt and postpones the next by DELIVERY_SECONDS), the
message is sent with no lock held, and a second short transaction records the result. A process killed in between leaves
a waiting row, which `sweep` finds once it is due. So delivery is at least once, always with the row's id: receivers
that remember ids can drop duplicates.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from uuid import UUID

from django.conf import settings
from django.db import Error, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from ...models import Delivery
from ..transcript import one_line
from . import email, webhooks
from .http_client import NotAcceptedError

log = logging.getLogger(__name__)

QUEUE = "deliveries"
# After the first attempt, the second, ...; the last one repeats. A delivery is given up at its first failure after
# MAX_AGE, but not before each of these delays was used: a site that was down for a week still tries again.
RETRY_DELAYS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60, 12 * 60, 24 * 60, 24 * 60, 24 * 60)
)
MAX_AGE = timedelta(days=3)
MAX_SWEEP = 200
WAITING, SENT, FAILED = Delivery.State.WAITING, Delivery.State.SENT, Delivery.State.FAILED


@task(queue_name=QUEUE)
def deliver(delivery: str) -> str:
    """Try to send the delivery with this id if it is waiting and due; return the result as text for the task's log."""
    row = _claim(UUID(delivery))
    if row is None:
        return "nothing to do"
    try:
        _send(row)
    except NotAcceptedError as reason:
        return _failed(row, str(reason), for_good=reason.for_good)
    except (OSError, SMTPException) as reason:
        return _failed(row, _safe_reason(row, reason))
    except Error:
        raise  # the database's fault: the row keeps waiting, and `sweep` finds it
    except Exception as error:  # a message that cannot be built must neither stop the others nor be tried for ever
        reason_text = _safe_reason(row, error)
        log.exception(
            "Delivery %s cannot be sent", row.pk, exc_info=Exception(reason_text).with_traceback(error.__traceback__)
        )
        return _failed(row, f"internal error: {reason_text}")
    return _sent(row)


def enqueue(row: Delivery) -> None:
    """Queue an attempt for when `row` is due. Call it in the transaction that wrote the row."""
    deliver.using(run_after=row.next_at if row.tries else None).enqueue(str(row.pk))


def has_work() -> bool:
    return DBTaskResult.objects.ready().filter(queue_name=QUEUE).exists()


def sweep() -> int:
    """Queue an attempt for each due delivery unless tasks are ready anyway; return how many.

    Such deliveries have lost their task: a process was killed, or the queue was emptied.
    """
    if has_work():
        return 0
    due = Delivery.objects.filter(state=WAITING, next_at__lte=timezone.now()).order_by("next_at")
    delivery_ids = list(due.values_list("pk", flat=True)[:MAX_SWEEP])
    for delivery_id in delivery_ids:
        deliver.enqueue(str(delivery_id))
    return len(delivery_ids)


def end_tasks() -> int:
    """Mark the tasks of killed workers as failed after DELIVERY_SECONDS, and return how many.

    This only tidies up the queue: their deliveries are waiting, and `sweep` finds them.
    """
    now = timezone.now()
    dead = DBTaskResult.objects.running().filter(
        queue_name=QUEUE, started_at__lt=now - timedelta(seconds=settings.DELIVERY_SECONDS)
    )
    return dead.update(status=TaskResultStatus.FAILED, finished_at=now, traceback="The worker did not finish.")


@transaction.atomic
def send_again(deliveries: QuerySet[Delivery]) -> list[Delivery]:
    """Reset deliveries of any state to be sent now, with the same ids and all their attempts; return them."""
    rows = list(deliveries.select_for_update(of=("self",)))
    for row in rows:
        row.state, row.tries, row.next_at, row.error = WAITING, 0, timezone.now(), ""
        row.save(update_fields=["state", "tries", "next_at", "error"])
        enqueue(row)
    return rows


def _claim(delivery_id: UUID) -> Delivery | None:
    """Count an attempt and return the row if it is waiting and due; nobody else can claim it for DELIVERY_SECONDS."""
    now = timezone.now()
    with transaction.atomic():
        due = Delivery.objects.select_for_update(skip_locked=True).filter(
            pk=delivery_id, state=WAITING, next_at__lte=now
        )
        row = due.first()
        if row:
            row.tries += 1
            row.next_at = now + timedelta(seconds=settings.DELIVERY_SECONDS)
            row.save(update_fields=["tries", "next_at"])
    return row


def _send(row: Delivery) -> None:
    """Send the message; raise NotAcceptedError, OSError or SMTPException."""
    if row.webhook_id:
        webhooks.send(row)
    else:
        email.send(row)


def _safe_reason(row: Delivery, reason: Exception) -> str:
    """Return the reason of a failure without the customer's address, which mail servers quote."""
    name = type(reason).__name__
    unreachable = isinstance(reason, OSError) and not isinstance(reason, SMTPException)
    if row.address != email.CUSTOMER or unreachable:
        return f"{name}: {reason}"
    codes = [code for code, _ in reason.recipients.values()] if isinstance(reason, SMTPRecipientsRefused) else []
    codes += [reason.smtp_code] if isinstance(reason, SMTPResponseException) else []
    return " ".join([name, *map(str, codes)])


def _sent(row: Delivery) -> str:
    _update_claimed(row, state=SENT, sent_at=timezone.now(), error="")
    return "sent"


def _failed(row: Delivery, reason: str, for_good: bool = False) -> str:
    """Record why an attempt failed, and schedule the next one unless the delivery is given up."""
    now, error = timezone.now(), one_line(reason, 500)
    if for_good or (row.tries > len(RETRY_DELAYS) and now - row.made_at > MAX_AGE):
        _update_claimed(row, state=FAILED, error=error)
        log.error("Delivery %s was given up after %s tries: %s", row.pk, row.tries, error)
        return "given up"
    with transaction.atomic():
        if _update_claimed(row, error=error, next_at=now + RETRY_DELAYS[min(row.tries, len(RETRY_DELAYS)) - 1]):
            row.refresh_from_db(fields=["next_at"])
            enqueue(row)
    log.warning("Delivery %s failed: %s", row.pk, error)
    return "failed"


def _update_claimed(row: Delivery, **changes: object) -> bool:
    """Update the row if this attempt still holds its claim; return whether it did."""
    return bool(Delivery.objects.filter(pk=row.pk, state=WAITING, tries=row.tries).update(**changes))
