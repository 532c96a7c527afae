"""Prometheus metrics of sessions and deliveries, read from the database: the same from every machine.

They hold sums and waiting times, and no personal data.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Min, Sum
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric

from ..models import DayTally, Delivery, Tally
from .sessions import untallied_sessions

ENDED = ("solved", "unsolved", "advice")
SESSION_COUNTERS = ("begun", *ENDED)


def collect() -> Iterator[Metric]:
    """Yield the metrics. Raises django.db.Error if the database does not answer."""
    sessions = session_counts()
    # Gauges, because they can fall: when somebody goes back from an end, or the tallies are rebuilt.
    yield GaugeMetricFamily("helpdesk_sessions_begun", "Sessions begun, as rolled up.", sessions["begun"])
    ended = GaugeMetricFamily("helpdesk_sessions_ended", "Sessions by outcome, as rolled up.", labels=["outcome"])
    for outcome in ENDED:
        ended.add_metric([outcome], sessions[outcome])
    yield ended
    deliveries = GaugeMetricFamily("helpdesk_deliveries", "Mails and webhooks, by state.", labels=["state"])
    for state, number in delivery_counts().items():
        deliveries.add_metric([state], number)
    yield deliveries
    help_text = "Age in seconds of the oldest delivery that waits."
    yield GaugeMetricFamily("helpdesk_delivery_oldest_seconds", help_text, oldest_delivery_seconds())
    help_text = "Seconds for which the session that waits longest for the tallies has been quiet."
    yield GaugeMetricFamily("helpdesk_roll_up_lag_seconds", help_text, roll_up_lag_seconds())


def session_counts() -> dict[str, int]:
    """Count the sessions ever begun, and ended with each outcome, as far as they are rolled up."""
    sums = DayTally.objects.filter(span=Tally.Span.MONTH).aggregate(**{name: Sum(name) for name in SESSION_COUNTERS})
    return {name: sums[name] or 0 for name in SESSION_COUNTERS}


def delivery_counts() -> dict[str, int]:
    """Count the deliveries that are waiting and those that failed for good."""
    states = (Delivery.State.WAITING, Delivery.State.FAILED)
    return {state.value: Delivery.objects.filter(state=state).count() for state in states}


def oldest_delivery_seconds() -> float:
    """Age in seconds of the oldest unsent delivery; 0 if none is waiting."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
    return _age(waiting.aggregate(oldest=Min("made_at"))["oldest"])


def roll_up_lag_seconds() -> float:
    """For how many seconds the session that waits longest to be rolled up has been quiet; 0 if none waits.

    Sessions are rolled up once they have been quiet for five minutes, so up to about six minutes is normal.
    """
    return _age(untallied_sessions().aggregate(oldest=Min("seen_at"))["oldest"])


def _age(moment: datetime | None) -> float:
    return max(0.0, (timezone.now() - moment).total_seconds()) if moment else 0.0
