"""The sessions not fully rolled up yet: what each counts for beyond the tallies."""

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

SESSIONS_PER_QUERY = 1000

Group = tuple[date, int, str]  # day on which the session began, version (primary key), channel


@dataclass(slots=True)
class SummariesByGroup:
    """Summaries of many sessions, added up by the day on which they began, version and channel."""

    summaries: dict[Group, SessionSummary] = field(default_factory=dict)

    def add(self, group: Group, summary: SessionSummary) -> None:
        self.summaries.setdefault(group, SessionSummary()).add(summary)

    def by_month(self) -> SummariesByGroup:
        """Add up by the first day of the month."""
        months = SummariesByGroup()
        for (day, version, channel), each in self.summaries.items():
            months.add((day.replace(day=1), version, channel), each)
        return months


def untallied_sessions() -> QuerySet[Session]:
    """Sessions with events that the tallies lack. Editors' previews never count."""
    return Session.objects.filter(tallied__lt=F("count")).exclude(channel=Session.Channel.TEST).order_by()


def local_day(begun: datetime) -> date:
    """Day for which a session counts: the one on which it began, in the help desk's time zone."""
    return timezone.localdate(begun, timezone.get_default_timezone())


def day_bounds(since: date, until: date) -> tuple[datetime, datetime]:
    """Half-open interval of moments that covers the days from `since` to `until`."""
    zone = timezone.get_default_timezone()
    return datetime.combine(since, time.min, zone), datetime.combine(until + timedelta(days=1), time.min, zone)


def month_after(day: date) -> date:
    """First day of the next month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def group_of(session: Session) -> Group:
    return local_day(session.begun_at), session.version_id, session.channel


def summarize_untallied(sessions: Iterable[Session]) -> SummariesByGroup:
    """Summarize what the sessions count for beyond the tallies."""
    by_key = {session.pk: session for session in sessions}
    totals = SummariesByGroup()
    for pk, lines in _read_logs(by_key):
        session = by_key[pk]
        group = group_of(session)
        totals.add(group, _summarize_first(session, lines, session.count))
        if session.tallied:
            totals.add(group, -_summarize_first(session, lines, session.tallied))
    return totals


def summarize_all(sessions: Iterable[Session]) -> SummariesByGroup:
    """Summarize what the sessions count for as far as they are in the tallies."""
    by_key = {session.pk: session for session in sessions if session.tallied}
    totals = SummariesByGroup()
    for pk, lines in _read_logs(by_key):
        session = by_key[pk]
        totals.add(group_of(session), _summarize_first(session, lines, session.tallied))
    return totals


def _summarize_first(session: Session, lines: list[LogLine], count: int) -> SessionSummary:
    """Summarize the first `count` events of a session."""
    current_place = (session.node, session.cause, session.step)
    return summarize(lines[:count], lines[count:], current_place, settings.LEFT_AFTER)


def _read_logs(sessions: Mapping[int, Session]) -> Iterator[tuple[int, list[LogLine]]]:
    """Yield each session's log, cut to the count of its row; one query per thousand sessions."""
    keys = list(sessions)
    for start in range(0, len(keys), SESSIONS_PER_QUERY):
        rows = Event.objects.filter(session__in=keys[start : start + SESSIONS_PER_QUERY]).order_by(
            "session_id", "number"
        )
        values = rows.values_list("session_id", "kind", "at", "node", "cause", "step", "answer").iterator(5000)
        for pk, events in groupby(values, key=lambda row: row[0]):
            lines = [
                LogLine(kind, at, (node, cause, step), answer) for _, kind, at, node, cause, step, answer in events
            ]
            yield pk, lines[: sessions[pk].count]
