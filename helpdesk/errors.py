"""Error pages: what went wrong in plain words, and where to go on."""

import logging
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

log = logging.getLogger(__name__)

FALLBACK_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Something went wrong</title>
<h1>Something went wrong on our side</h1><p>It is not your doing. Wait a moment and try again.</p>
<p><a href="/">Go to the first page</a></p></html>"""
RETRY_AFTER_SECONDS = 5
UNREADABLE = "What your browser sent could not be read."

STAFF_PREFIXES = ("/desk/", "/review/", "/admin/", "/account/")
# Links on the 404 page of staff: the prefix of the area, the permission that opens it, the name of its URL, the label.
STAFF_AREAS = (
    ("/desk/", "wizards.view_call", "desk", "Go to the desk"),
    ("/review/", "wizards.view_session", "review", "Go to the review pages"),
    ("/admin/", "wizards.change_wizard", "admin:index", "Go to the wizards"),
)
START_LINK = ("account_start", "Go to where you begin")


def error_page(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    """Render an error page that no cache stores: the next try may succeed."""
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def refused_page(request: HttpRequest, reason: str) -> HttpResponse:
    """Return the 400 page with `reason`, one plain sentence."""
    return error_page(request, "400.html", 400, reason=reason)


def too_large_page(request: HttpRequest, max_bytes: int) -> HttpResponse:
    """Return the 413 page, which gives the limit in whole MB."""
    log.info("Refused %s: %s bytes", request.path[:200], request.META.get("CONTENT_LENGTH"))
    return error_page(request, "413.html", 413, limit=f"{max_bytes // 1024 // 1024} MB")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the 400 page. The log says what was wrong, the page does not."""
    log.info("Refused %s: %s", request.path[:200], type(exception).__name__)
    return refused_page(request, UNREADABLE)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, "403.html", 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page that asks to reload the form."""
    log.info("Refused %s: %s", request.path[:200], reason)
    return error_page(request, "403_csrf.html", 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the 404 page; for staff, the one with links to where they work."""
    if request.path.startswith(STAFF_PREFIXES) and _is_staff(request):
        return error_page(request, "404_staff.html", 404, areas=_staff_areas(request))
    return error_page(request, "404.html", 404)


def _is_staff(request: HttpRequest) -> bool:
    """Query the database only for a browser that has the cookie of staff."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated and request.user.is_staff


def _staff_areas(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the URL names and labels of the areas that are open to this user, the current area first."""
    areas = [area for area in STAFF_AREAS if request.user.has_perm(area[1])]
    areas.sort(key=lambda area: not request.path.startswith(area[0]))
    return [(url_name, label) for _, _, url_name, label in areas] or [START_LINK]


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the 503 page while the database is down, else the 500 page."""
    if is_database_down(sys.exc_info()[1]):
        response = _render_plain("503.html", 503, lambda: {"retry_url": retry_address(request)})
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return _render_plain("500.html", 500)


def is_database_down(error: BaseException | None) -> bool:
    """Return whether the database cannot be reached, is too busy, or has no space left.

    SQLite raises the same class for an invalid statement, which is a bug.
    """
    cause = error.__cause__ if error else None
    is_invalid_statement = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return isinstance(error, OperationalError | InterfaceError) and not is_invalid_statement


def is_deadlock(error: BaseException | None) -> bool:
    """Return whether PostgreSQL ended a transaction in a deadlock, which is a bug."""
    return getattr(error.__cause__ if error else None, "sqlstate", None) == "40P01"


def retry_address(request: HttpRequest) -> str:
    """Return the requested address or, for a form, the page that it was sent from."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    referrer = request.META.get("HTTP_REFERER", "")
    is_ours = url_has_allowed_host_and_scheme(referrer, {request.get_host()}, require_https=request.is_secure())
    return referrer if is_ours else "/"


def _render_plain(template: str, status: int, context: Callable[[], dict[str, str]] = dict) -> HttpResponse:
    """Render without context processors, which may fail too. Fall back to a page that needs no template."""
    try:
        html: str = render_to_string(template, context())
    except Exception:
        log.exception("Cannot render the error page")
        html = FALLBACK_PAGE
    return HttpResponse(html, status=status, headers={"Cache-Control": "no-store"})
