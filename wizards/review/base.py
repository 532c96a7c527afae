"""What all review pages share: access, tabs, filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from helpdesk import timezones
from helpdesk.timezones import in_local_timezone

from .. import permissions, presenters
from .filters import FilterForm

# URL name, label, whether the tab's address carries the filter.
TABS = (
    ("review", "Overview", True),
    ("review_stuck", "Stuck points", True),
    ("review_map", "Map", True),
    ("review_sessions", "Sessions", True),
    ("review_searches", "Searches", True),
    ("review_queue", "Queue", False),
)


def reviewers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Admit staff with permission to view sessions; show moments in their time zone."""
    return permissions.staff_only(permissions.VIEW_SESSIONS)(in_local_timezone(view))


def render_review_page(
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
    """Render a review page, or only its `fragment` for htmx, with the tabs and the filter above it.

    A page without a filter of its own passes on the `query` that the reader came with. With an invalid filter the page
    shows the errors and what the valid part selects, with status 422.
    """
    filter_query = form.filters.query if form else query
    filter_query = filter_query and f"?{filter_query}"
    if form and not form.is_valid():
        status = 422
    page_context = {
        "tabs": tabs(tab, filter_query),
        "filter_query": filter_query,
        **filter_context(form),
        **timezones.timezone_names(),
        **context,
    }
    return presenters.render_page(
        request, f"review/{template}", page_context, fragment=fragment and f"review/{fragment}", status=status
    )


def tabs(current: str, filter_query: str) -> list[dict[str, Any]]:
    """List the tabs; those marked in TABS carry the filter in their addresses."""
    return [
        {"label": label, "url": reverse(name) + (filter_query if filtered else ""), "current": name == current}
        for name, label, filtered in TABS
    ]


def filter_context(form: FilterForm | None) -> dict[str, Any]:
    return {"form": form.normalized if form else None, "filter": form.filters if form else None}
