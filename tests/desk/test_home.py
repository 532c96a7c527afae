"""The desk's home page: search, beginning a call, and the lists of calls and cases."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.desk.agents import customer, queries_of
from tests.reading import read
from tests.visitor import HTMX
from wizards.models import Case, Search, Session
from wizards.support import cases

pytestmark = pytest.mark.django_db


def test_what_the_caller_says_is_looked_for_with_and_without_htmx(ann):
    whole = read(ann.client.get("/desk/find/", {"q": "does not work"}))
    part = read(ann.client.get("/desk/find/", {"q": "does not work"}, headers=HTMX))
    assert whole.whole
    assert not part.whole
    for page in (whole, part):
        assert "It does not work" in page.text
        assert page.all("button", name="way", value="toy/s")


def test_beginning_a_call_keeps_the_caller_and_what_was_typed(ann):
    response = ann.client.post("/desk/begin/", {"way": "toy/s", "caller": "Mr X", "q": "it does not work"})
    session = Session.objects.get()
    assert response["Location"] == f"/desk/{session.code}/1/"
    assert session.call.caller == "Mr X"
    assert session.channel == Session.Channel.AGENT
    assert Search.objects.get().words == "it does not work"


@pytest.mark.parametrize("way", ["", "toy", "toy/none", "none/s", "toy/s/x", "<b>/s", "/"])
def test_an_unknown_symptom_is_a_404(ann, way):
    assert ann.client.post("/desk/begin/", {"way": way}).status_code == 404
    assert not Session.objects.exists()


def test_the_home_page_lists_active_held_and_passed_calls_and_unassigned_cases(ann, bob, toy):
    for caller in ("In Hand", "Put Aside"):
        ann.begin(caller)
    ann.send("aside/")
    bob.begin("Passed")
    bob.send("pass/", to=ann.user.pk)
    Case.objects.create(session=customer(toy))
    text = read(ann.client.get("/desk/")).text.partition("Your calls")[2]
    places = [text.index(word) for word in ("Passed to you", "Now", "On hold", "Unassigned cases")]
    assert places == sorted(places)
    assert places[0] < text.index("Passed", places[0] + 13) < places[1] < text.index("In Hand", places[1]) < places[2]
    assert "It does not work" in text[places[3] :]


def test_only_leads_see_their_colleagues_calls(ann, bob, lea):
    ann.begin("Mr Secret")
    assert "Mr Secret" not in bob.client.get("/desk/").content.decode()
    assert "Your colleagues’ calls" in read(lea.client.get("/desk/")).text


@pytest.mark.parametrize("name", ["ann", "lea"])
def test_the_first_page_costs_the_same_however_much_it_lists(ann, bob, lea, toy, name):
    agent = {"ann": ann, "lea": lea}[name]
    agent.begin("one")
    agent.client.get("/desk/")
    few = queries_of(agent, "/desk/")
    for number in range(8):
        agent.begin(f"more {number}")
        if number % 2:
            agent.send("aside/")
        bob.begin().send("pass/", to=ann.user.pk)
        Case.objects.create(session=customer(toy, f"{agent} {number}"))
        mine = Case.objects.create(session=customer(toy, f"of {agent} {number}"), agent=agent.user)
        if number % 2:
            cases.close(mine, agent.user)
    assert queries_of(agent, "/desk/") == few <= 10


def test_a_double_click_logs_once_what_the_caller_said(ann, toy):
    data = {"way": f"{toy.wizard.slug}/s", "once": "abc", "q": "light"}
    for _ in range(2):
        ann.client.post(reverse("desk_begin"), data)
    assert Search.objects.count() == 1
