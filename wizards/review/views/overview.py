"""The overview, and the glossary of all figures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ..base import render_review_page, reviewers_only
from ..filters import FilterForm
from ..glossary import DEFINITIONS
from ..queries.overview import overview


@require_safe
@reviewers_only
def overview_page(request: HttpRequest) -> HttpResponse:
    """Show the overview of the filtered sessions; to htmx only the part that refreshes."""
    form = FilterForm(request.GET)
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    return render_review_page(
        request,
        "overview.html",
        "review",
        form,
        fragment="_overview.html",
        overview=overview(form.filters),
        live=form.filters.until >= today,
    )


@require_safe
@reviewers_only
def glossary_page(request: HttpRequest) -> HttpResponse:
    return render_review_page(request, "glossary.html", "", definitions=DEFINITIONS)
