"""Finding, exporting and erasing the data of one person."""

from __future__ import annotations

import io
import json

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tests.analytics.walkers import Walker
from tests.visitor import rows
from wizards import analytics, journal
from wizards.analytics import audit
from wizards.models import (
    DayTally,
    Disclosure,
    Event,
    Finding,
    HandoffCode,
    PlaceTally,
    Session,
    WayTally,
    Words,
)
from wizards.privacy import subject_access
from wizards.support import join_codes

pytestmark = pytest.mark.django_db

TALLIES = (DayTally, PlaceTally, WayTally)


def run(*arguments: str) -> str:
    told = io.StringIO()
    call_command("personal_data", *arguments, stdout=told)
    return told.getvalue()


@pytest.fixture
def person(clock) -> list[Session]:
    """The two sessions of one person with texts in both, beside another person's session with texts."""
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
def test_an_unknown_reference_is_refused_in_plain_words(person, what, reference):
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


def test_an_export_says_which_devices_and_agents_were_let_in(person):
    agent = User.objects.create(username="ann")
    join_codes.join(join_codes.create(person[0], HandoffCode.For.AGENT), agent)
    join_codes.add_device(join_codes.create(person[0], HandoffCode.For.DEVICE), "another")
    taken = json.loads(run("export", person[0].code))
    assert [device["session__code"] for device in taken["devices"]] == [person[0].code]
    (join,) = taken["joins"]
    assert join["consented_at"] <= join["began_at"]


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
    analytics.roll_up()
    before = rows(Event, *TALLIES)
    run("erase", person[0].code)
    assert list(audit.find_violations()) == []
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
    with pytest.raises(CommandError, match="works only with erase"):
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
    with django_assert_max_num_queries(14):
        subject_access.export(subject_access.find_person(person[0].code))
