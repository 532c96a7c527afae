"""The headers of pages, fragments and refusals."""

from django.test import Client

from helpdesk import security_headers
from tests.request_guard.echoes import MARKS, post

pytestmark = MARKS


def test_every_page_carries_the_security_headers():
    headers = Client().get("/echo/a/").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_a_host_refused_before_the_redirect_to_https_gets_the_security_headers(settings):
    settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["help.example.org"]
    response = Client(headers={"host": "evil.example"}).get("/echo/a/")
    assert response.status_code == 400
    assert set(security_headers.DOCUMENT_HEADERS) <= set(response.headers)
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_fragment_carries_no_document_headers_and_renews_no_cookie():
    visitor = Client()
    whole = visitor.get("/whole/")
    assert "csrf" in whole.cookies
    again = visitor.get("/whole/")
    assert "csrf" in again.cookies
    part = visitor.get("/fragment/")
    assert "csrf" not in part.cookies
    for name in security_headers.DOCUMENT_HEADERS:
        assert name in whole.headers
        assert name not in part.headers
    assert part.headers["X-Content-Type-Options"] == "nosniff"


def test_a_fragment_sets_the_first_csrf_cookie():
    assert "csrf" in Client().get("/fragment/").cookies


def test_a_refusal_carries_the_security_headers():
    headers = post("a=%00").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]
