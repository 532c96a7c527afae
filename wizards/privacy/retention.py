"""Deletes data whose retention period has passed (the settings KEEP_..._DAYS).

Sessions are counted into the tallies before they are deleted; the tallies stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from .. import journal
from ..analytics import mark_deleted_until, roll_up
from ..models import OPEN, Call, Case, Search, Session, Words
from ..search import log as search_log
from ..support import calls, cases

BATCH_SIZE = 500  # rows in one transaction, which keeps it short
# How long an expired session of a partitioned log may stay, so that its whole partition can be dropped at once.
PARTITION_GRACE = timedelta(days=2)


@dataclass(frozen=True)
class Expired:
    """Querysets of the data that has expired at a moment, one for each kind.

    Editors' previews (`tests`) are not tallied. Other sessions may only be deleted once the tallies hold all of their
    events; until then they are `uncounted`.
    """

    now: datetime

    @property
    def abandoned(self) -> QuerySet[Session]:
        """Sessions without an outcome that nobody continued."""
        return self._counted.filter(status=OPEN, seen_at__lt=self._before(settings.KEEP_ABANDONED_DAYS))

    @property
    def finished(self) -> QuerySet[Session]:
        """Sessions with an outcome."""
        return self._counted.exclude(status=OPEN).filter(seen_at__lt=self._before(settings.KEEP_FINISHED_DAYS))

    @property
    def tests(self) -> QuerySet[Session]:
        """Editors' previews."""
        tests = Session.objects.filter(channel=Session.Channel.TEST)
        return tests.filter(seen_at__lt=self._before(settings.KEEP_ABANDONED_DAYS))

    @property
    def words(self) -> QuerySet[Words]:
        """Free text, by the time when it was written."""
        return Words.objects.filter(event__at__lt=self._before(settings.KEEP_WORDS_DAYS))

    @property
    def cases(self) -> QuerySet[Case]:
        """Closed cases that still hold a contact or free text."""
        return Case.objects.filter(closed_at__lt=self._before(settings.KEEP_WORDS_DAYS)).exclude(
            contact="", words="", other=""
        )

    @property
    def callers(self) -> QuerySet[Session]:
        """Sessions whose call still names the caller."""
        named = Session.objects.filter(seen_at__lt=self._before(settings.KEEP_WORDS_DAYS))
        return named.filter(pk__in=Call.objects.exclude(caller="").values("session"))

    @property
    def searches(self) -> QuerySet[Search]:
        """Search terms."""
        return Search.objects.filter(at__lt=self._before(settings.KEEP_SEARCHES_DAYS))

    @property
    def uncounted(self) -> QuerySet[Session]:
        """Expired sessions that stay until the tallies hold all of their events."""
        expired = Q(status=OPEN, seen_at__lt=self._before(settings.KEEP_ABANDONED_DAYS))
        expired |= ~Q(status=OPEN) & Q(seen_at__lt=self._before(settings.KEEP_FINISHED_DAYS))
        untallied = Session.objects.filter(tallied__lt=F("count")).exclude(channel=Session.Channel.TEST)
        return untallied.filter(expired)

    @property
    def _counted(self) -> QuerySet[Session]:
        """Fully tallied sessions, except those with an open case, which stay until it is closed."""
        counted = Session.objects.filter(tallied=F("count")).exclude(channel=Session.Channel.TEST)
        # Not a join: PostgreSQL cannot lock rows on the nullable side of an outer join.
        return counted.exclude(pk__in=Case.objects.filter(closed_at=None).values("session"))

    def _before(self, days: int) -> datetime:
        return self.now - timedelta(days=days)


@dataclass
class Counts:
    """The number of rows of each kind; `uncounted` sessions have expired and stay for now."""

    words: int = 0
    cases: int = 0
    callers: int = 0
    searches: int = 0
    tests: int = 0
    abandoned: int = 0
    finished: int = 0
    uncounted: int = 0


def count_expired(now: datetime | None = None) -> Counts:
    """Count what `purge_expired` would delete. Sessions that are not fully tallied yet are `uncounted`."""
    expired = Expired(now or timezone.now())
    return Counts(**{name: getattr(expired, name).count() for name in Counts.__dataclass_fields__})


