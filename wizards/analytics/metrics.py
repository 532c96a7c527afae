"""Figures about the whole site for whoever watches it: read from the database when asked, the same on every machine.

They hold nothing about anybody: sums, and how long something has waited.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min, Sum
from django.utils import timezone

from ..models import DayTally, Delivery, Tally
from .sessions import untallied_sessions

ENDED = ("solved", "unsolved", "advice")
OF_SESSIONS = ("begun", *ENDED)


def session_counts() -> dict[str, int]:
    """Return how many sessions were ever begun, and how many ended with each result, as far as they are rolled up."""
    sums = DayTally.objects.filter(span=Tally.Span.MONTH).aggregate(**{name: Sum(name) for name in OF_SESSIONS})
    return {name: sums[name] or 0 for name in OF_SESSIONS}


def delivery_counts() -> dict[str, int]:
    """Return how many deliveries wait, and how many were given up."""
    states = (Delivery.State.WAITING, Delivery.State.FAILED)
    return {state.value: Delivery.objects.filter(state=state).count() for state in states}


def oldest_delivery_seconds() -> float:
    """Return for how many seconds the oldest delivery that is not sent has waited; 0 where none waits."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
    return _age(waiting.aggregate(oldest=Min("made_at"))["oldest"])


def roll_up_lag_seconds() -> float:
    """Return for how many seconds the session that longest waits for being rolled up has been quiet; 0 for none.

    Sessions are rolled up when they have been quiet for five minutes: up to about six minutes is as it should be.
    """
    return _age(untallied_sessions().aggregate(oldest=Min("seen_at"))["oldest"])


def _age(moment: datetime | None) -> float:
    return max(0.0, (timezone.now() - moment).total_seconds()) if moment else 0.0
