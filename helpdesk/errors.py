"""The pages for what went wrong, in plain words. Each takes the request and returns a whole page with its status."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

log = logging.getLogger(__name__)

FAILED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Something went wrong</title>
<h1>Something went wrong on our side</h1><p>It is not your doing. Wait a moment and try again.</p>
<p><a href="/">Go to the first page</a></p></html>"""
UNREADABLE = "What your browser sent could not be read."


def page(request: HttpRequest, template: str, status: int, **context: str) -> HttpResponse:
    """Return one of the pages below, which nobody stores: the next try may go well."""
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def refusal(request: HttpRequest, reason: str) -> HttpResponse:
    """Return the 400 page, which shows `reason` (one plain sentence) and a way on."""
    return page(request, "400.html", 400, reason=reason)


def too_large(request: HttpRequest, most: int) -> HttpResponse:
    """Return the 413 page, which says how many bytes (`most`, in whole MB) one form may hold."""
    log.info("Refused %s: %s bytes", request.path[:200], request.META.get("CONTENT_LENGTH"))
    return page(request, "413.html", 413, limit=f"{most // 1024 // 1024} MB")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what could not be understood. What exactly was wrong is for the log, not for the page."""
    log.info("Refused %s: %s", request.get_full_path()[:200], type(exception).__name__)
    return refusal(request, UNREADABLE)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer someone who is known but may not do this."""
    return page(request, "403.html", 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that cannot be shown to come from our own page; the page says to open it again."""
    log.info("Refused %s: %s", request.path[:200], reason)
    return page(request, "403_csrf.html", 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that names nothing, or nothing that is this visitor's."""
    return page(request, "404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when we failed. Without a context, and with bare words where even the template cannot be shown."""
    try:
        text: str = render_to_string("500.html")
    except Exception:
        log.exception("The page for our own faults cannot be shown")
        text = FAILED
    return HttpResponse(text, status=500, headers={"Cache-Control": "no-store"})