def purge_expired(now: datetime | None = None, batch_size: int = BATCH_SIZE) -> Counts:
    """Delete what has expired, in batches, and return the number of rows of each kind.

    It can be interrupted at any point and continues on the next run. The tallies of past days do not change.
    """
    expired, deleted = Expired(now or timezone.now()), Counts()
    while count := journal.delete_words(expired.words.order_by("pk")[:batch_size]):
        deleted.words += count
    while count := cases.erase_words(Case.objects.filter(pk__in=_first_ids(expired.cases, batch_size))):
        deleted.cases += count
    while count := calls.erase_callers(Session.objects.filter(pk__in=_first_ids(expired.callers, batch_size))):
        deleted.callers += count
    while count := search_log.delete(expired.searches.order_by("at")[:batch_size]):
        deleted.searches += count
    deleted.tests = sum(journal.delete_sessions(batch) for batch, _ in _batches(expired.tests, batch_size))
    roll_up()
    if journal.list_partitions():
        journal.create_ahead()
        _drop_partitions(expired, deleted, batch_size)
        expired = Expired(expired.now - PARTITION_GRACE)
    deleted.abandoned += sum(_delete(*batch) for batch in _batches(expired.abandoned, batch_size))
    deleted.finished += sum(_delete(*batch) for batch in _batches(expired.finished, batch_size))
    deleted.uncounted = expired.uncounted.count()
    return deleted


def _first_ids(rows: QuerySet[Any], batch_size: int) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:batch_size])


def _batches(sessions: QuerySet[Session], batch_size: int) -> Iterator[tuple[QuerySet[Session], datetime]]:
    """Yield batches in the order of `seen_at`, each with the latest `begun_at` of its sessions.

    The batches are found outside a transaction by keyset pagination, so a session that cannot be deleted is met once.
    """
    rest = sessions
    while rows := list(rest.order_by("seen_at", "pk").values_list("seen_at", "pk", "begun_at")[:batch_size]):
        seen_at, pk, _ = rows[-1]
        yield sessions.filter(pk__in=[row_id for _, row_id, _ in rows]), max(begun_at for *_, begun_at in rows)
        rest = sessions.filter(Q(seen_at__gt=seen_at) | Q(pk__gt=pk), seen_at__gte=seen_at)


def _drop_partitions(expired: Expired, deleted: Counts, batch_size: int) -> None:
    """Drop the log's partitions in which all sessions have expired, and add the deleted sessions to `deleted`.

    It can be interrupted at any point: the sessions are deleted first, in batches, with everything that refers to their
    events. A session that somebody continues meanwhile stays, and so does its partition.
    """
    deletable = expired.abandoned | expired.finished
    for partition in journal.full_partitions():
        if partition.sessions.exclude(pk__in=deletable.values("pk")).exists():
            continue
        within = {"pk__gte": partition.first, "pk__lt": partition.end}
        deleted.abandoned += sum(
            _delete_but_events(*batch) for batch in _batches(expired.abandoned.filter(**within), batch_size)
        )
        deleted.finished += sum(
            _delete_but_events(*batch) for batch in _batches(expired.finished.filter(**within), batch_size)
        )
        if not partition.sessions.exists():
            journal.drop_partition(partition)


@transaction.atomic
def _delete_but_events(sessions: QuerySet[Session], last_begun: datetime) -> int:
    """Delete sessions like `_delete`, except their events, which are dropped with their partition."""
    mark_deleted_until(timezone.localdate(last_begun, timezone.get_default_timezone()))
    cases.delete_cases(sessions)
    return journal.delete_partitioned_sessions(sessions)


@transaction.atomic
def _delete(sessions: QuerySet[Session], last_begun: datetime) -> int:
    """Delete sessions, and record that the tallies of their days can no longer be rebuilt."""
    mark_deleted_until(timezone.localdate(last_begun, timezone.get_default_timezone()))
    cases.delete_cases(sessions)
    return journal.delete_sessions(sessions)
