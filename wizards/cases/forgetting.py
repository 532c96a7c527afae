"""Forgetting: closed cases past their time, and what is personal in a case."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from ..models import Case, Delivery, Session
from .mails import CUSTOMER


@transaction.atomic
def forget(sessions: QuerySet[Session]) -> int:
    """Delete the closed cases of these sessions with all that was sent about them; return how many. Open ones stay."""
    keys = list(sessions.order_by().values_list("pk", flat=True))
    cases = Case.objects.filter(session__in=keys, closed_at__isnull=False)
    return cases.delete()[1].get(Case._meta.label, 0)


def forget_words(cases: QuerySet[Case]) -> int:
    """Empty everything that people wrote in these cases, and how to reach them; return how many cases.

    What still waits to be sent goes out without it; a mail to a customer whose address is gone is given up.
    """
    keys = list(cases.order_by().values_list("pk", flat=True))
    Delivery.objects.filter(case__in=keys, address=CUSTOMER).update(error="")  # what mail servers said of their address
    return Case.objects.filter(pk__in=keys).update(contact="", words="", other="", follow_up="")
