"""Notes on a call: stored with time and author, and still in the field if they cannot be stored."""

from __future__ import annotations

import pytest

from tests.desk.agents import customer, join, only
from tests.reading import read
from tests.visitor import HTMX
from wizards import journal

# tests/test_roles.py and tests/hostile cover the same queries on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_note_is_kept_with_its_time_and_author_and_shown_as_text(ann, bob):
    ann.begin().answer("no")
    ann.send("note/", number=1, words="<b>Red</b> light\nsince Monday")
    page = ann.see().content.decode()
    assert "&lt;b&gt;Red&lt;/b&gt; light<br>since Monday" in page
    assert "Ann" in read(page).text
    event = ann.session.events.get(kind="note")
    assert (event.to, event.agent, event.words.text) == (1, ann.user, "<b>Red</b> light\nsince Monday")
    assert read(page).h1 == "Step hold"


@pytest.mark.parametrize("form", [{"words": ""}, {"words": "x" * 2001}, {"words": "x", "number": "99"}, {"number": ""}])
def test_a_note_that_cannot_be_kept_is_said_and_not_lost(ann, form):
    ann.begin()
    response = ann.send("note/", **({"number": 1, "words": "x"} | form))
    assert response.status_code == 422
    assert form.get("words", "x") in response.content.decode()
    assert ann.log == ["begin s"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_note_that_was_typed_and_not_saved_is_saved_with_the_answer(ann, headers):
    ann.begin()
    for _ in range(2):  # the second one is the double click
        ann.answer("no", number=1, headers=headers, seen=1, words=" It blinks. ")
    assert ann.log == ["begin s", "note", "answer no"]
    event = ann.session.events.get(kind="note")
    assert (event.to, event.agent, event.words.text) == (1, ann.user, "It blinks.")


@pytest.mark.parametrize("words", ["", "  \n"])
def test_an_answer_without_a_note_is_an_answer_alone(ann, words):
    ann.begin().answer("no", words=words)
    assert ann.log == ["begin s", "answer no"]


@pytest.mark.parametrize("form", [{"given": "nothing", "words": "It blinks."}, {"given": "no", "words": "y" * 2001}])
def test_where_an_answer_or_its_note_cannot_be_kept_neither_is_and_the_note_is_still_there(ann, form):
    ann.begin()
    response = ann.answer(form["given"], words=form["words"])
    assert response.status_code == 422
    assert form["words"] in response.content.decode()
    assert ann.log == ["begin s"]


def test_a_note_is_still_there_where_the_customer_went_on_first(ann, toy):
    session = customer(toy)
    join(ann, session)
    seen = only(session).get().count
    journal.answer(only(session), seen, "list")
    response = ann.client.post(f"/desk/{session.code}/{seen}/", {"answer": "no", "seen": seen, "words": "It blinks."})
    assert response.status_code == 409
    assert "It blinks." in response.content.decode()
    assert not session.events.filter(kind="note").exists()


def test_more_notes_do_not_make_the_page_an_earlier_one(ann):
    ann.begin()
    ann.send("note/", number=1, words="one")
    assert "already answered" not in read(ann.see(number=1)).text
    assert ann.answer("no", number=1, seen="2").status_code == 303
