"""What all review pages share: who gets in, the tabs, the filter, the reader's time zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from ... import access, pages
from ...review.filters import FilterForm

ZONE_COOKIE = "zone"
# Name of the address, what the tab says, and whether the filter goes with the reader.
TABS = (
    ("review", "Overview", True),
    ("review_stuck", "Stuck points", True),
    ("review_map", "Map", True),
    ("review_sessions", "Sessions", True),
    ("review_searches", "Searches", True),
    ("review_queue", "Queue", False),
)


def reviewers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only staff who may look at sessions see a view, with moments in their own time zone."""

    @access.staff_only(access.REVIEW)
    @wraps(view)
    def handle(request: HttpRequest, **arguments: Any) -> HttpResponse:
        with timezone.override(zone_of(request)):
            return view(request, **arguments)

    return handle


def zone_of(request: HttpRequest) -> zoneinfo.ZoneInfo:
    """Return the reader's time zone, which their browser tells in a cookie; the help desk's own otherwise."""
    name = unquote(request.COOKIES.get(ZONE_COOKIE, ""))
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return zoneinfo.ZoneInfo(timezone.get_default_timezone_name())


def page(
    request: HttpRequest,
    template: str,
    tab: str,
    form: FilterForm | None = None,
    *,
    fragment: str = "",
    status: int = 200,
    query: str = "",
    **context: Any,
) -> HttpResponse:
    """Return a review page (or its `fragment` to HTMX), with the tabs and the filter's form above it.

    A page without a filter of its own takes the `query` along with which the reader came.
    A wrong choice in the filter is said on the page, which shows what the rest of the choice says, with status 422.
    """
    came_with = form.chosen.query if form else query
    came_with = came_with and f"?{came_with}"
    if form and not form.is_valid():
        status = 422
    shown = {"tabs": tabs(tab, came_with), "came_with": came_with, **of_filter(form), **zones(), **context}
    return pages.show(request, f"review/{template}", shown, fragment=fragment and f"review/{fragment}", status=status)


def tabs(current: str, came_with: str) -> list[dict[str, Any]]:
    """Return the tabs; those to which the filter goes with the reader have it in their addresses."""
    return [
        {"label": label, "url": reverse(name) + (came_with if filtered else ""), "current": name == current}
        for name, label, filtered in TABS
    ]


def of_filter(form: FilterForm | None) -> dict[str, Any]:
    """Return the form above the page and what was chosen in it, where the page has one."""
    return {"form": form.shown if form else None, "filter": form.chosen if form else None}


def zones() -> dict[str, str]:
    """Return the names of the time zones: the reader's, in which moments are shown, and the help desk's own."""
    return {"zone": timezone.get_current_timezone_name(), "default_zone": timezone.get_default_timezone_name()}
