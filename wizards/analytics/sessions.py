"""The sessions that the tallies do not hold yet, or not to their end: each with what it counts for beyond them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from ..models import Event, Session
from .session_summary import LogLine, SessionSummary, summarize

KEYS = 1000  # in one query

Group = tuple[date, int, str]  # day on which the sessions began, version, channel


@dataclass(slots=True)
class Sums:
    """Digests of many sessions, added up by the day on which they began, their version and their channel."""

    digests: dict[Group, SessionSummary] = field(default_factory=dict)

    def add(self, group: Group, more: SessionSummary) -> None:
        """Add what a session of the group counts for."""
        self.digests.setdefault(group, SessionSummary()).add(more)

    def by_month(self) -> Sums:
        """Return the same, added up by the first day of the month."""
        months = Sums()
        for (day, version, channel), each in self.digests.items():
            months.add((day.replace(day=1), version, channel), each)
        return months


def untallied_sessions() -> QuerySet[Session]:
    """Return the sessions of which the tallies hold nothing, or not all; tests count nowhere."""
    return Session.objects.filter(tallied__lt=F("count")).exclude(channel=Session.Channel.TEST).order_by()


def local_day(begun: datetime) -> date:
    """Return the day for which a session counts: the one on which it began, in the help desk's own time zone."""
    return timezone.localdate(begun, timezone.get_default_timezone())


def day_bounds(since: date, until: date) -> tuple[datetime, datetime]:
    """Return the moments between which the days from `since` to `until` lie: from the first on, before the second."""
    zone = timezone.get_default_timezone()
    return datetime.combine(since, time.min, zone), datetime.combine(until + timedelta(days=1), time.min, zone)


def month_after(day: date) -> date:
    """Return the first day of the month after that of a day."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def group_of(session: Session) -> Group:
    """Return the group in which a session is counted."""
    return local_day(session.begun_at), session.version_id, session.channel


def summarize_untallied(sessions: Iterable[Session]) -> Sums:
    """Return what the sessions count for beyond what the tallies hold."""
    known = {session.pk: session for session in sessions}
    sums = Sums()
    for pk, lines in _lines(known):
        session = known[pk]
        group = group_of(session)
        sums.add(group, _up_to(session, lines, session.count))
        if session.tallied:
            sums.add(group, -_up_to(session, lines, session.tallied))
    return sums


def summarize_all(sessions: Iterable[Session]) -> Sums:
    """Return what the sessions count for as far as the tallies hold them."""
    known = {session.pk: session for session in sessions if session.tallied}
    sums = Sums()
    for pk, lines in _lines(known):
        session = known[pk]
        sums.add(group_of(session), _up_to(session, lines, session.tallied))
    return sums


def _up_to(session: Session, lines: list[LogLine], count: int) -> SessionSummary:
    """Return what the first `count` events of a session count for."""
    here = (session.node, session.cause, session.step)
    return summarize(lines[:count], lines[count:], here, settings.LEFT_AFTER)


def _lines(sessions: Mapping[int, Session]) -> Iterator[tuple[int, list[LogLine]]]:
    """Yield the logs of the sessions by their keys, each as far as its row counts; a query for each thousand."""
    keys = list(sessions)
    for start in range(0, len(keys), KEYS):
        rows = Event.objects.filter(session__in=keys[start : start + KEYS]).order_by("session_id", "number")
        values = rows.values_list("session_id", "kind", "at", "node", "cause", "step", "answer").iterator(5000)
        for pk, events in groupby(values, key=lambda row: row[0]):
            lines = [
                LogLine(kind, at, (node, cause, step), answer) for _, kind, at, node, cause, step, answer in events
            ]
            yield pk, lines[: sessions[pk].count]
