"""The agent's own cases on the desk's home page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.desk.agents import Agent, customer
from tests.reading import read
from wizards.desk.views.home import MAX_CLOSED, MAX_LISTED
from wizards.models import Case
from wizards.support import cases

pytestmark = pytest.mark.django_db


def case_of(toy, agent: Agent | None = None, **known) -> Case:
    """Open a case for a new customer's session, optionally assigned to an agent."""
    session = customer(toy, f"customer {Case.objects.count()}")
    return Case.objects.create(session=session, agent=agent and agent.user, **known)


def own_cases(agent: Agent) -> str:
    """Return the home page's text about the agent's own cases."""
    return read(agent.client.get("/desk/")).text.partition("Your cases")[2].partition("Unassigned cases")[0]


def test_a_case_that_an_agent_takes_is_among_theirs(ann, toy):
    case = case_of(toy)
    ann.client.post(f"/desk/cases/{case.pk}/take/")
    assert f"Case {case.pk}: It does not work Toy · since" in own_cases(ann)
    assert f"/desk/cases/{case.pk}/" in read(ann.client.get("/desk/")).links


def test_the_home_page_says_that_the_agent_has_no_case(ann):
    assert own_cases(ann).split(".")[0] == " You have no open cases"


def test_the_cases_of_a_colleague_are_not_listed(ann, bob, toy):
    case_of(toy, bob)
    assert "Case " not in own_cases(ann)


def test_cases_that_came_back_stand_before_older_ones(ann, toy):
    ago = timezone.now() - timedelta(days=2)
    for known in ({"opened_at": ago}, {}, {"came_back": True}):
        case_of(toy, ann, **known)
    old, new, back = Case.objects.order_by("pk").values_list("pk", flat=True)
    text = own_cases(ann)
    places = [text.index(word) for word in (f"Case {back}:", "came back", f"Case {old}:", f"Case {new}:")]
    assert places == sorted(places)


def test_a_case_that_is_closed_stands_below_the_open_ones(ann, toy):
    done, still_open = case_of(toy, ann), case_of(toy, ann)
    cases.close(done, ann.user)
    text = own_cases(ann)
    assert text.index(f"Case {still_open.pk}:") < text.index("Recently closed") < text.index(f"Case {done.pk}:")


def test_only_the_few_closed_last_are_listed(ann, toy):
    closed = [cases.close(case_of(toy, ann), ann.user).pk for _ in range(MAX_CLOSED + 2)]
    text = own_cases(ann)
    places = [text.find(f"Case {number}:") for number in reversed(closed)]
    assert places[-2:] == [-1, -1]
    assert places[0] > -1
    assert places[:-2] == sorted(places[:-2])


def test_more_open_cases_than_are_shown_hide_none_that_was_closed(ann, toy):
    done = cases.close(case_of(toy, ann), ann.user)
    for _ in range(MAX_LISTED + 2):
        case_of(toy, ann)
    text = own_cases(ann)
    assert text.count("since") == MAX_LISTED
    assert f"{MAX_LISTED} are shown" in text
    assert f"Case {done.pk}:" in text
