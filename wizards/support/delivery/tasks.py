"""Sends what waits in the outbox. The Delivery row is the truth; a task is only the call to look at it.

One try: a short transaction claims the row (counts the try, and puts the next one off by DELIVERY_SECONDS); the message
goes out, with no lock held; a second short transaction notes what became of it. A process that is killed anywhere in
between leaves a row that waits, which `sweep` finds when its time has come. So everything is sent at least once, and
always under the same id, the row's: a receiver that keeps ids gets nothing twice.
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
# After the first try, the second, ...; from then on daily. It is given up at the first failure after more than three
# days, but never before each of these was waited for: a site that was off for a week tries anew.
RETRY_DELAYS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60, 12 * 60, 24 * 60, 24 * 60, 24 * 60)
)
MAX_AGE = timedelta(days=3)
MAX_SWEPT = 200
WAITING, SENT, FAILED = Delivery.State.WAITING, Delivery.State.SENT, Delivery.State.FAILED


@task(queue_name=QUEUE)
def deliver(delivery: str) -> str:
    """Try to send one delivery, by its id, if it waits and is due; return what became of it."""
    row = _claim(UUID(delivery))
    if row is None:
        return "nothing to do"
    try:
        _send(row)
    except NotAcceptedError as reason:
        return _failed(row, str(reason), for_good=reason.for_good)
    except (OSError, SMTPException) as reason:
        return _failed(row, _told(row, reason))
    except Error:
        raise  # not the message's fault: it waits, and is swept up
    except Exception as fault:  # one message that cannot be made must not stop the others, nor be tried for ever
        told = _told(row, fault)
        log.exception(
            "Delivery %s cannot be sent", row.pk, exc_info=Exception(told).with_traceback(fault.__traceback__)
        )
        return _failed(row, f"a fault of ours: {told}")
    return _sent(row)


def enqueue(row: Delivery) -> None:
    """Ask the worker for a try of `row` when it is due; in the same transaction as what it is about."""
    deliver.using(run_after=row.next_at if row.tries else None).enqueue(str(row.pk))


def has_work() -> bool:
    """Return whether a task is ready to be worked on."""
    return DBTaskResult.objects.ready().filter(queue_name=QUEUE).exists()


def sweep() -> int:
    """Ask for a try of what waits and is due, unless tasks are ready anyway; return for how many.

    These are left by processes that were killed, or by a queue that was emptied.
    """
    if has_work():
        return 0
    due = Delivery.objects.filter(state=WAITING, next_at__lte=timezone.now()).order_by("next_at")
    keys = list(due.values_list("pk", flat=True)[:MAX_SWEPT])
    for key in keys:
        deliver.enqueue(str(key))
    return len(keys)


def end_tasks() -> int:
    """Note as failed the tasks whose worker is taken for dead, and return how many: a killed one leaves them running.

    Nothing is sent because of it, nor not sent: their deliveries wait, and are swept up.
    """
    now = timezone.now()
    dead = DBTaskResult.objects.running().filter(
        queue_name=QUEUE, started_at__lt=now - timedelta(seconds=settings.DELIVERY_SECONDS)
    )
    return dead.update(status=TaskResultStatus.FAILED, finished_at=now, traceback="Its worker did not come to an end.")


@transaction.atomic
def send_again(deliveries: QuerySet[Delivery]) -> list[Delivery]:
    """Let these wait again, to be sent at once with the same ids; return them. What waits already is tried now."""
    rows = list(deliveries.select_for_update(of=("self",)))
    for row in rows:
        row.state, row.tries, row.next_at, row.error = WAITING, 0, timezone.now(), ""
        row.save(update_fields=["state", "tries", "next_at", "error"])
        enqueue(row)
    return rows


def _claim(key: UUID) -> Delivery | None:
    """Return the row if it waits and is due, with one try more; nobody else gets it for DELIVERY_SECONDS."""
    now = timezone.now()
    with transaction.atomic():
        waiting = Delivery.objects.select_for_update(skip_locked=True).filter(pk=key, state=WAITING, next_at__lte=now)
        row = waiting.first()
        if row:
            row.tries += 1
            row.next_at = now + timedelta(seconds=settings.DELIVERY_SECONDS)
            row.save(update_fields=["tries", "next_at"])
    return row


def _send(row: Delivery) -> None:
    """Send a message; raise NotAcceptedError, OSError or SMTPException where it did not arrive."""
    if row.webhook_id:
        webhooks.send(row)
    else:
        email.send(row)


def _told(row: Delivery, reason: Exception) -> str:
    """Return why a message was not sent, as it may be kept: mail servers quote the customer's address."""
    name = type(reason).__name__
    away = isinstance(reason, OSError) and not isinstance(reason, SMTPException)
    if row.address != email.CUSTOMER or away:
        return f"{name}: {reason}"
    codes = [code for code, _ in reason.recipients.values()] if isinstance(reason, SMTPRecipientsRefused) else []
    codes += [reason.smtp_code] if isinstance(reason, SMTPResponseException) else []
    return " ".join([name, *map(str, codes)])


def _sent(row: Delivery) -> str:
    """Note that a message was sent."""
    _note(row, state=SENT, sent_at=timezone.now(), error="")
    return "sent"


def _failed(row: Delivery, why: str, for_good: bool = False) -> str:
    """Note why a message was not sent, and when it is tried again, if it is."""
    now, error = timezone.now(), one_line(why, 500)
    if for_good or (row.tries > len(RETRY_DELAYS) and now - row.made_at > MAX_AGE):
        _note(row, state=FAILED, error=error)
        log.error("Delivery %s was given up after %s tries: %s", row.pk, row.tries, error)
        return "given up"
    with transaction.atomic():
        if _note(row, error=error, next_at=now + RETRY_DELAYS[min(row.tries, len(RETRY_DELAYS)) - 1]):
            row.refresh_from_db(fields=["next_at"])
            enqueue(row)
    log.warning("Delivery %s failed: %s", row.pk, error)
    return "failed"


def _note(row: Delivery, **changes: object) -> bool:
    """Change a row that is still in this try's hands; return whether it was."""
    return bool(Delivery.objects.filter(pk=row.pk, state=WAITING, tries=row.tries).update(**changes))
