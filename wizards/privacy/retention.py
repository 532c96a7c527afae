"""What is deleted when its time has passed.

What sessions add up to (`tallies`) is counted before they go, and stays.
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

BATCH_SIZE = 500  # rows in one transaction, so that nobody waits long for it
# Where the log is in partitions, a session past its time waits so long for its neighbours, to go with the partition.
PARTITION_GRACE = timedelta(days=2)


@dataclass(frozen=True)
class Expired:
    """What is past its time at a moment, a question to the database for each kind.

    Tests count in no tally. Of the others only those may go that the tallies hold to their end; `uncounted` may not.
    """

    now: datetime

    @property
    def abandoned(self) -> QuerySet[Session]:
        """Sessions that came to no end, and that nobody went on with."""
        return self._counted.filter(status=OPEN, seen_at__lt=self._before(settings.KEEP_ABANDONED_DAYS))

    @property
    def finished(self) -> QuerySet[Session]:
        """Sessions that came to an end."""
        return self._counted.exclude(status=OPEN).filter(seen_at__lt=self._before(settings.KEEP_FINISHED_DAYS))

    @property
    def tests(self) -> QuerySet[Session]:
        """Sessions of editors who tried something."""
        tests = Session.objects.filter(channel=Session.Channel.TEST)
        return tests.filter(seen_at__lt=self._before(settings.KEEP_ABANDONED_DAYS))

    @property
    def words(self) -> QuerySet[Words]:
        """What people wrote, by the moment at which they did."""
        return Words.objects.filter(event__at__lt=self._before(settings.KEEP_WORDS_DAYS))

    @property
    def cases(self) -> QuerySet[Case]:
        """Closed cases in which it still stands how to reach the customer, or what they wrote."""
        return Case.objects.filter(closed_at__lt=self._before(settings.KEEP_WORDS_DAYS)).exclude(
            contact="", words="", other=""
        )

    @property
    def callers(self) -> QuerySet[Session]:
        """Sessions of agents in which it still stands who called."""
        named = Session.objects.filter(seen_at__lt=self._before(settings.KEEP_WORDS_DAYS))
        return named.filter(pk__in=Call.objects.exclude(caller="").values("session"))

    @property
    def searches(self) -> QuerySet[Search]:
        """What people typed into the search."""
        return Search.objects.filter(at__lt=self._before(settings.KEEP_SEARCHES_DAYS))

    @property
    def uncounted(self) -> QuerySet[Session]:
        """Sessions past their time that stay until the tallies hold them to their end."""
        late = Q(status=OPEN, seen_at__lt=self._before(settings.KEEP_ABANDONED_DAYS))
        late |= ~Q(status=OPEN) & Q(seen_at__lt=self._before(settings.KEEP_FINISHED_DAYS))
        untallied = Session.objects.filter(tallied__lt=F("count")).exclude(channel=Session.Channel.TEST)
        return untallied.filter(late)

    @property
    def _counted(self) -> QuerySet[Session]:
        """Sessions that the tallies hold wholly. What has an open case stays until it is closed."""
        counted = Session.objects.filter(tallied=F("count")).exclude(channel=Session.Channel.TEST)
        # No join: PostgreSQL locks no rows of one that may be missing.
        return counted.exclude(pk__in=Case.objects.filter(closed_at=None).values("session"))

    def _before(self, days: int) -> datetime:
        return self.now - timedelta(days=days)


@dataclass
class Counts:
    """How many of each kind; `uncounted` sessions are past their time and stay."""

    words: int = 0
    cases: int = 0
    callers: int = 0
    searches: int = 0
    tests: int = 0
    abandoned: int = 0
    finished: int = 0
    uncounted: int = 0


def count_expired(now: datetime | None = None) -> Counts:
    """Return how much `keep` would delete, and change nothing. Sessions that are not tallied yet are `uncounted`."""
    overdue = Expired(now or timezone.now())
    return Counts(**{name: getattr(overdue, name).count() for name in Counts.__dataclass_fields__})


def purge_expired(now: datetime | None = None, portion: int = BATCH_SIZE) -> Counts:
    """Delete what is past its time, in portions of so many rows, and return how much that was.

    Can be stopped anywhere, and goes on from there the next time. The figures of whole days stay as they are.
    """
    overdue, done = Expired(now or timezone.now()), Counts()
    while some := journal.delete_words(overdue.words.order_by("pk")[:portion]):
        done.words += some
    while some := cases.erase_words(Case.objects.filter(pk__in=_first(overdue.cases, portion))):
        done.cases += some
    while some := calls.erase_callers(Session.objects.filter(pk__in=_first(overdue.callers, portion))):
        done.callers += some
    while some := search_log.delete(overdue.searches.order_by("at")[:portion]):
        done.searches += some
    done.tests = sum(journal.delete_sessions(part) for part, _ in _portions(overdue.tests, portion))
    roll_up()
    if journal.list_partitions():
        journal.create_ahead()
        _drop_partitions(overdue, done, portion)
        overdue = Expired(overdue.now - PARTITION_GRACE)
    done.abandoned += sum(_forget(*part) for part in _portions(overdue.abandoned, portion))
    done.finished += sum(_forget(*part) for part in _portions(overdue.finished, portion))
    done.uncounted = overdue.uncounted.count()
    return done


def _first(overdue: QuerySet[Any], portion: int) -> list[int]:
    """Return the primary keys of so many rows."""
    return list(overdue.order_by("pk").values_list("pk", flat=True)[:portion])


def _portions(overdue: QuerySet[Session], portion: int) -> Iterator[tuple[QuerySet[Session], datetime]]:
    """Yield portions of sessions, in the order of their last events, each with the last moment one of them began.

    They are looked up outside a transaction, and each only once, however many are past over.
    """
    rest = overdue
    while rows := list(rest.order_by("seen_at", "pk").values_list("seen_at", "pk", "begun_at")[:portion]):
        seen_at, pk, _ = rows[-1]
        yield overdue.filter(pk__in=[key for _, key, _ in rows]), max(begun_at for *_, begun_at in rows)
        rest = overdue.filter(Q(seen_at__gt=seen_at) | Q(pk__gt=pk), seen_at__gte=seen_at)


def _drop_partitions(overdue: Expired, done: Counts, portion: int) -> None:
    """Drop the partitions of the log in which everything is past its time, and count the sessions that went so.

    It can stop anywhere: sessions go first, in portions, and take with them all that leads to their events. A session
    that somebody goes on with meanwhile stays, and its partition with it.
    """
    gone = overdue.abandoned | overdue.finished
    for part in journal.full_partitions():
        if part.sessions.exclude(pk__in=gone.values("pk")).exists():
            continue
        within = {"pk__gte": part.first, "pk__lt": part.end}
        done.abandoned += sum(_forget_rows(*each) for each in _portions(overdue.abandoned.filter(**within), portion))
        done.finished += sum(_forget_rows(*each) for each in _portions(overdue.finished.filter(**within), portion))
        if not part.sessions.exists():
            journal.drop_partition(part)


@transaction.atomic
def _forget_rows(sessions: QuerySet[Session], last_begun: datetime) -> int:
    """Delete a portion of sessions as `_forget` does, but for their events, which go with their partition."""
    mark_deleted_until(timezone.localdate(last_begun, timezone.get_default_timezone()))
    cases.delete_cases(sessions)
    return journal.delete_partitioned_sessions(sessions)


@transaction.atomic
def _forget(sessions: QuerySet[Session], last_begun: datetime) -> int:
    """Delete a portion of sessions, and note that the tallies of their days cannot be rebuilt any more."""
    mark_deleted_until(timezone.localdate(last_begun, timezone.get_default_timezone()))
    cases.delete_cases(sessions)
    return journal.delete_sessions(sessions)
