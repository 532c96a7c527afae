"""Ownership of calls: on hold, passed on, taken, and the tabs."""

from __future__ import annotations

import pytest

from tests.reading import read
from wizards.support import calls

pytestmark = pytest.mark.django_db


def test_a_call_on_hold_is_not_moved_until_it_is_resumed(ann):
    ann.begin()
    assert ann.send("aside/")["Location"] == "/desk/"
    assert "on hold" in read(ann.see()).text
    assert ann.answer("no").status_code == 409
    ann.send("resume/")
    assert ann.answer("no").status_code == 303


def test_a_call_that_is_passed_on_is_found_by_the_colleague_with_everything_in_place(ann, bob):
    ann.begin("Mr X").answer("no")
    ann.send("note/", number=2, words="It blinks.")
    assert ann.send("pass/", to=bob.user.pk).status_code == 303
    bob.session = ann.session
    assert "Passed to you" in read(bob.client.get("/desk/")).text
    bob.send("resume/")
    page = read(bob.see())
    assert (page.h1, "It blinks." in page.text, "Mr X" in page.text) == ("Step hold", True, True)
    assert bob.answer("next").status_code == 303
    assert ann.answer("next").status_code == 409


@pytest.mark.parametrize("to", ["", "x", "0", "99999", "ann"])
def test_a_call_is_not_passed_to_nobody(ann, to):
    ann.begin()
    response = ann.send("pass/", to=ann.user.pk if to == "ann" else to)
    assert response.status_code == 422
    assert "Choose a colleague" in read(response).text


def test_ownership_is_checked_again_when_an_old_page_is_used(ann, bob):
    ann.begin()
    ann.send("pass/", to=bob.user.pk)
    assert ann.send("pass/", to=bob.user.pk).status_code == 409
    assert ann.send("take/").status_code == 409


def test_several_calls_stand_side_by_side_as_tabs(ann):
    codes = [ann.begin(caller).session.code for caller in ("Mr One", "Mrs Two")]
    page = read(ann.see())
    assert {f"/desk/{code}/" for code in codes} <= page.links
    assert page.all("a", href=f"/desk/{codes[1]}/", **{"aria-current": "page"})
    assert not page.all("a", href=f"/desk/{codes[0]}/", **{"aria-current": "page"})


def test_a_call_that_was_passed_on_leaves_the_agents_tabs(ann, bob):
    ann.begin("Mr X")
    ann.send("pass/", to=bob.user.pk)
    assert "Mr X" not in ann.client.get("/desk/").content.decode()
    assert list(calls.calls_of(ann.user)) == []
