"""Every statement of the hot path on the log names the session, so the log can be partitioned on PostgreSQL."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection, connections
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.visitor import Visitor, publish
from wizards import analytics, journal, permissions
from wizards.analytics import audit
from wizards.journal import partitions
from wizards.models import DayTally, Event, Session, Version, Words
from wizards.privacy import retention

# See conftest.py.
not_partitioned = pytest.mark.skipif("PARTITIONED" in os.environ, reason="partitions the log itself")
WIDTH = 4

# --- each statement names the session ------------------------------------------------------------------------------


def statements(captured: CaptureQueriesContext) -> list[str]:
    return [each["sql"] for each in captured.captured_queries if re.search(r'"wizards_event"', each["sql"])]


def names_the_session(statement: str) -> bool:
    """Return whether a statement can only touch the events of one session."""
    if statement.startswith("INSERT"):
        return '"session_id"' in statement
    condition = statement.partition(" WHERE ")[2]
    return bool(re.search(r'"wizards_event"\."session_id" = \d+', condition)) and " OR " not in condition


def everything_on_the_hot_path(visitor: Visitor) -> None:
    """Do everything that a customer can do in a session."""
    visitor.see()
    visitor.answer("no")
    visitor.answer("no", number=1)
    visitor.answer("list", number=1)
    visitor.send("back")
    visitor.see(number=1)
    visitor.send("remark", words="It has no such light.")
    visitor.send("remark", words="It has no such light.")
    visitor.see("told")
    visitor.client.post(visitor.address("help"))
    visitor.see("help")
    visitor.client.get(visitor.address("news", number=1))
    visitor.send("restart")
    visitor.answer("yes")
    visitor.see()
    visitor.send("feedback", helped="no", words="Not really.")


@pytest.mark.django_db
def test_each_statement_on_the_log_names_the_session():
    publish()
    visitor = Visitor().begin()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        everything_on_the_hot_path(visitor)
    kinds = set(visitor.session.events.values_list("kind", flat=True))
    assert {"answer", "back", "remark", "help", "end", "feedback"} <= kinds
    on_the_log = statements(captured)
    assert len(on_the_log) > 20
    assert [each for each in on_the_log if not names_the_session(each)] == []


# --- in partitions -------------------------------------------------------------------------------------------------


@pytest.fixture
def partitioned(transactional_db: None) -> Iterator[None]:
    """Partition the log narrowly; afterwards restore the single table that other tests expect."""
    publish()
    journal.partition_log(WIDTH)
    yield
    connections.close_all()
    with connection.schema_editor() as editor:
        for model in (Words, Event):
            editor.delete_model(model)
        for model in (Event, Words):
            editor.create_model(model)


def walk_everywhere() -> Visitor:
    visitor = Visitor().begin()
    everything_on_the_hot_path(visitor)
    return visitor


def end_sessions(sessions: int) -> None:
    """Run so many sessions to their end."""
    version = Version.objects.get()
    for _ in range(sessions):
        session = journal.begin(version, "s", permissions.digest(permissions.new_secret()))
        journal.answer(Session.objects.filter(pk=session.pk), 1, "yes")


def age(days: int, sessions: QuerySet[Session]) -> None:
    """Make sessions older by so many days."""
    past = timedelta(days=days)
    Event.objects.filter(session__in=sessions).update(at=F("at") - past)
    sessions.update(begun_at=F("begun_at") - past, seen_at=F("seen_at") - past)


def tables() -> set[str]:
    """Return the names of partitions that are not empty."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM wizards_event")
        return {name for (name,) in cursor.fetchall()}


def figures_before(day: date) -> list[dict]:
    return list(DayTally.objects.filter(day__lt=day).order_by("day").values("day", "channel", "begun"))


@pytest.mark.only("postgresql")
@not_partitioned
def test_an_existing_log_becomes_the_first_partition(transactional_db, request):
    publish()
    before = walk_everywhere()
    log = list(Event.objects.order_by("pk").values())
    request.getfixturevalue("partitioned")
    assert list(Event.objects.order_by("pk").values()) == log
    before.answer("yes")
    assert tables() == {"wizards_event_0"}
    assert list(audit.find_violations()) == []


@pytest.mark.only("postgresql")
@not_partitioned
def test_walks_over_several_partitions_stay_consistent(partitioned):
    for _ in range(3):
        walk_everywhere()
        end_sessions(2 * WIDTH)  # wherever the keys begin, the next ones lie in another partition
    assert len(tables()) >= 3
    assert list(audit.find_violations()) == []
    copy = Event.objects.first()
    copy.pk = None
    with pytest.raises(IntegrityError, match="once"):
        copy.save(force_insert=True)


@pytest.mark.only("postgresql")
@not_partitioned
def test_a_statement_of_the_hot_path_reads_one_partition(partitioned):
    end_sessions(2 * WIDTH)
    visitor = Visitor().begin()
    with CaptureQueriesContext(connection) as captured:
        everything_on_the_hot_path(visitor)
    read = {each for each in statements(captured) if each.startswith("SELECT")}
    assert len(journal.list_partitions()) > 4
    for statement in read:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + statement.replace("%", "%%"))
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert len(set(re.findall(r"wizards_event_(?:\d+|rest)\b", plan))) <= 1, plan


