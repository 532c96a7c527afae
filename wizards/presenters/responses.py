"""Pages as responses: full, or the fragment that HTMX asked for. In `wizards`, only this file knows HTMX's headers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from .fragment_cache import cached_fragment
from .page import Context, Page
from .screens import screen_context


def wants_fragment(request: HttpRequest) -> bool:
    """Return whether HTMX asks for a part of a page, and not for a page to put back on going through the history."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by django-htmx's middleware
    return bool(htmx) and not htmx.history_restore_request


def render_page(
    request: HttpRequest, template: str, context: Context, *, fragment: str = "", address: str = "", status: int = 200
) -> HttpResponse:
    """Return the page `template`, or its `fragment` where HTMX asked for it, with `address` to show for it."""
    part = fragment if fragment and wants_fragment(request) else ""
    response = render(request, part or template, context, status=status)
    return finish_response(response, is_fragment=bool(part), address=address)


def finish_response(response: HttpResponse, *, is_fragment: bool, address: str = "") -> HttpResponse:
    """Return a response with the headers that all pages have, and those by which htmx takes a fragment."""
    if is_fragment:
        response.is_fragment = True  # type: ignore[attr-defined]  # helpdesk.security_headers.security_headers_middleware reads it
    if is_fragment and address:
        response["HX-Push-Url"] = address
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["HX-Request"])
    return response


def redirect(request: HttpRequest, address: str) -> HttpResponse:
    """Return a redirect to another page; HTMX, which would put that into a part of this one, goes there as a whole."""
    if wants_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address, "Cache-Control": "no-store"})
    return HttpResponseRedirect(address, status=303)


def render_step(
    request: HttpRequest, view: Page, *, error: str = "", said: str = "", status: int = 200
) -> HttpResponse:
    """Return the page of a step, with an error above it or a word of thanks beside it."""
    if wants_fragment(request) and not (error or said) and (quick := cached_fragment(request, view)):
        return finish_response(quick, is_fragment=True, address=view.address)
    context = {"screen": screen_context(view) | {"error": error, "said": said}}
    return render_page(
        request,
        "customer/session/step.html",
        context,
        fragment="customer/session/_step.html",
        address="" if status >= 400 else view.address,
        status=status,
    )
