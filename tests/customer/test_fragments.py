"""Answers through htmx: one request, one fragment, with its URL and title; a whole page where one is due."""

import pytest

from tests.reading import read
from tests.visitor import HTMX

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

RESTORING = {**HTMX, "hx-history-restore-request": "true"}


def is_fragment(response):
    """Return whether a response holds a fragment: a title and the inside of the page, and nothing around it."""
    html = response.content.decode().lower()
    return html.strip().startswith("<title>") and not any(tag in html for tag in ("<html", "<body", "<head>", "<main"))


def test_an_answer_brings_the_next_page_in_the_same_response(visitor):
    response = visitor.answer("no", headers=HTMX)
    assert response.status_code == 200
    assert is_fragment(response)
    assert read(response).h1 == "Step hold"
    assert visitor.log == ["begin s", "answer no"]


def test_a_fragment_names_its_address(visitor):
    response = visitor.answer("no", headers=HTMX)
    assert response["HX-Push-Url"] == f"/s/{visitor.code}/2/"


def test_a_fragment_brings_the_title_that_the_full_page_has(visitor):
    fragment = read(visitor.answer("no", headers=HTMX))
    assert fragment.title == read(visitor.see()).title
    assert fragment.title.startswith("Step hold")


def test_a_fragment_names_its_number_where_its_form_leads(visitor):
    page = read(visitor.answer("no", headers=HTMX))
    assert page.all("form", action=visitor.address("step", 2), **{"hx-post": visitor.address("step", 2)})


def test_a_fragment_says_the_same_as_the_full_page(visitor):
    for answer in ("list", "loose", "next", "failed", "none"):
        fragment = read(visitor.answer(answer, headers=HTMX))
        page = read(visitor.see())
        assert not fragment.whole
        assert page.whole
        assert fragment.text in page.text


@pytest.mark.parametrize("name", ["back", "restart"])
def test_going_back_brings_the_earlier_page_as_a_fragment(visitor, name):
    visitor.walk("no")
    response = visitor.send(name, headers=HTMX)
    assert response.status_code == 200
    assert is_fragment(response)
    assert response["HX-Push-Url"] == f"/s/{visitor.code}/3/"
    assert read(response).h1 == "Question q?"


def test_a_remark_brings_its_page_back_with_thanks(visitor):
    visitor.walk("no")
    response = visitor.send("remark", headers=HTMX, words="odd")
    assert is_fragment(response)
    assert "Thank you. We have noted what you see." in read(response).text


def test_feedback_brings_its_page_back_with_thanks(visitor):
    visitor.walk("yes")
    response = visitor.send("feedback", headers=HTMX, helped="yes")
    assert is_fragment(response)
    assert "Thank you" in read(response).text
    assert not read(response).all("button", name="helped")


@pytest.mark.parametrize("answer", ["", "maybe"])
def test_an_answer_that_is_refused_brings_the_page_back_with_the_error(visitor, answer):
    response = visitor.answer(answer, headers=HTMX)
    page = read(response)
    assert response.status_code == 422
    assert is_fragment(response)
    assert page.h1 == "Question q?"
    assert page.all("div", id="problem", role="alert")
    assert "#answer" in page.links
    assert "HX-Push-Url" not in response.headers
    assert visitor.log == ["begin s"]


def test_the_same_answer_given_twice_brings_the_current_page(visitor):
    visitor.answer("no", headers=HTMX)
    response = visitor.answer("no", 1, headers=HTMX)
    assert response.status_code == 200
    assert response["HX-Push-Url"] == visitor.address("step", 2)
    assert read(response).h1 == "Step hold"
    assert len(visitor.log) == 2


def test_a_page_that_htmx_asks_for_is_a_fragment(visitor):
    response = visitor.see(headers=HTMX)
    assert is_fragment(response)
    assert response["HX-Push-Url"] == visitor.address()


@pytest.mark.parametrize("headers", [{}, RESTORING, {"hx-history-restore-request": "true"}, {"hx-request": "false"}])
@pytest.mark.parametrize("way", [(), ("no",), ("list",), ("clean",), ("tip",)])
def test_without_htmx_and_on_going_through_the_history_the_page_is_whole(visitor, way, headers):
    visitor.walk(*way)
    response = visitor.see(headers=headers)
    assert response.status_code == 200
    assert read(response).whole
    assert "HX-Push-Url" not in response.headers


def test_an_answer_sent_while_restoring_the_history_leads_on_by_a_redirect(visitor):
    assert visitor.answer("no", headers=RESTORING).status_code == 303


@pytest.mark.parametrize("headers", [{}, HTMX, RESTORING], ids=["page", "fragment", "restoring"])
@pytest.mark.parametrize("name", ["step", "remark", "steps", "told", "help"])
def test_the_pages_of_a_session_are_not_stored_and_vary_on_htmx(visitor, name, headers):
    response = visitor.walk("no").see(name, headers=headers)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize(("answer", "number"), [("no", 0), ("no", 99), ("maybe", 1)])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_refusals_are_not_stored_either(visitor, answer, number, headers):
    response = visitor.answer(answer, number, headers=headers)
    assert response.status_code in {400, 422}
    assert response["Cache-Control"] == "no-store"
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("name", ["remark", "steps", "told", "help"])
def test_pages_without_a_fragment_are_whole_even_for_htmx(visitor, name):
    visitor.walk("no")
    assert read(visitor.see(name, headers=HTMX)).whole
