"""Actions that leave a call's page save an unsaved note, or it stays in the field."""

from __future__ import annotations

import pytest

from tests.reading import read
from tests.visitor import HTMX

# tests/test_roles.py and tests/hostile cover the same queries on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

REDIRECTS = {"aside/": "/desk/", "leave/": "/desk/", "pass/": "/desk/", "caller/": "call"}


def pressed(agent, name, colleague, headers=None, **form):
    """Press a button of a call's page, which submits the whole form of the note."""
    form = {"number": 2, "seen": 2, "to": colleague.user.pk, "caller": "Mrs Y"} | form
    return agent.client.post(agent.at(name), form, headers=headers)


def test_what_leads_away_from_a_call_is_a_button_of_the_notes_form(ann, bob):
    ann.begin("Mr X").answer("no")
    page = read(ann.see())
    for name in REDIRECTS:
        assert page.all("button", form="note", formaction=ann.at(name)), name
        assert not page.all("form", action=ann.at(name)), name
    assert page.all("input", name="caller", form="note")
    assert page.all("select", name="to", form="note")


@pytest.mark.parametrize("name", ["resume/", "take/"])
def test_what_takes_a_call_up_is_a_button_of_the_notes_form(ann, lea, name):
    ann.begin().answer("no")
    if name == "resume/":
        ann.send("aside/")
    lea.session = ann.session
    looks_on = ann if name == "resume/" else lea
    assert read(looks_on.see()).all("button", form="note", formaction=ann.at(name))


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
@pytest.mark.parametrize("name", REDIRECTS)
def test_a_note_that_was_not_saved_is_saved_by_what_leads_away(ann, bob, name, headers):
    ann.begin("Mr X").answer("no")
    response = pressed(ann, name, bob, headers, words=" It blinks. ")
    where = {"call": f"/desk/{ann.session.code}/3/"}.get(REDIRECTS[name], REDIRECTS[name])
    assert response.headers["HX-Redirect" if headers else "Location"] == where
    assert response.status_code == (204 if headers else 303)
    assert ann.log[:3] == ["begin s", "answer no", "note"]
    event = ann.session.events.get(kind="note")
    assert (event.to, event.agent, event.words.text) == (2, ann.user, "It blinks.")


def test_pressed_twice_one_note_is_saved(ann, bob):
    ann.begin().answer("no")
    for _ in range(2):
        pressed(ann, "aside/", bob, words="It blinks.")
    assert ann.log == ["begin s", "answer no", "note"]


@pytest.mark.parametrize("name", REDIRECTS)
def test_without_a_note_nothing_is_logged_for_it(ann, bob, name):
    ann.begin().answer("no")
    pressed(ann, name, bob, words=" ")
    assert "note" not in ann.log


@pytest.mark.parametrize("form", [{"words": "y" * 2001}, {"words": "x", "number": 99}, {"words": "x", "number": ""}])
@pytest.mark.parametrize("name", REDIRECTS)
def test_a_note_that_cannot_be_kept_holds_what_leads_away_and_is_still_there(ann, bob, name, form):
    ann.begin("Mr X").answer("no")
    response = pressed(ann, name, bob, **form)
    assert response.status_code == 422
    assert f">{form['words']}</textarea>" in response.content.decode()
    assert ann.log == ["begin s", "answer no"]
    assert "Mr X" in read(ann.client.get("/desk/")).text


def test_a_refused_change_loses_no_note(ann, bob):
    ann.begin().answer("no")
    pressed(ann, "pass/", bob)
    log = ann.log
    response = pressed(ann, "pass/", bob, words="It blinks.")
    assert response.status_code == 409
    assert "It blinks." in response.content.decode()
    assert ann.log == log


@pytest.mark.parametrize("form", [{"caller": "c" * 201}, {"to": "x"}])
def test_what_was_typed_wrongly_loses_no_note(ann, bob, form):
    ann.begin().answer("no")
    response = pressed(ann, "caller/" if "caller" in form else "pass/", bob, words="It blinks.", **form)
    assert response.status_code == 422
    assert "It blinks." in response.content.decode()
    assert ann.log == ["begin s", "answer no"]


def test_who_calls_is_erased_by_a_button_whatever_stands_in_the_field(ann, bob):
    ann.begin("Mr X")
    assert pressed(ann, "caller/", bob, number=1, erase="yes").status_code == 303
    ann.session.call.refresh_from_db()
    assert ann.session.call.caller == ""
