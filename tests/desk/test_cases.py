"""Cases at the desk: opened from an unsolved call, taken, and closed with a resolution."""

from __future__ import annotations

import pytest

from tests.desk.agents import customer, join, only
from tests.reading import read
from wizards import journal
from wizards.models import Case, Event

pytestmark = pytest.mark.django_db


def test_an_unsolved_call_becomes_a_case_of_the_agents(ann):
    ann.begin("Mr X").answer("list")
    ann.answer("none")
    assert f"/desk/{ann.session.code}/case/" in read(ann.see()).links
    assert ann.client.post(ann.at("case/"), {"contact": ""}).status_code == 422
    response = ann.client.post(ann.at("case/"), {"contact": "07700 900123", "words": "Please call."})
    case = Case.objects.get()
    assert response["Location"] == f"/desk/cases/{case.pk}/"
    assert (case.agent, case.contact) == (ann.user, "07700 900123")
    assert "07700 900123" in read(ann.client.get(response["Location"])).text


def test_how_to_reach_a_customer_is_shown_to_who_takes_the_case(ann, bob, toy):
    case = Case.objects.create(session=customer(toy), contact="07700 900123")
    address = f"/desk/cases/{case.pk}/"
    assert "07700" not in ann.client.get(address).content.decode()
    assert ann.client.post(address + "close/", {"other": "x", "works": "yes"}).status_code == 409
    assert ann.client.post(address + "take/").status_code == 303
    assert "07700 900123" in read(ann.client.get(address)).text
    assert bob.client.get(address).status_code == 404
    assert bob.client.post(address + "take/").status_code == 404


def test_who_has_a_customers_case_may_note_and_not_move(ann, toy):
    session = customer(toy)
    case = Case.objects.create(session=session)
    ann.client.post(f"/desk/cases/{case.pk}/take/")
    ann.session = session
    assert ann.send("note/", number=1, words="Called back.").status_code == 303
    assert ann.answer("no").status_code == 409
    assert ann.send("take/").status_code == 409


def test_who_has_a_customers_case_goes_on_in_the_session_with_a_code(ann, toy):
    session = journal.answer(only(customer(toy)), 1, "list")
    case = Case.objects.create(session=session)
    ann.client.post(f"/desk/cases/{case.pk}/take/")
    join(ann, session)
    assert read(ann.see()).h1 == "Why why"
    assert ann.answer("none").status_code == 303
    assert [event.kind for event in session.events.order_by("number")][-3:] == ["join", "answer", "end"]


def test_who_has_the_case_of_a_finished_call_takes_the_call_up_again_with_everything_in_place(ann, bob):
    ann.begin("Mr X").answer("list")
    ann.send("note/", number=2, words="It blinks.")
    case = Case.objects.create(session=ann.session)
    ann.send("leave/")
    bob.client.post(f"/desk/cases/{case.pk}/take/")
    bob.session = ann.session
    assert bob.answer("none").status_code == 409
    assert bob.send("take/").status_code == 303
    page = read(bob.see())
    assert (page.h1, "It blinks." in page.text, "Mr X" in page.text) == ("Why why", True, True)
    assert bob.answer("none").status_code == 303


def test_closing_a_case_says_what_it_was_and_whether_the_device_works(ann, toy):
    case = Case.objects.create(session=customer(toy), agent=ann.user)
    address = f"/desk/cases/{case.pk}/"
    for form in ({}, {"cause": "why/loose"}, {"works": "yes"}, {"cause": "why/none", "works": "no"}):
        response = ann.client.post(address + "close/", form)
        assert response.status_code == 422, form
    assert ann.client.post(address + "close/", {"cause": "why/loose", "works": "yes"}).status_code == 303
    case.refresh_from_db()
    assert (case.cause_node, case.cause, case.works, bool(case.closed_at)) == ("why", "loose", True, True)
    assert "Cause loose" in read(ann.client.get(address)).text
    ann.client.post(address + "reopen/")
    case.refresh_from_db()
    assert case.closed_at is None


def test_the_log_says_that_the_agent_sent_it_to_support(ann):
    ann.begin("Mr X").answer("list")
    ann.client.post(ann.at("case/"), {"contact": "07700 900123", "words": ""})
    (helped,) = Event.objects.filter(kind="help")
    assert (helped.actor, helped.agent_id) == ("agent", ann.user.pk)
