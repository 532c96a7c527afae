"""What all review pages share: who gets in, the tabs, the filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from helpdesk import timezones
from helpdesk.timezones import in_local_timezone

from .. import permissions, presenters
from .filters import FilterForm

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
    """Return a review page (or its `fragment` to HTMX), with the tabs and the filter's form above it.

    A page without a filter of its own takes the `query` along with which the reader came.
    A wrong choice in the filter is said on the page, which shows what the rest of the choice says, with status 422.
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
    """Return the tabs; those to which the filter goes with the reader have it in their addresses."""
    return [
        {"label": label, "url": reverse(name) + (filter_query if filtered else ""), "current": name == current}
        for name, label, filtered in TABS
    ]


def filter_context(form: FilterForm | None) -> dict[str, Any]:
    """Return the form above the page and what was chosen in it, where the page has one."""
    return {"form": form.normalized if form else None, "filter": form.filters if form else None}
