"""Made-up sessions: legal, repeatable, and of all the kinds that review pages are about."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from tests.graphs import TOY as LINES
from tests.graphs import graph
from tests.versions import publish
from wizards import devtools, journal
from wizards.analytics import audit
from wizards.models import Event, Search, Session, Version, Words

pytestmark = pytest.mark.django_db

TOY = graph(*LINES)
UNTIL = datetime(2026, 6, 30, 12, tzinfo=UTC)


def plan(number=300, seed="1", days=60):
    return devtools.Plan(number, UNTIL - timedelta(days=days), UNTIL, seed)


def make(number=300, **options):
    call_command("create_demo_sessions", number, days=60, until=UNTIL.date(), **options)


def test_an_invalid_last_day_is_refused_with_the_expected_format():
    with pytest.raises(CommandError, match=r"--until: must be a date \(YYYY-MM-DD\), not '2020-13-01'"):
        call_command("create_demo_sessions", "1", "--until", "2020-13-01")


def logged():
    """Return all sessions and events without primary keys."""
    sessions = Session.objects.order_by("code").values(
        "code", "channel", "visitor", "begun_at", "seen_at", "status", "node"
    )
    events = Event.objects.order_by("session__code", "number")
    return list(sessions), list(events.values("session__code", "number", "at", "kind", "node", "answer", "words__text"))


@pytest.fixture
def version():
    return publish(TOY)


def test_every_made_up_session_keeps_the_promises_of_the_log(version):
    make()
    assert Session.objects.count() == 300
    assert list(audit.find_violations()) == []


@pytest.mark.once  # what is made up is the same on every database
def test_the_same_seed_gives_the_same_sessions(version):
    def found(seed):
        journal.load_sessions(devtools.sessions(plan(seed=seed)))
        made = logged()
        Session.objects.all().delete()
        return made

    assert found("1") == found("1")
    assert found("1") != found("2")


@pytest.mark.once  # what is made up is the same on every database
def test_people_do_all_that_they_can_do(version):
    make(1500)
    assert {kind for (kind,) in Event.objects.values_list("kind").distinct()} == {
        "begin", "answer", "back", "remark", "help", "feedback", "end",
    }  # fmt: skip
    assert set(Session.objects.values_list("status", flat=True)) == {"open", "solved", "unsolved", "advice"}
    assert set(Session.objects.values_list("channel", flat=True)) == {"self", "agent", "embed"}
    assert set(Words.objects.values_list("event__kind", flat=True)) == {"remark", "feedback"}
    assert Session.objects.values("visitor").distinct().count() < 1500
    resumed = [each for each in Session.objects.all() if each.seen_at - each.begun_at > timedelta(hours=12)]
    assert resumed


@pytest.mark.once  # what is made up is the same on every database
def test_sessions_begin_in_the_period_and_nothing_happens_after_it(version):
    journal.load_sessions(devtools.sessions(plan(days=2)))
    begun = sorted(Session.objects.values_list("begun_at", flat=True))
    assert UNTIL - timedelta(days=2) <= begun[0] < begun[-1] <= UNTIL
    assert Event.objects.filter(at__gt=UNTIL).count() == 0


@pytest.mark.once  # what is made up is the same on every database
def test_most_people_come_by_day(version):
    journal.load_sessions(devtools.sessions(plan(1000)))
    hours = Counter(begun.hour for begun in Session.objects.values_list("begun_at", flat=True))
    assert sum(hours[hour] for hour in range(9, 18)) > 5 * sum(hours[hour] for hour in range(5))


@pytest.mark.once  # what is made up is the same on every database
def test_a_session_is_of_the_version_that_was_current_when_it_began(version):
    newer = publish(TOY.model_copy(update={"title": "Newer"}))
    published = UNTIL - timedelta(days=10)
    Version.objects.filter(pk=newer.pk).update(published_at=published)
    journal.load_sessions(devtools.sessions(plan()))
    before, after = Session.objects.filter(version=version), Session.objects.filter(version=newer)
    assert before.count() + after.count() == 300
    assert before.latest("begun_at").begun_at < published <= after.earliest("begun_at").begun_at


def test_sessions_of_agents_are_theirs_where_there_are_agents(version):
    make(100)
    assert not Session.objects.filter(agent__isnull=False).exists()
    agent = User.objects.create_user("agent")
    agent.groups.add(Group.objects.get_or_create(name="agents")[0])
    make(100, add=True)
    assert set(Session.objects.filter(agent=agent).values_list("channel", flat=True)) == {"agent"}


def test_there_are_searches_that_found_something_and_others_that_did_not(version):
    make(400)
    assert Search.objects.count() == 240
    assert Search.objects.filter(found=0, query="").count() == 0
    assert Search.objects.filter(found=0, wizard="").exists()
    assert Search.objects.filter(found__gt=0, wizard="toy", symptom="s").exists()
    assert Search.objects.filter(found__gt=0, wizard="").exists()


def test_made_up_sessions_are_not_mixed_with_others_without_add(version):
    journal.begin(version, "s", "visitor")
    with pytest.raises(CommandError, match="--add"):
        make(10)
    assert Session.objects.count() == 1
    make(10, add=True)
    make(10, add=True)
    assert Session.objects.count() == 21
    assert list(audit.find_violations()) == []


def test_without_a_wizard_the_command_says_what_to_do():
    with pytest.raises(CommandError, match="load_wizards"):
        make(10)


@pytest.mark.parametrize("wrong", [{"number": 0}, {"number": -1}])
def test_a_number_that_makes_no_sense_is_refused(version, wrong):
    with pytest.raises(CommandError, match="at least 1"):
        make(**wrong)
