"""What is deleted when its time has passed, and what is known of one person: found, exported, erased."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.tallies.walkers import NOON, Clock, Walker
from tests.versions import publish
from tests.visitor import rows
from tests.walks import TOY
from wizards import audit, handoff, journal, privacy, tallies
from wizards.models import (
    Call,
    Case,
    DayTally,
    Disclosure,
    Event,
    Finding,
    Guest,
    HandoffCode,
    PlaceTally,
    Rolling,
    Search,
    Session,
    WayTally,
    Words,
)

pytestmark = pytest.mark.django_db

TEST = Session.Channel.TEST
TALLIES = (DayTally, PlaceTally, WayTally)


@pytest.fixture
def clock(monkeypatch):
    """The time, which tests let pass; the log is sound when they are over."""
    yield Clock(monkeypatch)
    assert list(audit.breaks()) == []


@pytest.fixture(autouse=True)
def _days(settings):
    settings.KEEP_ABANDONED_DAYS, settings.KEEP_FINISHED_DAYS = 30, 365
    settings.KEEP_WORDS_DAYS, settings.KEEP_SEARCHES_DAYS = 30, 90


def left(clock, name="left", **options) -> Session:
    return Walker(clock, name=name, **options).answer("no").session


def finished(clock, name="done") -> Session:
    return Walker(clock, name=name).answer("yes").session


def there(*sessions: Session) -> list[bool]:
    return [Session.objects.filter(pk=session.pk).exists() for session in sessions]


def searched(at: datetime) -> Search:
    return Search.objects.create(at=at, words="reset", query="reset", found=1)


# --- keep ---------------------------------------------------------------------------------------------------------


MAKERS = {"left": left, "finished": finished, "test": lambda clock: left(clock, channel=TEST)}
AGES = {"left": 30, "finished": 365, "test": 30}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(("seconds", "goes"), [(-1, False), (0, False), (1, True)], ids=["before", "at", "after"])
def test_a_session_goes_when_its_time_is_over_and_not_before(clock, kind, seconds, goes):
    session = MAKERS[kind](clock)
    clock.now = session.seen_at + timedelta(days=AGES[kind], seconds=seconds)
    privacy.keep()
    assert there(session) == [not goes]


@pytest.mark.parametrize(("seconds", "goes"), [(-1, False), (0, False), (1, True)], ids=["before", "at", "after"])
def test_words_go_when_their_time_is_over_and_not_before(clock, seconds, goes):
    walker = Walker(clock).remark("It is red").answer("yes")
    written = Event.objects.get(kind="remark").at
    clock.now = written + timedelta(days=30, seconds=seconds)
    privacy.keep()
    assert Words.objects.exists() == (not goes)
    assert there(walker.session) == [True]


@pytest.mark.parametrize(("seconds", "goes"), [(-1, False), (0, False), (1, True)], ids=["before", "at", "after"])
def test_a_search_goes_when_its_time_is_over_and_not_before(clock, seconds, goes):
    searched(NOON)
    clock.now = NOON + timedelta(days=90, seconds=seconds)
    privacy.keep()
    assert Search.objects.exists() == (not goes)


def test_somebody_who_goes_on_in_time_keeps_the_session(clock):
    walker = Walker(clock).answer("no")
    clock.pass_(days=29)
    walker.answer("loose")
    clock.pass_(days=29)
    privacy.keep()
    assert there(walker.session) == [True]


def test_an_end_that_somebody_went_back_from_is_no_end(clock):
    walker = Walker(clock).answer("yes").back()
    clock.pass_(days=31)
    privacy.keep()
    assert there(walker.session) == [False]


def test_the_settings_say_how_long_each_kind_is_kept(clock, settings):
    session, done = left(clock), finished(clock)
    settings.KEEP_ABANDONED_DAYS, settings.KEEP_FINISHED_DAYS = 3, 2
    clock.pass_(days=2, hours=1)
    privacy.keep()
    assert there(session, done) == [True, False]
    clock.pass_(days=1)
    privacy.keep()
    assert there(session) == [False]


def test_keeping_deletes_the_events_and_words_of_a_session_too(clock, settings):
    settings.KEEP_WORDS_DAYS = 1000
    Walker(clock).remark("It is red")
    clock.pass_(days=31)
    privacy.keep()
    assert (Event.objects.count(), Words.objects.count()) == (0, 0)


def test_figures_stay_as_they_are_when_their_sessions_go(clock):
    for name in "abc":
        left(clock, name)
        finished(clock, f"done {name}")
    clock.pass_(days=1)
    tallies.roll_up()
    before = rows(*TALLIES)
    clock.pass_(days=400)
    privacy.keep()
    assert Session.objects.count() == 0
    assert rows(*TALLIES) == before
    assert sum(row["begun"] for row in before[DayTally._meta.label]) == 6


def test_sessions_are_counted_before_they_go(clock):
    left(clock)
    clock.pass_(days=31)
    privacy.keep()
    assert Session.objects.count() == 0
    assert DayTally.objects.get().begun == 1


def test_a_session_that_the_figures_do_not_hold_to_its_end_stays(clock, monkeypatch):
    session = left(clock)
    monkeypatch.setattr("wizards.privacy.roll_up", lambda: 0)
    clock.pass_(days=31)
    assert privacy.keep().uncounted == 1
    assert there(session) == [True]


def test_what_was_deleted_is_known_not_to_be_rebuilt(clock):
    left(clock)
    clock.pass_(days=2)
    last = left(clock)
    clock.pass_(days=2)
    young = left(clock)
    clock.now = last.seen_at + timedelta(days=30, seconds=1)
    privacy.keep()
    assert there(last, young) == [False, True]
    assert Rolling.objects.get().whole_from == date(2026, 3, 5)  # the day after the last one's


def test_the_day_is_the_help_desks_own(clock, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    clock.now = datetime(2026, 3, 2, 20, tzinfo=UTC)  # the morning of the 3rd there
    left(clock)
    clock.pass_(days=31)
    privacy.keep()
    assert Rolling.objects.get().whole_from == date(2026, 3, 4)


def test_the_day_never_moves_back(clock):
    done = finished(clock)
    clock.pass_(days=300)
    left(clock)
    clock.pass_(days=31)
    privacy.keep()
    whole_from = Rolling.objects.get().whole_from
    clock.now = done.seen_at + timedelta(days=366)
    privacy.keep()
    assert there(done) == [False]
    assert Rolling.objects.get().whole_from == whole_from


def test_previews_by_editors_move_no_day_and_count_nowhere(clock):
    left(clock, channel=TEST)
    clock.pass_(days=31)
    assert privacy.keep().tests == 1
    assert not Rolling.objects.exclude(whole_from=None).exists()
    assert not DayTally.objects.exists()


def test_a_finding_about_a_deleted_session_stays_without_it(clock):
    session = left(clock)
    finding = Finding.objects.create(wizard=session.version.wizard, session=session, note="Look")
    clock.pass_(days=31)
    privacy.keep()
    finding.refresh_from_db()
    assert finding.session is None


def test_keeping_goes_in_portions(clock, monkeypatch):
    for name in "abcdefg":
        left(clock, name)
    clock.pass_(days=31)
    sizes = []
    forget = journal.forget_sessions
    monkeypatch.setattr(journal, "forget_sessions", lambda part: sizes.append(forget(part)) or sizes[-1])
    assert privacy.keep(portion=3).abandoned == 7
    assert sizes == [3, 3, 1]


def test_sessions_whose_last_events_are_of_one_moment_all_go(clock):
    for name in "abcdefg":
        left(clock, name)
        clock.now = NOON
    clock.pass_(days=31)
    assert privacy.keep(portion=2).abandoned == 7


def test_a_session_that_somebody_goes_on_with_meanwhile_stays(clock, monkeypatch):
    walker = Walker(clock).answer("no")
    clock.pass_(days=31)
    tallies.roll_up()
    forget = journal.forget_sessions

    def meanwhile(part):
        walker.answer("loose")
        return forget(part)

    monkeypatch.setattr(journal, "forget_sessions", meanwhile)
    assert privacy.keep().abandoned == 0
    assert there(walker.session) == [True]


def test_keeping_again_deletes_nothing_more(clock):
    left(clock)
    clock.pass_(days=31)
    privacy.keep()
    assert privacy.keep() == privacy.Counts()


def test_a_dry_run_says_the_same_and_deletes_nothing(clock):
    left(clock)
    left(clock, channel=TEST)
    Walker(clock, name="w").remark("red").answer("yes")
    searched(NOON)
    clock.pass_(days=91)
    tallies.roll_up()
    before = rows(Session, Event, Words, Search, Rolling, *TALLIES)
    would = privacy.due()
    assert rows(Session, Event, Words, Search, Rolling, *TALLIES) == before
    assert (would.abandoned, would.tests, would.words, would.searches, would.finished) == (1, 1, 1, 1, 0)
    assert privacy.keep() == would


def test_the_command_says_what_it_did(clock):
    left(clock)
    searched(NOON)
    clock.pass_(days=91)
    told = io.StringIO()
    call_command("keep", "--dry-run", stdout=told)
    assert Session.objects.exists()
    assert "This would be deleted" in told.getvalue()
    call_command("keep", stdout=told)
    assert not Session.objects.exists()
    assert "     1 sessions that were left, older than 30 days" in told.getvalue()
    assert "     1 searches, older than 90 days" in told.getvalue()


class AnyAges(TestCase):
    """Sessions of every kind and age, texts and searches."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.version = publish(TOY)

    @given(
        ages=st.lists(
            st.tuples(
                st.sampled_from(["open", "solved", "unsolved", "advice"]),
                st.sampled_from(["self", "agent", "embed", "test"]),
                st.integers(0, 800),
            ),
            max_size=8,
        ),
        portion=st.integers(1, 5),
    )
    def test_exactly_what_is_past_its_time_goes(self, ages, portion):
        now = datetime(2026, 6, 1, 12, tzinfo=UTC)
        for number, (status, channel, days) in enumerate(ages):
            at = now - timedelta(days=days)
            past = {"code": f"c{number}", "channel": channel, "visitor": "v", "symptom": "s", "node": "q"}
            session = Session(**past, version=self.version, begun_at=at, seen_at=at, count=1, tallied=1, status=status)
            session.save()
            Words.objects.create(event=Event.objects.create(session=session, number=1, at=at, kind="begin"), text="x")
            Search.objects.create(at=at, words=str(number), query=str(number), found=0)
        privacy.keep(now, portion)
        limits = [30 if status == "open" or channel == "test" else 365 for status, channel, _ in ages]
        kept = [f"c{n}" for n, (age, limit) in enumerate(zip(ages, limits, strict=True)) if age[2] <= limit]
        assert sorted(Session.objects.values_list("code", flat=True)) == sorted(kept)
        young = sorted(f"c{n}" for n, (_, _, days) in enumerate(ages) if days <= 30)
        assert sorted(Words.objects.values_list("event__session__code", flat=True)) == young
        assert Search.objects.count() == sum(days <= 90 for *_, days in ages)
        assert set(Event.objects.values_list("session__code", flat=True)) == set(kept)


