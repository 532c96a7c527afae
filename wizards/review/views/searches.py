"""The search log, and the form that adds missing words to a symptom."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from ... import locking, permissions
from ...models import Symptom
from ...presenters.forms import SearchForm
from ...publishing.search_words import add_words
from ...search import log as search_log
from ..base import render_review_page, reviewers_only
from ..filters import Filter, FilterForm
from ..glossary import definition
from ..queries.searches import SearchReport, search_summary

VIEW, CHANGE = "wizards.view_search", "wizards.change_symptom"
MAX_PAGES = 1000
FIGURES = ("searches", "nothing", "unfit", "chosen")
TARGET = re.compile(r"([a-z0-9-]{1,64})/([a-z0-9-]{1,64})@(\d{1,9})", re.ASCII)
NO_TARGET = "Choose the symptom that these words should find."


@require_safe
@reviewers_only
@permissions.staff_only(VIEW)
def search_log_page(request: HttpRequest) -> HttpResponse:
    """Show what people typed, most often without a result first."""
    return render_searches(request, words=request.GET.get("words", ""))


@require_POST
@reviewers_only
@permissions.staff_only(VIEW)
@permissions.staff_only(CHANGE)
def add_search_words(request: HttpRequest) -> HttpResponse:
    """Add words to a symptom's search words, in the draft; the page shows the result or the error."""
    form, target = SearchForm({"q": request.POST.get("words", "")}), request.POST.get("symptom", "")
    words = " ".join(form.cleaned_data["q"].split()) if form.is_valid() else ""
    form_values = {"words": words or request.POST.get("words", ""), "target": target}
    if not words:
        return render_searches(
            request,
            **form_values,
            error=str(form.errors["q"][0]) if form.errors else "Enter the words to add.",
            status=422,
        )
    if not (match := TARGET.fullmatch(target)):
        return render_searches(request, **form_values, error=NO_TARGET, status=422)
    symptom = get_symptom_or_404(*match.group(1, 2))
    try:
        is_new = add_words(request.user.pk or 0, symptom, words, int(match[3]))
    except locking.StaleRevisionError:
        saved = locking.last_saved_message(symptom.wizard)
        error = f"{saved} Nothing was added. Look at it below, and add the words again."
        return render_searches(request, **form_values, error=error, status=409)
    except ValidationError as invalid:
        return render_searches(request, **form_values, error=" ".join(invalid.messages), status=422)
    messages.success(request, added_message(symptom, words, is_new))
    return HttpResponseRedirect(page_url(FilterForm(request.GET).filters, page_number(request)), status=303)


def get_symptom_or_404(slug: str, key: str) -> Symptom:
    symptom = Symptom.objects.select_related("wizard").filter(wizard__slug=slug, key=key).first()
    if symptom is None:
        raise Http404("There is no such symptom any more.")
    return symptom


def added_message(symptom: Symptom, words: str, is_new: bool) -> str:
    link = reverse("admin:wizards_wizard_change", args=[symptom.wizard_id])
    line = "{}: “{}” finds “{}” after the next publication of <a href='{}'>{}</a>."
    return format_html(line, "Added" if is_new else "It is there already", words, symptom, link, symptom.wizard)


def render_searches(
    request: HttpRequest, *, words: str = "", target: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    """Render the page, with the form that adds `words` to a symptom if there are any."""
    form = FilterForm(request.GET)
    report, can_add_words = SearchReport(form.filters), request.user.has_perm(CHANGE)
    context = {
        **log_context(report, form.filters, page_number(request)),
        "can_add_words": can_add_words,
        "add_form": add_context(report, words, target, error) if can_add_words and (words or error) else None,
    }
    response = render_review_page(request, "searches.html", "review_searches", form, **context)
    response.status_code = status if status != 200 else response.status_code
    return response


def log_context(report: SearchReport, filters: Filter, number: int) -> dict[str, Any]:
    """Return the context of a page of the log."""
    rows, more = report.page(number)
    current_url = page_url(filters, number)
    return {
        "summary": search_summary(report.outcomes, rows[0] if rows and number == 1 else None),
        "figures": [(definition(name), getattr(report.outcomes, name)) for name in FIGURES],
        "rows": rows,
        "number": number,
        "page_url": current_url,
        "newer": page_url(filters, number - 1) if number > 1 else "",
        "older": page_url(filters, number + 1) if more else "",
        "query": current_url.partition("?")[2],
        "only_days_apply": any((filters.wizard, filters.version, filters.channel, filters.language)),
    }


def add_context(report: SearchReport, words: str, target: str, error: str) -> dict[str, Any]:
    """Return the context of the form that adds words: every symptom, the likely ones first."""
    selected = target.partition("@")[0]
    targets = [
        (each, "/".join(each.key) == selected) for each in report.ranked_targets(search_log.normalize_query(words))
    ]
    return {"words": words[: search_log.MAX_QUERY], "targets": targets, "error": error}


def page_number(request: HttpRequest) -> int:
    """Parse the requested page number; 1 if it is invalid."""
    number = request.GET.get("page", "")
    return min(int(number), MAX_PAGES) if re.fullmatch("[1-9][0-9]{0,5}", number, re.ASCII) else 1


def page_url(filters: Filter, number: int) -> str:
    query = filters.query + (f"&page={number}" if number > 1 else "")
    return f"{reverse('review_searches')}?{query}"
