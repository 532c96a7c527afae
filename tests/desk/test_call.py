"""A call: its page, its moves, and the reasons for refused moves."""

from __future__ import annotations

import pytest

from tests.desk.agents import Agent, queries_of
from tests.graphs import TOY, graph
from tests.reading import read
from tests.visitor import HTMX, publish

# tests/test_roles.py and tests/hostile cover the same queries on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_page_shows_what_to_say_the_choices_with_their_digits_the_path_and_the_customers_view(ann):
    ann.begin()
    ann.answer("no")
    response = ann.see()
    page = read(response)
    keys = [(each["aria-keyshortcuts"], each["value"]) for each in page.all("button", name="answer") if "value" in each]
    assert [each for each in keys if each[0].isdigit()] == [("1", "next"), ("2", "worked"), ("3", "blocked")]
    assert f"/desk/{ann.session.code}/1/" in page.links
    assert "Choose no" in page.text
    assert "What a customer would see" in page.text
    assert page.all("a", **{"aria-current": "step"})


def test_the_customers_view_does_nothing(ann):
    ann.begin()
    html = ann.see().content.decode()
    view = html[html.index('class="their-page"') : html.index('class="path"')]
    assert "Question q?" in view
    acting = {"href", "name", "action", "formaction"}
    assert not [(tag, each) for tag, each in read(view).elements if acting & each.keys() and tag != "use"]
    assert "hx-" not in view
    assert not {"form", "h1", "h2"} & {tag for tag, _ in read(view).elements}


def test_the_agents_words_are_shown_and_notes_for_agents_too(ann):
    plain = graph(*TOY).plain()
    plain["nodes"][0] |= {"say": "Ask them *kindly*.", "note": "They may be cross."}
    publish(nodes=plain["nodes"])
    page = read(ann.begin().see())
    assert "Ask them kindly." in page.text
    assert "They may be cross." in page.text


def test_answers_are_logged_as_the_agents(ann):
    ann.begin()
    assert ann.answer("no")["Location"] == f"/desk/{ann.session.code}/2/"
    part = ann.answer("next", headers=HTMX)
    assert not read(part).whole
    assert part["HX-Push-Url"] == f"/desk/{ann.session.code}/3/"
    assert ann.log == ["begin s", "answer no", "answer next"]
    assert {row.agent for row in ann.session.events.all()} == {ann.user}


def test_going_back_changing_an_answer_and_starting_over(ann):
    ann.begin()
    ann.answer("no")
    ann.send("back/")
    ann.answer("list")
    ann.answer("no", number=1, seen=ann.session.count + 1)
    ann.send("restart/")
    assert ann.log == ["begin s", "answer no", "back", "answer list", "back", "answer no", "back"]


def test_the_first_page_has_no_way_back_whatever_was_noted_on_it(ann):
    ann.begin().send("note/", words="It blinks.")
    assert "Start over" not in read(ann.see()).text
    ann.answer("no")
    assert "Start over" in read(ann.see()).text
    ann.send("back/")
    assert "Start over" not in read(ann.see()).text


@pytest.mark.parametrize("given", ["", "nothing", "next", "x" * 5000, "💥", "<b>"])
def test_an_answer_that_is_not_offered_is_said_and_nothing_is_logged(ann, given):
    ann.begin()
    response = ann.answer(given, seen="1")
    assert response.status_code == 422
    assert read(response).h1 == "Question q?"
    assert ann.log == ["begin s"]


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 50, "٣", "1.5", "null"])
def test_a_forged_count_does_no_harm(ann, seen):
    ann.begin()
    assert ann.answer("no", seen=seen).status_code == 303
    assert ann.client.get(ann.at("news/"), {"seen": seen}).status_code in {200, 204}


def test_a_page_that_was_not_reached_leads_to_where_the_call_is(ann):
    ann.begin()
    response = ann.see(number=99)
    assert response.status_code == 400
    assert "not been reached" in read(response).text
    assert read(response).h1 == "Question q?"
    assert ann.answer("no", number=99).status_code in {409, 422}


def test_a_calls_page_costs_the_same_however_long_the_call_is(ann, bob):
    ann.begin("one")
    ann.see()
    few = queries_of(ann, ann.at())
    for number in range(10):
        ann.answer("list")
        ann.send("note/", number=1, words=f"note {number}")
        ann.send("back/")
        Agent(f"colleague {number}")
    assert queries_of(ann, ann.at()) == few <= 11
    assert queries_of(ann, ann.at(), headers=HTMX) <= few
