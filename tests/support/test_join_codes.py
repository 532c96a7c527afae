"""Join codes, and moves by customer and agent in the same session."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.utils import timezone

from tests.analytics.walkers import Clock, Walker
from tests.versions import publish
from tests.visitor import rows
from tests.walks import TOY
from wizards import flow, journal
from wizards.analytics import audit
from wizards.models import Event, Guest, HandoffCode, Join, Session
from wizards.support import join_codes

pytestmark = pytest.mark.django_db

AGENT, DEVICE = HandoffCode.For.AGENT, HandoffCode.For.DEVICE


@pytest.fixture
def agent():
    return User.objects.create(username="sam", first_name="Sam", is_staff=True)


@pytest.fixture
def walker(monkeypatch):
    """A customer at the second page."""
    return Walker(Clock(monkeypatch), publish(TOY)).answer("no")


@pytest.fixture
def both(walker, agent):
    """The same customer, joined by an agent."""
    walker.session = join_codes.join(join_codes.create(walker.session, AGENT), agent)
    return walker


def refused(code: str, agent: User) -> None:
    before = rows(*apps.get_models())
    with pytest.raises(join_codes.InvalidCodeError):
        join_codes.join(code, agent)
    assert rows(*apps.get_models()) == before


# Codes


def test_a_code_is_eight_characters_that_cannot_be_mistaken_for_each_other(walker):
    code = join_codes.create(walker.session, AGENT)
    assert len(code) == 8
    assert set(code) <= set("23456789abcdefghjkmnpqrstuvwxyz")


def test_a_code_lets_an_agent_into_that_very_session_at_that_very_page(walker, agent):
    session = join_codes.join(join_codes.create(walker.session, AGENT), agent)
    assert session.pk == walker.session.pk
    assert (session.node, session.agent) == ("why", agent)


@pytest.mark.parametrize("typed", ["{0} {1}", "{0}-{1}", " {0}{1} ", "{0}.{1}"])
def test_groups_hyphens_and_capitals_do_not_matter(walker, agent, typed):
    code = join_codes.create(walker.session, AGENT).upper()
    assert join_codes.join(typed.format(code[:4], code[4:]), agent)


def test_a_code_lets_in_once(walker, agent):
    code = join_codes.create(walker.session, AGENT)
    join_codes.join(code, agent)
    refused(code, agent)


def test_a_code_is_good_for_ten_minutes(walker, agent):
    code = join_codes.create(walker.session, AGENT)
    walker.clock.pass_(minutes=10)
    refused(code, agent)


def test_a_fresh_code_takes_the_place_of_the_one_before(walker, agent):
    code = join_codes.create(walker.session, AGENT)
    join_codes.create(walker.session, AGENT)
    refused(code, agent)


def test_a_code_for_a_device_lets_no_agent_in_and_the_other_way_round(walker, agent):
    refused(join_codes.create(walker.session, DEVICE), agent)
    with pytest.raises(join_codes.InvalidCodeError):
        join_codes.add_device(join_codes.create(walker.session, AGENT), "another device")


@pytest.mark.parametrize("typed", ["", "aaaaaaaa", "x" * 10_000, "ä", "\ud800", "0", "' OR 1=1 --"])
def test_what_is_no_code_lets_nobody_in(walker, agent, typed):
    join_codes.create(walker.session, AGENT)
    refused(typed, agent)


def test_the_database_holds_no_code(walker):
    code = join_codes.create(walker.session, AGENT)
    assert code not in repr(rows(*apps.get_models())).casefold()


# Two in one session


def test_the_log_says_who_joined_who_moved_and_who_ended_it(both, agent):
    journal.answer(both.mine, both.session.count, "stuck", by=agent)
    join_codes.end(both.session)
    said = [(row.kind, row.actor, row.agent_id) for row in both.session.events.order_by("number")]
    assert said == [
        ("begin", "customer", None),
        ("answer", "customer", None),
        ("join", "agent", agent.pk),
        ("answer", "agent", agent.pk),
        ("part", "customer", None),
    ]
    assert list(audit.find_violations()) == []
    both.session.refresh_from_db()
    assert both.session.agent is None


def test_when_consent_was_given_and_when_it_ended_is_kept(both, agent):
    join = Join.objects.get()
    assert join.consented_at == HandoffCode.objects.get().made_at
    both.clock.pass_(minutes=5)
    join_codes.end(both.session)
    join.refresh_from_db()
    assert join.ended_at == timezone.now()


def test_of_two_moves_at_once_the_first_wins_and_the_second_is_refused_with_the_reason(both, agent):
    number = both.session.count
    journal.answer(both.mine, number, "stuck", by=agent)
    before = rows()
    with pytest.raises(flow.IllegalMoveError, match="The person who helps you went on a moment before you"):
        journal.answer(both.mine, number, "loose")
    for move in (journal.back, journal.restart):
        with pytest.raises(flow.IllegalMoveError, match="a moment before you"):
            move(both.mine, number)
    assert rows() == before


def test_the_agent_is_told_when_the_customer_was_first(both, agent):
    number = both.session.count
    journal.answer(both.mine, number, "stuck")
    with pytest.raises(flow.IllegalMoveError, match="The customer went on a moment before you"):
        journal.answer(both.mine, number, "loose", by=agent)


def test_an_earlier_page_that_was_opened_after_the_others_move_can_be_answered_anew(both, agent):
    journal.answer(both.mine, both.session.count, "stuck", by=agent)
    seen = both.mine.get().count
    session = journal.answer(both.mine, 1, "yes", seen=seen)
    assert session.status == "solved"


def test_a_note_of_the_agents_disturbs_nobody(both, agent):
    number = both.session.count
    journal.note(both.mine, number, "Speaks from a ladder.", agent)
    assert journal.answer(both.mine, number, "stuck").step


def test_where_nobody_joined_a_change_of_an_earlier_answer_is_as_before(walker):
    number = walker.session.count
    journal.answer(walker.mine, number, "stuck")
    assert journal.answer(walker.mine, number, "loose").cause == "loose"


def test_another_agent_who_joins_takes_the_place_of_the_first(both, agent):
    other = User.objects.create(username="kim")
    session = join_codes.join(join_codes.create(both.session, AGENT), other)
    assert session.agent == other
    assert Join.objects.filter(ended_at=None).get().agent == other


def test_ending_it_twice_logs_it_once(both):
    join_codes.end(both.session)
    join_codes.end(both.session)
    assert Event.objects.filter(kind="part").count() == 1


def test_another_device_owns_the_session_too(walker):
    join_codes.add_device(join_codes.create(walker.session, DEVICE), "another device")
    assert Guest.objects.get().visitor == "another device"
    assert Session.objects.get().visitor == walker.session.visitor
    assert timedelta(minutes=10) == join_codes.LIFETIME
