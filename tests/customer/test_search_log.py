"""What the search logs: a choice when a session begins, and that nothing matches, after two seconds or a click."""

import pytest
from django.apps import apps

from tests.graphs import SYMPTOMS
from tests.reading import read
from tests.visitor import HTMX, Visitor, publish, rows
from wizards.models import Search, Session

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _toy():
    publish(symptoms=SYMPTOMS)


def logged():
    return list(Search.objects.order_by("pk").values_list("words", "found", "wizard", "symptom"))


def results(client, words, **options):
    return read(client.get("/search/", {"q": words}, **options))


def automatic_fields(page):
    """Return the fields that log after two seconds that nothing matches."""
    return page.all("input", **{"hx-post": "/search/missed/"})


# A choice


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
@pytest.mark.parametrize("words", ["reset", "xyzzy"], ids=["found", "nearest"])
def test_the_buttons_that_begin_post_the_query(client, headers, words):
    page = results(client, words, headers=headers)
    assert page.beginnings
    assert page.all("input", type="hidden", name="q", value=words)


def test_choosing_a_result_logs_the_words_and_the_symptom(client):
    client.post("/begin/toy/reset/", {"q": "Reset!"})
    assert logged() == [("Reset!", 1, "toy", "reset")]


def test_a_double_click_on_a_result_logs_one_choice(client):
    for _ in range(2):
        client.post("/begin/toy/reset/", {"q": "reset"})
    assert len(logged()) == 1


def test_two_people_who_choose_the_same_are_both_logged():
    for _ in range(2):
        Visitor().client.post("/begin/toy/reset/", {"q": "reset"})
    assert len(logged()) == 2


def test_beginning_from_a_products_page_logs_no_search(client):
    assert not read(client.get("/w/toy/")).all("input", name="q")
    client.post("/begin/toy/reset/")
    assert logged() == []


@pytest.mark.parametrize("words", ["", "   ", "a" * 201, "bell\a"])
def test_an_invalid_query_does_not_prevent_beginning(client, words):
    assert client.post("/begin/toy/reset/", {"q": words}).status_code == 303
    assert Session.objects.count() == 1
    assert logged() == []


def test_beginning_with_an_unknown_symptom_logs_no_search(client):
    assert client.post("/begin/toy/nothing/", {"q": "reset"}).status_code == 404
    assert logged() == []


# Nothing fits


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_page_without_matches_logs_it_after_two_seconds_and_swaps_nothing(client, headers):
    (field,) = automatic_fields(results(client, "xyzzy", headers=headers))
    assert field["value"] == "xyzzy"
    assert field["hx-trigger"] == "load delay:2s"
    assert field["hx-swap"] == "none"


@pytest.mark.parametrize("words", ["reset", ""])
def test_a_page_with_matches_or_without_a_query_logs_nothing_by_itself(client, words):
    assert not automatic_fields(results(client, words))


@pytest.mark.parametrize("words", ["reset", "xyzzy"])
def test_every_result_offers_a_button_that_says_that_none_fits(client, words):
    page = results(client, words)
    assert page.all("form", action="/search/missed/", method="post")
    assert "None of these is it" in page.text


def test_without_near_matches_the_button_says_that_nothing_fits(client, monkeypatch):
    monkeypatch.setattr("wizards.search.index.MAX_NEAREST", 0)
    assert "Tell us that nothing fits" in results(client, "xyzzy").text


def test_without_a_query_nothing_can_be_logged(client):
    assert not results(client, "").all("form", action="/search/missed/")


@pytest.mark.parametrize(("words", "found"), [("xyzzy", 0), ("reset", 1)])
def test_the_button_logs_the_query_and_thanks(client, words, found):
    response = client.post("/search/missed/", {"q": words}, follow=True)
    page = read(response)
    assert response.redirect_chain[0][1] == 303
    assert logged() == [(words, found, "", "")]
    assert "Thank you" in page.text
    assert {"/contact/", "/"} <= page.links
    assert page.all("input", name="q", type="search", value=words)


def test_after_the_thanks_nothing_more_can_be_logged(client):
    page = read(client.post("/search/missed/", {"q": "xyzzy"}, follow=True))
    assert not page.all("form", action="/search/missed/")
    assert not automatic_fields(page)


def test_reloading_and_pressing_again_make_one_row(client):
    for _ in range(2):
        client.post("/search/missed/", {"q": "xyzzy"}, follow=True)
        client.post("/search/missed/", {"q": "xyzzy"}, headers=HTMX)
    assert len(logged()) == 1


def test_what_htmx_logs_by_itself_gets_an_empty_answer(client):
    response = client.post("/search/missed/", {"q": "xyzzy"}, headers=HTMX)
    assert (response.status_code, response.content) == (204, b"")
    assert logged() == [("xyzzy", 0, "", "")]


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ({}, "There are no words to pass on"),
        ({"q": ""}, "There are no words to pass on"),
        ({"q": "  "}, "There are no words to pass on"),
        ({"q": "a" * 201}, "at most 200 characters"),
        ({"q": "bell\a"}, "Some characters cannot be read"),
    ],
    ids=["none", "empty", "blank", "long", "bell"],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_an_invalid_query_is_refused_in_plain_words(client, form, line, headers):
    response = client.post("/search/missed/", form, headers=headers)
    assert response.status_code == 422
    assert line in read(response).text
    assert logged() == []


def test_a_nul_is_refused(client):
    assert client.post("/search/missed/", {"q": "a\0b"}).status_code == 400
    assert logged() == []


def test_words_are_shown_as_text_after_the_thanks(client):
    page = read(client.post("/search/missed/", {"q": '"><script>alert(1)</script>&said=x'}, follow=True))
    assert page.inline == []
    assert page.all("input", name="q", type="search", value='"><script>alert(1)</script>&said=x')


def test_searching_and_looking_at_the_thanks_write_nothing(client):
    before = rows(*apps.get_models())
    for query in ("q=reset", "q=xyzzy", "q=xyzzy&said=missed"):
        for headers in ({}, HTMX):
            client.get(f"/search/?{query}", headers=headers)
    assert rows(*apps.get_models()) == before
