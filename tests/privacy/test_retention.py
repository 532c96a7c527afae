"""Retention: what is deleted when, and what stays."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.analytics.walkers import NOON, Walker
from tests.examples import examples
from tests.privacy import exist, finished, left, searched
from tests.versions import publish
from tests.visitor import rows
from tests.walks import TOY
from wizards import analytics, journal
from wizards.models import DayTally, Event, Finding, PlaceTally, Rolling, Search, Session, WayTally, Words
from wizards.privacy import retention

pytestmark = pytest.mark.django_db

TEST = Session.Channel.TEST
TALLIES = (DayTally, PlaceTally, WayTally)


MAKERS = {"left": left, "finished": finished, "test": lambda clock: left(clock, channel=TEST)}
AGES = {"left": 30, "finished": 365, "test": 30}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(("seconds", "goes"), [(-1, False), (0, False), (1, True)], ids=["before", "at", "after"])
def test_a_session_goes_when_its_time_is_over_and_not_before(clock, kind, seconds, goes):
    session = MAKERS[kind](clock)
    clock.now = session.seen_at + timedelta(days=AGES[kind], seconds=seconds)
    retention.purge_expired()
    assert exist(session) == [not goes]


@pytest.mark.parametrize(("seconds", "goes"), [(-1, False), (0, False), (1, True)], ids=["before", "at", "after"])
def test_words_go_when_their_time_is_over_and_not_before(clock, seconds, goes):
    walker = Walker(clock).remark("It is red").answer("yes")
    written = Event.objects.get(kind="remark").at
    clock.now = written + timedelta(days=30, seconds=seconds)
    retention.purge_expired()
    assert Words.objects.exists() == (not goes)
    assert exist(walker.session) == [True]


@pytest.mark.parametrize(("seconds", "goes"), [(-1, False), (0, False), (1, True)], ids=["before", "at", "after"])
def test_a_search_goes_when_its_time_is_over_and_not_before(clock, seconds, goes):
    searched(NOON)
    clock.now = NOON + timedelta(days=90, seconds=seconds)
    retention.purge_expired()
    assert Search.objects.exists() == (not goes)


def test_somebody_who_goes_on_in_time_keeps_the_session(clock):
    walker = Walker(clock).answer("no")
    clock.pass_(days=29)
    walker.answer("loose")
    clock.pass_(days=29)
    retention.purge_expired()
    assert exist(walker.session) == [True]


def test_an_end_that_somebody_went_back_from_is_no_end(clock):
    walker = Walker(clock).answer("yes").back()
    clock.pass_(days=31)
    retention.purge_expired()
    assert exist(walker.session) == [False]


def test_the_settings_say_how_long_each_kind_is_kept(clock, settings):
    session, done = left(clock), finished(clock)
    settings.KEEP_ABANDONED_DAYS, settings.KEEP_FINISHED_DAYS = 3, 2
    clock.pass_(days=2, hours=1)
    retention.purge_expired()
    assert exist(session, done) == [True, False]
    clock.pass_(days=1)
    retention.purge_expired()
    assert exist(session) == [False]


def test_purging_deletes_the_events_and_words_of_a_session_too(clock, settings):
    settings.KEEP_WORDS_DAYS = 1000
    Walker(clock).remark("It is red")
    clock.pass_(days=31)
    retention.purge_expired()
    assert (Event.objects.count(), Words.objects.count()) == (0, 0)


def test_figures_stay_as_they_are_when_their_sessions_go(clock):
    for name in "abc":
        left(clock, name)
        finished(clock, f"done {name}")
    clock.pass_(days=1)
    analytics.roll_up()
    before = rows(*TALLIES)
    clock.pass_(days=400)
    retention.purge_expired()
    assert Session.objects.count() == 0
    assert rows(*TALLIES) == before
    assert [row["begun"] for row in before[DayTally._meta.label]] == [6, 6], "of the day and of the month"


def test_sessions_are_counted_before_they_go(clock):
    left(clock)
    clock.pass_(days=31)
    retention.purge_expired()
    assert Session.objects.count() == 0
    assert [row.begun for row in DayTally.objects.all()] == [1, 1], "of the day and of the month"


def test_a_session_that_the_figures_do_not_hold_to_its_end_stays(clock, monkeypatch):
    session = left(clock)
    monkeypatch.setattr("wizards.privacy.retention.roll_up", lambda: 0)
    clock.pass_(days=31)
    assert retention.purge_expired().uncounted == 1
    assert exist(session) == [True]


def test_what_was_deleted_is_known_not_to_be_rebuilt(clock):
    left(clock)
    clock.pass_(days=2)
    last = left(clock)
    clock.pass_(days=2)
    young = left(clock)
    clock.now = last.seen_at + timedelta(days=30, seconds=1)
    retention.purge_expired()
    assert exist(last, young) == [False, True]
    assert Rolling.objects.get().whole_from == date(2026, 3, 5)  # the day after the last one's


def test_the_day_is_the_help_desks_own(clock, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    clock.now = datetime(2026, 3, 2, 20, tzinfo=UTC)  # the morning of the 3rd there
    left(clock)
    clock.pass_(days=31)
    retention.purge_expired()
    assert Rolling.objects.get().whole_from == date(2026, 3, 4)


def test_the_day_never_moves_back(clock):
    done = finished(clock)
    clock.pass_(days=300)
    left(clock)
    clock.pass_(days=31)
    retention.purge_expired()
    whole_from = Rolling.objects.get().whole_from
    clock.now = done.seen_at + timedelta(days=366)
    retention.purge_expired()
    assert exist(done) == [False]
    assert Rolling.objects.get().whole_from == whole_from


def test_previews_by_editors_move_no_day_and_count_nowhere(clock):
    left(clock, channel=TEST)
    clock.pass_(days=31)
    assert retention.purge_expired().tests == 1
    assert not Rolling.objects.exclude(whole_from=None).exists()
    assert not DayTally.objects.exists()


def test_a_finding_about_a_deleted_session_stays_without_it(clock):
    session = left(clock)
    finding = Finding.objects.create(wizard=session.version.wizard, session=session, note="Look")
    clock.pass_(days=31)
    retention.purge_expired()
    finding.refresh_from_db()
    assert finding.session is None


def test_purging_works_in_batches(clock, monkeypatch):
    monkeypatch.setattr(journal, "list_partitions", list)  # tests/journal/test_partitions.py holds it for those
    for name in "abcdefg":
        left(clock, name)
    clock.pass_(days=31)
    sizes = []
    forget = journal.delete_sessions
    monkeypatch.setattr(journal, "delete_sessions", lambda part: sizes.append(forget(part)) or sizes[-1])
    assert retention.purge_expired(batch_size=3).abandoned == 7
    assert sizes == [3, 3, 1]


def test_sessions_whose_last_events_are_of_one_moment_all_go(clock):
    for name in "abcdefg":
        left(clock, name)
        clock.now = NOON
    clock.pass_(days=31)
    assert retention.purge_expired(batch_size=2).abandoned == 7


def test_a_session_that_somebody_goes_on_with_meanwhile_stays(clock, monkeypatch):
    walker = Walker(clock).answer("no")
    clock.pass_(days=31)
    analytics.roll_up()
    forget = journal.delete_sessions

    def meanwhile(part):
        walker.answer("loose")
        return forget(part)

    monkeypatch.setattr(journal, "delete_sessions", meanwhile)
    assert retention.purge_expired().abandoned == 0
    assert exist(walker.session) == [True]


def test_purging_again_deletes_nothing_more(clock):
    left(clock)
    clock.pass_(days=31)
    retention.purge_expired()
    assert retention.purge_expired() == retention.Counts()


def test_a_dry_run_says_the_same_and_deletes_nothing(clock):
    left(clock)
    left(clock, channel=TEST)
    Walker(clock, name="w").remark("red").answer("yes")
    searched(NOON)
    clock.pass_(days=91)
    analytics.roll_up()
    before = rows(Session, Event, Words, Search, Rolling, *TALLIES)
    would = retention.count_expired()
    assert rows(Session, Event, Words, Search, Rolling, *TALLIES) == before
    assert (would.abandoned, would.tests, would.words, would.searches, would.finished) == (1, 1, 1, 1, 0)
    assert retention.purge_expired() == would


def test_the_command_says_what_it_did(clock):
    left(clock)
    searched(NOON)
    clock.pass_(days=91)
    told = io.StringIO()
    call_command("purge_expired", "--dry-run", stdout=told)
    assert Session.objects.exists()
    assert "This would be deleted" in told.getvalue()
    call_command("purge_expired", stdout=told)
    assert not Session.objects.exists()
    assert "     1 abandoned sessions, older than 30 days" in told.getvalue()
    assert "     1 searches, older than 90 days" in told.getvalue()


class AnyAges(TestCase):
    """Sessions of every kind and age, texts and searches: 40 sets, and with HYPOTHESIS_PROFILE=long 1,600."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.version = publish(TOY)

    @example(
        ages=[
            *(("open", "self", 30), ("open", "self", 31), ("solved", "test", 30), ("solved", "test", 31)),
            *(("solved", "self", 30), ("solved", "self", 31), ("solved", "self", 90), ("solved", "self", 91)),
            *(("advice", "agent", 365), ("advice", "agent", 366)),
        ],
        batch_size=2,
    )
    @settings(max_examples=examples(40))
    @given(
        ages=st.lists(
            st.tuples(
                st.sampled_from(["open", "solved", "unsolved", "advice"]),
                st.sampled_from(["self", "agent", "embed", "test"]),
                st.integers(0, 800),
            ),
            max_size=8,
        ),
        batch_size=st.integers(1, 5),
    )
    def test_exactly_what_is_past_its_time_goes(self, ages, batch_size):
        now = datetime(2026, 6, 1, 12, tzinfo=UTC)
        sessions, events, texts, searches = [], [], [], []
        for number, (status, channel, days) in enumerate(ages):
            at = now - timedelta(days=days)
            past = {"code": f"c{number}", "channel": channel, "visitor": "v", "symptom": "s", "node": "q"}
            session = Session(**past, version=self.version, begun_at=at, seen_at=at, count=1, tallied=1, status=status)
            sessions.append(session)
            events.append(Event(session=session, number=1, at=at, kind="begin"))
            texts.append(Words(event=events[-1], text="x"))
            searches.append(Search(at=at, words=str(number), query=str(number), found=0))
        for model, made in ((Session, sessions), (Event, events), (Words, texts), (Search, searches)):
            model.objects.bulk_create(made)
        retention.purge_expired(now, batch_size)
        limits = [30 if status == "open" or channel == "test" else 365 for status, channel, _ in ages]
        kept = [f"c{n}" for n, (age, limit) in enumerate(zip(ages, limits, strict=True)) if age[2] <= limit]
        assert sorted(Session.objects.values_list("code", flat=True)) == sorted(kept)
        young = sorted(f"c{n}" for n, (_, _, days) in enumerate(ages) if days <= 30)
        assert sorted(Words.objects.values_list("event__session__code", flat=True)) == young
        assert Search.objects.count() == sum(days <= 90 for *_, days in ages)
        assert set(Event.objects.values_list("session__code", flat=True)) == set(kept)
