"""Views behind the whole middleware that echo the request or fail, and helpers to call them."""

import sqlite3

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from helpdesk import urls
from tests.visitor import FORM, served

# The views use no database, but each request checks its connections at the start and at the end.
MARKS = [pytest.mark.urls(__name__), pytest.mark.once, pytest.mark.django_db]
LIMIT = 64 * 1024


@csrf_exempt
def echo(request: HttpRequest, word: str = "") -> JsonResponse:
    return JsonResponse({"form": dict(request.POST.lists()), "query": request.GET, "cookies": request.COOKIES})


def protected(request: HttpRequest) -> JsonResponse:
    return JsonResponse({})


def fragment(request: HttpRequest) -> HttpResponse:
    """Set the CSRF cookie, in a fragment if the address says so."""
    response = HttpResponse(get_token(request))
    response.is_fragment = "fragment" in request.path
    return response


def broken(request: HttpRequest) -> JsonResponse:
    raise RuntimeError("for the test")


def database_down(request: HttpRequest) -> JsonResponse:
    raise OperationalError("connection refused")


def invalid_statement(request: HttpRequest) -> JsonResponse:
    """Query a table that does not exist, as if a migration were missing."""
    try:
        sqlite3.connect(":memory:").execute("SELECT 1 FROM nowhere")
    except sqlite3.OperationalError as cause:
        raise OperationalError(*cause.args) from cause


urlpatterns = [
    path("echo/<str:word>/", echo),
    path("admin/echo/", echo),
    path("protected/", protected),
    path("fragment/", fragment),
    path("whole/", fragment),
    path("broken/", broken),
    path("down/", csrf_exempt(database_down)),
    path("invalid/", invalid_statement),
    *urls.urlpatterns,
]
handler400 = "helpdesk.errors.bad_request"
handler403 = "helpdesk.errors.permission_denied"
handler404 = "helpdesk.errors.page_not_found"
handler500 = "helpdesk.errors.server_error"


def post(body, kind=FORM, address="/echo/a/", **headers):
    body = body.encode() if isinstance(body, str) else body
    return Client().generic("POST", address, body, kind, headers=headers)


def refused(response, reason):
    """Return whether the response is the 400 page with this reason."""
    return response.status_code == 400 and reason in response.content.decode() and "<h1" in response.content.decode()


def ask(kind: str, body: bytes, query: str = "") -> tuple[int, str]:
    """Send a form through the WSGI application, as gunicorn does; return the status and the page."""
    status, page = served("POST", f"/echo/a/?{query}", body, kind)
    return status, page.decode()