@pytest.mark.only("postgresql")
@not_partitioned
def test_expired_sessions_are_dropped_with_their_partition_and_figures_stay(partitioned):
    walk_everywhere()
    end_sessions(3 * WIDTH)
    first, last = journal.full_partitions()[0], journal.full_partitions()[-1]
    old = Session.objects.filter(pk__lt=last.end)
    age(366, old)
    analytics.roll_up()
    figures, gone = figures_before(timezone.localdate()), old.count()
    with CaptureQueriesContext(connection) as captured:
        done = retention.purge_expired()
    assert 'DELETE FROM "wizards_event"' not in "\n".join(statements(captured))
    assert sum("DROP TABLE" in each["sql"] for each in captured) >= 2
    assert (done.finished, old.count()) == (gone, 0)
    assert journal.list_partitions()[0].first == last.end > first.end
    assert figures_before(timezone.localdate()) == figures != []
    assert Session.objects.exists()
    assert list(audit.find_violations()) == []


@pytest.mark.only("postgresql")
@not_partitioned
def test_the_sessions_of_a_partition_are_deleted_in_portions(partitioned, monkeypatch):
    end_sessions(5 * WIDTH)
    sizes = []
    delete = journal.delete_partitioned_sessions
    monkeypatch.setattr(journal, "delete_partitioned_sessions", lambda some: sizes.append(delete(some)) or sizes[-1])
    whole = [part for part in journal.full_partitions() if part.sessions.count() == WIDTH]
    for part in whole:
        age(366, part.sessions)
    done = retention.purge_expired(batch_size=WIDTH - 1)
    assert len(whole) >= 2
    assert sizes == [WIDTH - 1, 1] * len(whole)
    assert done.finished == WIDTH * len(whole)


@pytest.mark.only("postgresql")
@not_partitioned
def test_a_session_continued_while_its_partition_is_purged_stays_with_its_log(partitioned, monkeypatch):
    end_sessions(5 * WIDTH)
    part = next(each for each in journal.full_partitions() if each.sessions.count() == WIDTH)
    age(366, part.sessions)
    session = part.sessions.order_by("seen_at", "pk").last()
    delete = journal.delete_partitioned_sessions

    def continue_then_delete(some: QuerySet[Session]) -> int:
        if session.count == Session.objects.get(pk=session.pk).count:
            journal.back(Session.objects.filter(pk=session.pk), session.count)
        return delete(some)

    monkeypatch.setattr(journal, "delete_partitioned_sessions", continue_then_delete)
    assert retention.purge_expired().finished == WIDTH - 1
    assert list(part.sessions) == [session]
    assert part in journal.list_partitions()
    assert list(audit.find_violations()) == []


@pytest.mark.only("postgresql")
@not_partitioned
def test_one_unexpired_session_holds_its_partition_back_for_two_days(partitioned):
    end_sessions(4 * WIDTH)
    part = journal.full_partitions()[0]
    unexpired = part.sessions.last()
    others = part.sessions.exclude(pk=unexpired.pk)
    age(366, others)
    retention.purge_expired()
    assert others.count() > 0
    retention.purge_expired(timezone.now() + timedelta(days=2))
    assert list(part.sessions) == [unexpired]
    assert part in journal.list_partitions()
    assert list(audit.find_violations()) == []


@pytest.mark.only("postgresql")
@not_partitioned
def test_sessions_beyond_the_last_partition_are_accepted_and_purging_creates_partitions(partitioned):
    end_sessions((partitions.AHEAD + 2) * WIDTH)
    assert "wizards_event_rest" in tables()
    last = journal.list_partitions()[-1].end
    retention.purge_expired()
    assert journal.list_partitions()[-1].end >= last + WIDTH
    assert list(audit.find_violations()) == []


@pytest.mark.only("postgresql")
@not_partitioned
def test_partitioning_twice_changes_nothing(partitioned):
    before = journal.list_partitions()
    output = StringIO()
    call_command("partition_log", width=WIDTH, stdout=output)
    assert journal.list_partitions() == before
    assert output.getvalue().splitlines()[0] == f"wizards_event_0: sessions 0 to {before[0].end - 1}"


@pytest.mark.only("postgresql")
@not_partitioned
@pytest.mark.django_db(transaction=True)
def test_a_log_in_use_is_left_unchanged(monkeypatch):
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "50ms")
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE wizards_event IN ROW EXCLUSIVE MODE")
        with pytest.raises(OperationalError, match="lock timeout"):
            partitions._swap_in_partitioned_table(4)
    other.close()
    assert journal.list_partitions() == []


@pytest.mark.only("sqlite")
@pytest.mark.django_db
def test_the_command_refuses_databases_without_partitions():
    with pytest.raises(CommandError, match="Partitions need PostgreSQL"):
        call_command("partition_log")
    assert journal.list_partitions() == []
