"""Views that say what arrived, or go wrong, behind all that every request passes; and how tests reach them."""

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

# The database is only there to be left alone: a request begins and ends with a look at its connections.
MARKS = [pytest.mark.urls(__name__), pytest.mark.once, pytest.mark.django_db]
LIMIT = 64 * 1024


@csrf_exempt
def echo(request: HttpRequest, word: str = "") -> JsonResponse:
    """Answer with what arrived."""
    return JsonResponse({"form": dict(request.POST.lists()), "query": request.GET, "cookies": request.COOKIES})


def protected(request: HttpRequest) -> JsonResponse:
    return JsonResponse({})


def fragment(request: HttpRequest) -> HttpResponse:
    """Answer with a form for forgery protection, as a fragment where the address says so."""
    response = HttpResponse(get_token(request))
    response.is_fragment = "fragment" in request.path
    return response


def broken(request: HttpRequest) -> JsonResponse:
    raise RuntimeError("for the test")


def away(request: HttpRequest) -> JsonResponse:
    raise OperationalError("connection refused")


def mistaken(request: HttpRequest) -> JsonResponse:
    """Ask for a table that is not there, as the code does where a migration is missing."""
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
    path("away/", csrf_exempt(away)),
    path("mistaken/", mistaken),
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
    """Return whether the answer is the page for what cannot be read, with its reason."""
    return response.status_code == 400 and reason in response.content.decode() and "<h1" in response.content.decode()


def ask(kind: str, body: bytes, query: str = "") -> tuple[int, str]:
    """Send a form the whole way, as gunicorn would; return the status and the page."""
    status, page = served("POST", f"/echo/a/?{query}", body, kind)
    return status, page.decode()
