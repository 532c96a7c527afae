"""The first pages: home, search, a product, beginning a session, continuing one, and reaching a person."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.reading import read
from tests.visitor import HTMX, Visitor, publish
from wizards import journal
from wizards.models import Search, Session, Wizard

pytestmark = pytest.mark.django_db

SYMPTOMS = [
    {"id": "reset", "label": "The camera will not reset", "words": ["reset button does nothing"], "to": "q"},
    {"id": "password", "label": "I forgot the password", "words": ["cannot log in"], "to": "why"},
]


def toy(**changes):
    return publish(symptoms=SYMPTOMS, **changes)


# Home


def test_home_offers_the_search_and_every_published_product(client):
    publish(title="First camera", slug="first")
    publish(title="Second camera", slug="second")
    page = read(client.get("/"))
    assert page.all("form", action="/search/", method="get")
    assert {"/w/first/", "/w/second/"} <= page.links
    assert "First camera" in page.text
    assert "Second camera" in page.text


def test_home_is_a_page_before_anything_is_published(client):
    response = client.get("/")
    assert response.status_code == 200
    assert read(response).h1


def test_home_offers_a_new_visitor_nothing_to_continue(client):
    toy()
    Visitor().begin(symptom="reset")
    assert "Continue where you left off" not in read(client.get("/")).text


def test_home_offers_to_continue_where_the_visitor_left_off():
    toy(title="Toy camera")
    visitor = Visitor().begin(symptom="reset").walk("no")
    page = read(visitor.client.get("/"))
    assert "Continue where you left off" in page.text
    assert "Step hold" in page.text
    assert visitor.address("resume") in page.links


def test_continuing_leads_to_the_current_page():
    toy()
    visitor = Visitor().begin(symptom="reset").walk("no", "next")
    response = visitor.see("resume")
    assert response.status_code == 302
    assert response["Location"] == visitor.address("step", 3)


def test_a_finished_session_is_not_offered_to_continue():
    toy()
    visitor = Visitor().begin(symptom="reset").walk("yes")
    assert visitor.address("resume") not in read(visitor.client.get("/")).links


def test_home_lists_the_five_sessions_seen_last():
    version = toy()
    visitor = Visitor().begin(symptom="reset").walk("no")
    digest = Session.objects.get(code=visitor.code).visitor
    codes = [journal.begin(version, "password", digest).code]
    for _ in range(6):
        Session.objects.filter(code=codes[-1]).update(count=5)  # journal.begin takes up a session again until it moves
        codes.append(journal.begin(version, "password", digest).code)
    links = [link for link in read(visitor.client.get("/")).links if link.startswith("/s/")]
    assert sorted(links) == sorted(reverse("resume", args=[code]) for code in codes[-5:])


# Search


def test_search_finds_a_symptom_by_its_words(client):
    toy()
    page = read(client.get("/search/", {"q": "reset does nothing"}))
    assert page.whole
    assert page.beginnings == {"/begin/toy/reset/"}
    assert "The camera will not reset" in page.text


def test_the_query_is_in_the_field_and_in_the_title(client):
    toy()
    page = read(client.get("/search/", {"q": "reset"}))
    assert page.all("input", name="q", value="reset")
    assert "reset" in page.title


@pytest.mark.parametrize("address", ["/search/", "/search/?q=", "/search/?q=%20"])
def test_search_without_words_shows_the_field_and_no_results(client, address):
    toy()
    response = client.get(address)
    assert response.status_code == 200
    assert not read(response).beginnings


def test_where_nothing_fits_the_nearest_symptoms_and_a_person_are_offered(client):
    toy()
    page = read(client.get("/search/", {"q": "xyzzy plugh"}))
    assert page.beginnings
    assert "/contact/" in page.links
    assert "xyzzy plugh" in page.text


def test_results_while_typing_are_a_fragment(client):
    toy()
    response = client.get("/search/", {"q": "reset"}, headers=HTMX)
    page = read(response)
    assert not page.whole
    assert "<html" not in page.html
    assert page.beginnings == {"/begin/toy/reset/"}
    assert "HX-Push-Url" not in response.headers


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_query_that_is_too_long_is_a_422(client, headers):
    toy()
    assert client.get("/search/", {"q": "a" * 201}, headers=headers).status_code == 422


def test_a_query_of_two_hundred_characters_is_searched(client):
    toy()
    assert client.get("/search/", {"q": ("reset " * 40)[:200]}).status_code == 200


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_what_was_searched_is_shown_as_text(client, headers):
    toy()
    page = read(client.get("/search/", {"q": '"><script>alert(1)</script><b onclick=x>'}, headers=headers))
    assert page.inline == []
    assert "<script>alert(1)</script>" in page.text


# A product


def test_a_product_page_lists_its_symptoms_as_buttons_that_begin(client):
    toy(title="Toy camera")
    page = read(client.get("/w/toy/"))
    assert page.beginnings == {"/begin/toy/reset/", "/begin/toy/password/"}
    assert "I forgot the password" in page.text
    assert "Toy camera" in page.title
    assert page.all("form", method="post")


@pytest.mark.parametrize("address", ["/w/nothing/", "/w/toy-2/", "/w/TOY/"])
def test_an_unknown_product_is_a_404_with_a_way_on(client, address):
    toy()
    response = client.get(address)
    assert response.status_code == 404
    assert "/" in read(response).links


def test_a_wizard_that_was_never_published_is_a_404(client):
    publish()
    Wizard.objects.update(current=None)
    assert client.get("/w/toy/").status_code == 404
    assert client.post("/begin/toy/s/").status_code == 404
    assert "/w/toy/" not in read(client.get("/")).links


# Beginning


def test_beginning_leads_to_the_first_page_by_a_redirect(client):
    publish()
    response = client.post("/begin/toy/s/")
    session = Session.objects.get()
    assert response.status_code == 303
    assert response["Location"] == f"/s/{session.code}/1/"
    assert client.get(response["Location"]).status_code == 200


def test_a_symptom_that_leads_to_an_outcome_begins_at_its_page():
    publish(symptoms=[{"id": "s", "label": "All is well", "to": "tip"}])
    visitor = Visitor().begin()
    assert visitor.log == ["begin s", "end advice"]
    assert visitor.number == 2
    assert read(visitor.see()).h1 == "End tip"


def test_the_visitors_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    publish()
    cookie = client.post("/begin/toy/s/").cookies["visitor"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert int(cookie["max-age"]) == 90 * 24 * 60 * 60
    assert len(cookie.value) >= 40


def test_the_visitors_cookie_is_secure_and_bound_to_the_host_under_https(client, settings):
    settings.SESSION_COOKIE_SECURE = True
    settings.VISITOR_COOKIE_NAME = "__Host-visitor"
    publish()
    response = client.post("/begin/toy/s/")
    cookie = response.cookies["__Host-visitor"]
    assert cookie["secure"]
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert client.get(response["Location"]).status_code == 200


def test_one_visitor_keeps_one_secret_for_several_sessions(client):
    toy()
    first = client.post("/begin/toy/reset/").cookies["visitor"].value
    second = client.post("/begin/toy/password/").cookies["visitor"].value
    assert first == second
    assert Session.objects.count() == 2
    assert len(set(Session.objects.values_list("visitor", flat=True))) == 1


def test_two_visitors_get_different_secrets():
    publish()
    secrets = {Visitor().begin().client.cookies["visitor"].value for _ in range(5)}
    assert len(secrets) == 5


def test_a_double_click_on_a_symptom_begins_one_session():
    publish()
    visitor = Visitor().begin()
    first = visitor.code
    visitor.begin()
    assert visitor.code == first
    assert Session.objects.count() == 1


def test_beginning_again_after_an_answer_is_a_new_session():
    publish()
    visitor = Visitor().begin().walk("no")
    first = visitor.code
    assert visitor.begin().code != first


def test_an_overlong_cookie_is_replaced_by_a_fresh_secret(client):
    publish()
    client.cookies["visitor"] = "x" * 5000
    cookie = client.post("/begin/toy/s/").cookies["visitor"]
    assert 40 <= len(cookie.value) <= 100


@pytest.mark.parametrize("address", ["/begin/toy/nothing/", "/begin/nothing/s/", "/begin/toy/S/"])
def test_beginning_with_an_unknown_symptom_is_a_404_with_a_way_on(client, address):
    publish()
    response = client.post(address)
    assert response.status_code == 404
    assert "/" in read(response).links
    assert not Session.objects.exists()


def test_a_session_stays_with_the_version_that_it_began_on(client):
    publish(title="Old words")
    visitor = Visitor().begin()
    publish("tip = advice", title="New words")  # nothing of the session's version is left in the draft
    assert read(visitor.see()).h1 == "Question q?"
    assert "New words" in read(client.get("/")).text


# A person


def test_the_contact_page_says_how_to_reach_a_person(client, settings):
    settings.SUPPORT_PHONE, settings.SUPPORT_EMAIL = "020 7946 0123", "help@example.org"
    settings.SUPPORT_HOURS = "Monday to Friday"
    page = read(client.get("/contact/"))
    assert {"tel:02079460123", "mailto:help@example.org"} <= page.links
    assert "Monday to Friday" in page.text


def test_contact_details_that_are_not_set_are_not_shown(client, settings):
    settings.SUPPORT_PHONE = settings.SUPPORT_EMAIL = settings.SUPPORT_HOURS = ""
    page = read(client.get("/contact/"))
    assert page.links
    assert not [link for link in page.links if link.startswith(("tel:", "mailto:"))]


@pytest.mark.parametrize("address", ["/", "/search/", "/w/toy/", "/nowhere/"])
def test_every_first_page_leads_to_a_person(client, address):
    toy()
    assert "/contact/" in read(client.get(address)).links


@pytest.mark.parametrize("address", ["/", "/search/", "/search/?q=reset", "/w/toy/", "/contact/"])
def test_the_first_pages_are_not_stored_and_vary_on_htmx(client, address):
    toy()
    response = client.get(address)
    assert response["Cache-Control"] == "no-store"
    assert "HX-Request" in response["Vary"]


def test_logging_searches_without_matches_is_rate_limited(client, settings):
    settings.RATES = settings.RATES | {"missed": "2 per hour"}
    codes = [client.post("/search/missed/", {"q": f"word {number}"}).status_code for number in range(3)]
    assert codes == [303, 303, 429]
    assert Search.objects.count() == 2


def test_owned_and_shared_sessions_are_queried_apart(client):
    client.cookies["visitor"] = "somebody"
    with CaptureQueriesContext(connection) as asked:
        client.get("/")
    sessions = [query["sql"] for query in asked if 'FROM "wizards_session"' in query["sql"]]
    assert len(sessions) == 2
    assert not any(" OR " in each for each in sessions)


# A code typed in capitals


@pytest.mark.parametrize("start", ["/s/", "/case/"])
@pytest.mark.parametrize("code", ["ABCDEFGH2345", "abcdefgh234Z"])
def test_a_code_in_capitals_leads_to_its_address_without_looking_for_a_session(client, start, code):
    with CaptureQueriesContext(connection) as caught:
        response = client.get(f"{start}{code}/")
    assert (response.status_code, response["Location"]) == (301, f"{start}{code.lower()}/")
    assert not caught


def test_a_persons_own_code_in_capitals_leads_to_their_page():
    publish()
    visitor = Visitor().begin()
    page = visitor.client.get(f"/s/{visitor.code.upper()}/", follow=True)
    assert read(page).h1 == "Question q?"


@pytest.mark.parametrize("address", ["/s/ABCDEFGH234/", "/s/ABCDEFGH2341/", "/case/ABCDEFGHIJKL/"])
def test_what_is_no_code_in_capitals_is_a_404(client, address):
    assert client.get(address).status_code == 404