# --- One person ---------------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    told = io.StringIO()
    call_command("person", *arguments, stdout=told)
    return told.getvalue()


@pytest.fixture
def person(clock) -> list[Session]:
    """Give the two sessions of one person, who wrote in both, beside somebody else's with words of theirs."""
    first = Walker(clock, name="ann").remark("My name is Ann").answer("yes")
    second = Walker(clock, name="ann").answer("no").remark("Ann again").session
    Walker(clock, name="bob").remark("I am Bob")
    return [first.session, second]


def grouped(code: str) -> str:
    return " ".join(code[start : start + 4] for start in (0, 4, 8)).upper()


WAYS = {
    "as it is stored": lambda code: [code],
    "in groups": lambda code: [grouped(code)],
    "as three words": lambda code: grouped(code).split(),
    "with hyphens": lambda code: [grouped(code).replace(" ", "-")],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_reference_is_understood_as_it_was_read_out(person, way):
    assert person[1].code in run("find", *WAYS[way](person[0].code))


def test_find_lists_all_sessions_of_the_person_without_their_words(person):
    told = run("find", person[0].code)
    assert all(session.code in told for session in person)
    assert "2 sessions of one person, with 2 texts" in told
    assert "Ann" not in told
    assert person[0].visitor not in told


@pytest.mark.parametrize("what", ["find", "export", "erase"])
@pytest.mark.parametrize("reference", ["2222 2222 2222", "", "'; --", "é"])
def test_an_unknown_reference_is_told_in_plain_words(person, what, reference):
    before = rows(Session, Words, Disclosure)
    with pytest.raises(CommandError, match="There is no session with the reference"):
        run(what, reference)
    assert rows(Session, Words, Disclosure) == before


def test_an_export_holds_everything_that_is_stored_about_the_person(person):
    Finding.objects.create(wizard=person[0].version.wizard, session=person[0], note="Ask Ann")
    taken = json.loads(run("export", person[1].code))
    assert [session["code"] for session in taken["sessions"]] == [session.code for session in person]
    texts = [event["words"] for session in taken["sessions"] for event in session["events"] if event["words"]]
    assert texts == ["My name is Ann", "Ann again"]
    assert [len(session["events"]) for session in taken["sessions"]] == [session.count for session in person]
    assert taken["findings"][0]["note"] == "Ask Ann"
    columns = {field.name for field in Session._meta.concrete_fields} - {"id"}
    assert columns <= taken["sessions"][0].keys()
    columns = {field.name for field in Event._meta.concrete_fields} - {"id", "session"}
    assert columns <= taken["sessions"][0]["events"][0].keys()
    assert "Bob" not in json.dumps(taken)


def test_an_export_says_who_was_shown_the_words(person):
    Disclosure.objects.create(what="words", where=grouped(person[0].code), count=1)
    Disclosure.objects.create(what="words", where="ABCD EFGH JKMN", count=1)
    taken = json.loads(run("export", person[0].code))
    assert [(each["what"], each["where"]) for each in taken["disclosures"]] == [("words", grouped(person[0].code))]


def test_an_export_is_noted(person):
    run("export", person[0].code)
    noted = Disclosure.objects.get()
    assert (noted.what, noted.user, noted.where, noted.count) == ("export", None, grouped(person[0].code), 2)


def test_erasing_deletes_what_the_person_wrote_and_nobody_elses_words(person):
    assert "Erased 2 texts" in run("erase", person[0].code)
    assert list(Words.objects.values_list("text", flat=True)) == ["I am Bob"]


def test_after_erasing_the_sessions_are_linked_to_nobody_and_not_to_each_other(person):
    run("erase", person[0].code)
    assert {session.visitor for session in Session.objects.filter(pk__in=[each.pk for each in person])} == {""}
    assert "1 sessions of one person" in run("find", person[1].code)


def test_the_log_replays_after_erasing_and_the_figures_stay(person, clock):
    clock.pass_(hours=1)
    tallies.roll_up()
    before = rows(Event, *TALLIES)
    run("erase", person[0].code)
    assert list(audit.breaks()) == []
    call_command("audit_log", stdout=io.StringIO())
    assert rows(Event, *TALLIES) == before
    assert journal.history_of(Session.objects.get(pk=person[0].pk)).events


def test_an_erasure_is_noted(person):
    run("erase", grouped(person[0].code))
    noted = Disclosure.objects.get()
    assert (noted.what, noted.user, noted.where, noted.count) == ("erase", None, grouped(person[0].code), 2)


def test_a_dry_run_of_an_erasure_says_what_would_go_and_erases_nothing(person):
    before = rows(Session, Event, Words, Disclosure)
    told = run("erase", person[0].code, "--dry-run")
    assert "2 sessions of one person, with 2 texts" in told
    assert "This would erase" in told
    assert rows(Session, Event, Words, Disclosure) == before


def test_a_dry_run_goes_with_erasing_only(person):
    with pytest.raises(CommandError, match="goes with erase only"):
        run("export", person[0].code, "--dry-run")
    assert not Disclosure.objects.exists()


def test_erasing_twice_erases_nothing_more(person):
    run("erase", person[0].code)
    assert "Erased 0 texts" in run("erase", person[0].code)


def test_an_agents_sessions_are_not_those_of_one_person(clock):
    callers = [Walker(clock, name="agent", channel=Session.Channel.AGENT).remark("Caller").session for _ in range(2)]
    own = Walker(clock, name="agent").answer("no").session
    assert "1 sessions of one person" in run("find", callers[0].code)
    assert callers[0].code not in run("find", own.code)


def test_a_person_whose_sessions_were_erased_begins_anew(person, clock):
    run("erase", person[0].code)
    assert Walker(clock, name="ann").session.pk not in {session.pk for session in person}


def test_an_export_costs_a_query_a_session_at_most(person, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        privacy.export(privacy.person(person[0].code))


# Cases, calls, other devices


@pytest.fixture
def called(monkeypatch):
    """A solved session that has everything: a case with an address, a caller's name, another device, a code."""
    walker = Walker(Clock(monkeypatch), publish(TOY)).answer("no", "stuck", "failed", "lost", "decline")
    walker.mine.update(status="unsolved")
    session = walker.mine.get()
    Case.objects.create(session=session, contact="anna@example.org", words="My camera.")
    Call.objects.create(session=session, caller="Anna")
    handoff.admit(handoff.offer(session, HandoffCode.For.DEVICE), "another device")
    handoff.offer(session, HandoffCode.For.AGENT)
    return walker


def everything() -> str:
    return repr([list(model.objects.values()) for model in apps.get_app_config("wizards").get_models()])


def test_erasing_a_person_erases_their_address_their_name_and_their_devices(called):
    assert privacy.erase(privacy.person(called.session.code)) == 2
    held = everything()
    assert not [secret for secret in ("Anna", "anna@", "My camera", "another device") if secret in held]
    assert not Guest.objects.exists()


def test_an_export_holds_the_case_and_who_called(called):
    taken = repr(privacy.export(privacy.person(called.session.code)))
    assert "anna@example.org" in taken
    assert "Anna" in taken


def test_a_closed_case_forgets_how_to_reach_the_customer_an_open_one_does_not(called, settings):
    called.clock.pass_(days=settings.KEEP_WORDS_DAYS + 1)
    assert privacy.keep().cases == 0
    Case.objects.update(closed_at=called.clock.now)
    called.clock.pass_(days=settings.KEEP_WORDS_DAYS + 1)
    assert privacy.keep().cases == 1
    assert "anna@" not in everything()


def test_who_called_is_forgotten_with_the_words(called, settings):
    called.clock.pass_(days=settings.KEEP_WORDS_DAYS + 1)
    assert privacy.keep().callers == 1
    assert Call.objects.get().caller == ""


def test_a_session_with_an_open_case_stays_and_goes_when_it_is_closed(called, settings):
    called.clock.pass_(days=settings.KEEP_FINISHED_DAYS + 1)
    assert privacy.keep().finished == 0
    Case.objects.update(closed_at=called.clock.now)
    assert privacy.keep().finished == 1
    assert not Case.objects.exists()
