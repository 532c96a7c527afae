"""Error pages: a way on, no details, and a calm page while the database is down."""

import pytest
from django.test import Client

from helpdesk import errors
from tests.request_guard.echoes import MARKS, broken

pytestmark = MARKS


def test_a_form_from_another_site_is_refused_with_a_way_on():
    response = Client(enforce_csrf_checks=True).post("/protected/")
    assert response.status_code == 403
    page = response.content.decode()
    assert "reload the page" in page
    assert 'href="/"' in page


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://testserver", 200), ("http://evil.example", 403), ("https://evil.example", 403), ("null", 403)],
)
def test_a_form_with_a_stolen_token_is_accepted_from_our_own_pages_only(origin, status):
    client = Client(enforce_csrf_checks=True)
    token = client.get("/whole/").content.decode()
    response = client.post("/protected/", {"csrfmiddlewaretoken": token}, headers={"origin": origin})
    assert response.status_code == status


def test_an_unknown_address_leads_home():
    response = Client().get("/nowhere/")
    assert response.status_code == 404
    assert 'href="/"' in response.content.decode()


@pytest.mark.parametrize("address", ["/nowhere/", "/broken/", "/?q=%00"])
def test_no_error_page_is_stored(address):
    response = Client(raise_request_exception=False).get(address)
    assert response.status_code >= 400
    assert response["Cache-Control"] == "no-store"


def test_a_server_error_is_admitted_without_details():
    client = Client(raise_request_exception=False)
    response = client.get("/broken/")
    assert response.status_code == 500
    assert "<h1" in response.content.decode()
    assert "RuntimeError" not in response.content.decode()


def test_a_server_error_is_admitted_even_if_the_template_is_broken_too(monkeypatch):
    monkeypatch.setattr(errors, "render_to_string", broken)
    response = Client(raise_request_exception=False).get("/broken/")
    assert response.status_code == 500
    assert "<h1>Something went wrong on our side</h1>" in response.content.decode()


def test_while_the_database_is_down_a_calm_page_says_when_to_try_again():
    response = Client(raise_request_exception=False).get("/down/?a=b&c=d")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response["Cache-Control"] == "no-store"
    page = response.content.decode()
    assert "<h1" in page
    assert 'href="/down/?a=b&amp;c=d">Try again' in page
    assert "refused" not in page


@pytest.mark.parametrize(
    ("referrer", "retry_url"),
    [
        ("http://testserver/s/abc/3/", "http://testserver/s/abc/3/"),
        ("http://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_a_form_that_failed_is_retried_from_its_own_page(settings, referrer, retry_url):
    settings.ALLOWED_HOSTS = ["testserver"]
    headers = {"referer": referrer} if referrer else {}
    response = Client(raise_request_exception=False).post("/down/", headers=headers)
    assert response.status_code == 503
    assert f'href="{retry_url}">Try again' in response.content.decode()


def test_an_invalid_statement_is_a_server_error():
    assert Client(raise_request_exception=False).get("/invalid/").status_code == 500
