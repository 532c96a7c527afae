"""Sends pages whole, or the fragment that htmx asked for. In `wizards`, only this file knows htmx's headers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from .fragment_cache import cached_fragment
from .page import Context, Page
from .screens import screen_context


def wants_fragment(request: HttpRequest) -> bool:
    """Return whether htmx asks for a fragment. To restore a page from its history it needs the whole page."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by django-htmx's middleware
    return bool(htmx) and not htmx.history_restore_request


def render_page(
    request: HttpRequest, template: str, context: Context, *, fragment: str = "", push_url: str = "", status: int = 200
) -> HttpResponse:
    """Render `template`, or its `fragment` where htmx asked for it. htmx then shows `push_url` in the address bar."""
    is_fragment = bool(fragment) and wants_fragment(request)
    response = render(request, fragment if is_fragment else template, context, status=status)
    return finish_response(response, is_fragment=is_fragment, push_url=push_url)


def finish_response(response: HttpResponse, *, is_fragment: bool, push_url: str = "") -> HttpResponse:
    """Set the headers of every page, and htmx's on a fragment."""
    if is_fragment:
        response.is_fragment = True  # type: ignore[attr-defined]  # helpdesk.security_headers.security_headers_middleware reads it
    if is_fragment and push_url:
        response["HX-Push-Url"] = push_url
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["HX-Request"])
    return response


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect the whole page. htmx would follow a 303 and put the result into a part of the page."""
    if wants_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url, "Cache-Control": "no-store"})
    return HttpResponseRedirect(url, status=303)


def render_step(
    request: HttpRequest, page: Page, *, error: str = "", message: str = "", status: int = 200
) -> HttpResponse:
    """Render the page of a step, with an error or a message above it."""
    if wants_fragment(request) and not (error or message) and (response := cached_fragment(request, page)):
        return finish_response(response, is_fragment=True, push_url=page.url)
    context = {"screen": screen_context(page) | {"error": error, "message": message}}
    return render_page(
        request,
        "customer/session/step.html",
        context,
        fragment="customer/session/_step.html",
        push_url="" if status >= 400 else page.url,
        status=status,
    )
