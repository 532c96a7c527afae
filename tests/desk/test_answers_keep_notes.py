"""Moves save an unsaved note, with and without JavaScript."""

from __future__ import annotations

import pytest

from tests.desk.agents import customer, join, only
from tests.reading import read
from tests.visitor import HTMX
from wizards import journal

# tests/test_roles.py and tests/hostile cover the same queries on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

MOVES = ("back/", "restart/")


def test_what_moves_the_call_is_a_button_of_the_notes_form(ann):
    ann.begin().answer("no")
    page = read(ann.see())
    assert page.all("form", id="note", action=ann.at("note/"))
    assert page.all("textarea", name="words") == page.all("textarea", id="words")
    assert page.all("button", name="answer", value="next", form="note", formaction=ann.at())
    for move in MOVES:
        assert page.all("button", form="note", formaction=ann.at(move))
    for name in ("number", "seen"):
        assert page.all("input", name=name, value="2", form="note")


def test_the_notes_form_stands_before_its_buttons_which_work_while_the_rest_of_the_page_comes(ann):
    ann.begin().answer("no")
    page = ann.see().content.decode()
    assert 0 < page.index('id="note"') < page.index('form="note"')


def test_a_call_on_hold_takes_notes_but_no_moves(ann):
    ann.begin().answer("no")
    ann.send("aside/")
    page = read(ann.see())
    assert page.all("textarea", name="words")
    moves = [page.all("button", form="note", formaction=ann.at(each)) for each in ("", *MOVES)]
    assert all(moves)
    buttons = [each for found in moves for each in found]
    assert buttons
    assert all("disabled" in each for each in buttons)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
@pytest.mark.parametrize("move", MOVES)
def test_a_note_that_was_not_saved_is_saved_with_the_way_back(ann, move, headers):
    ann.begin().answer("no")
    address = ann.at(move)
    for _ in range(2):  # the second one is the double click
        ann.client.post(address, {"words": " It blinks. ", "seen": 2}, headers=headers)
    assert ann.log == ["begin s", "answer no", "note", "back"]
    event = ann.session.events.get(kind="note")
    assert (event.to, event.agent, event.words.text) == (2, ann.user, "It blinks.")


@pytest.mark.parametrize("words", ["", "  \n"])
@pytest.mark.parametrize("move", MOVES)
def test_a_way_back_without_a_note_is_a_way_back_alone(ann, move, words):
    ann.begin().answer("no")
    ann.send(move, words=words)
    assert ann.log == ["begin s", "answer no", "back"]


@pytest.mark.parametrize("move", MOVES)
def test_a_note_that_cannot_be_kept_holds_the_way_back_and_is_still_there(ann, move):
    ann.begin().answer("no")
    response = ann.send(move, words="y" * 2001)
    assert response.status_code == 422
    assert read(response).h1 == "Step hold"
    assert "y" * 2001 in response.content.decode()
    assert ann.log == ["begin s", "answer no"]


@pytest.mark.parametrize("move", MOVES)
def test_where_the_customer_went_on_first_the_note_of_a_way_back_is_still_there(ann, toy, move):
    session = customer(toy)
    journal.answer(only(session), 1, "no")
    join(ann, session)
    seen = only(session).get().count
    journal.answer(only(session), seen, "next")
    response = ann.client.post(f"/desk/{session.code}/{seen}/{move}", {"seen": seen, "words": "It blinks."})
    assert response.status_code == 409
    assert "It blinks." in response.content.decode()
    assert not session.events.filter(kind="note").exists()
