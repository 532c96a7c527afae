"""The pages for what went wrong, in plain words. Each takes the request and returns a whole page with its status."""

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

LOGGED_SERVER_ERROR_KEY = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Something went wrong</title>
<h1>Something went wrong on our side</h1><p>It is not your doing. Wait a moment and try again.</p>
<p><a href="/">Go to the first page</a></p></html>"""
AWAY_SECONDS = 5  # after which it is worth trying again
UNREADABLE = "What your browser sent could not be read."


# Where staff work: which addresses are theirs, and to which places a page that is not there leads by which right.
STAFF_PAGES = ("/desk/", "/review/", "/admin/", "/account/")
PLACES = (
    ("/desk/", "wizards.view_call", "desk", "Go to the desk"),
    ("/review/", "wizards.view_session", "review", "Go to the review pages"),
    ("/admin/", "wizards.change_wizard", "admin:index", "Go to the wizards"),
)
ELSEWHERE = ("account_start", "Go to where you begin")


def error_page(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    """Return one of the pages below, which nobody stores: the next try may go well."""
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def refused_page(request: HttpRequest, reason: str) -> HttpResponse:
    """Return the 400 page, which shows `reason` (one plain sentence) and a way on."""
    return error_page(request, "400.html", 400, reason=reason)


def too_large_page(request: HttpRequest, most: int) -> HttpResponse:
    """Return the 413 page, which says how many bytes (`most`, in whole MB) one form may hold."""
    log.info("Refused %s: %s bytes", request.path[:200], request.META.get("CONTENT_LENGTH"))
    return error_page(request, "413.html", 413, limit=f"{most // 1024 // 1024} MB")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what could not be understood. What exactly was wrong is for the log, not for the page."""
    log.info("Refused %s: %s", request.path[:200], type(exception).__name__)
    return refused_page(request, UNREADABLE)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer someone who is known but may not do this."""
    return error_page(request, "403.html", 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that cannot be shown to come from our own page; the page says to open it again."""
    log.info("Refused %s: %s", request.path[:200], reason)
    return error_page(request, "403_csrf.html", 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that names nothing, or nothing that is this visitor's; lead staff back to where they work."""
    if request.path.startswith(STAFF_PAGES) and _is_staff(request):
        return error_page(request, "404_staff.html", 404, places=_places(request))
    return error_page(request, "404.html", 404)


def _is_staff(request: HttpRequest) -> bool:
    """Return whether a member of staff asks. Without their cookie nothing is read to find out."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated and request.user.is_staff


def _places(request: HttpRequest) -> list[tuple[str, str]]:
    """Return where this member of staff works, as names of addresses with words: first the part that they are in."""
    open_to = [each for each in PLACES if request.user.has_perm(each[1])]
    open_to.sort(key=lambda each: not request.path.startswith(each[0]))
    return [(name, words) for _, _, name, words in open_to] or [ELSEWHERE]


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when we failed: as soon as the database is back where it is away, or else that it was our fault."""
    if is_database_down(sys.exc_info()[1]):
        response = _bare("503.html", 503, lambda: {"again": retry_address(request)})
        response["Retry-After"] = str(AWAY_SECONDS)
        return response
    return _bare("500.html", 500)


def is_database_down(error: BaseException | None) -> bool:
    """Return whether an error says that the database cannot be reached, is too busy, or has no room.

    SQLite says with the same class that a statement is wrong, which is a fault of ours.
    """
    cause = error.__cause__ if error else None
    is_wrong = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return isinstance(error, OperationalError | InterfaceError) and not is_wrong


def is_deadlock(error: BaseException | None) -> bool:
    """Return whether PostgreSQL ended a transaction because two waited for each other: a fault of ours."""
    return getattr(error.__cause__ if error else None, "sqlstate", None) == "40P01"


def retry_address(request: HttpRequest) -> str:
    """Return where to try again: at what was asked for, or on the page from which a form was sent."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    page = request.META.get("HTTP_REFERER", "")
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if ours else "/"


def _bare(template: str, status: int, context: Callable[[], dict[str, str]] = dict) -> HttpResponse:
    """Return a page without the request's context, and bare words where even the template cannot be shown."""
    try:
        text: str = render_to_string(template, context())
    except Exception:
        log.exception("The page for our own faults cannot be shown")
        text = LOGGED_SERVER_ERROR_KEY
    return HttpResponse(text, status=status, headers={"Cache-Control": "no-store"})
