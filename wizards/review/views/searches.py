"""What people typed into the search; and the words that were missing, added to a symptom."""

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
from ..queries.searches import SearchReport, verdict

SEE, CHANGE = "wizards.view_search", "wizards.change_symptom"
MOST_PAGES = 1000
FIGURES = ("searches", "nothing", "unfit", "chosen")
TARGET = re.compile(r"([a-z0-9-]{1,64})/([a-z0-9-]{1,64})@(\d{1,9})", re.ASCII)
NO_TARGET = "Choose the symptom that these words should find."


@require_safe
@reviewers_only
@permissions.staff_only(SEE)
def log(request: HttpRequest) -> HttpResponse:
    """Show what people typed, the words first for which most often nothing was found."""
    return render_searches(request, words=request.GET.get("words", ""))


@require_POST
@reviewers_only
@permissions.staff_only(SEE)
@permissions.staff_only(CHANGE)
def add(request: HttpRequest) -> HttpResponse:
    """Add words to a symptom's search words, in the draft; the page says so, or why not."""
    form, target = SearchForm({"q": request.POST.get("words", "")}), request.POST.get("symptom", "")
    words = " ".join(form.cleaned_data["q"].split()) if form.is_valid() else ""
    sent = {"words": words or request.POST.get("words", ""), "target": target}
    if not words:
        return render_searches(
            request, **sent, error=str(form.errors["q"][0]) if form.errors else "Say which words.", status=422
        )
    if not (named := TARGET.fullmatch(target)):
        return render_searches(request, **sent, error=NO_TARGET, status=422)
    symptom = symptom_of(*named.group(1, 2))
    try:
        is_new = add_words(request.user.pk or 0, symptom, words, int(named[3]))
    except locking.StaleRevisionError:
        saved = locking.last_saved_message(symptom.wizard)
        error = f"{saved} Nothing was added. Look at it below, and add the words again."
        return render_searches(request, **sent, error=error, status=409)
    except ValidationError as unfit:
        return render_searches(request, **sent, error=" ".join(unfit.messages), status=422)
    messages.success(request, added_message(symptom, words, is_new))
    return HttpResponseRedirect(address(FilterForm(request.GET).chosen, page_number(request)), status=303)


def symptom_of(slug: str, key: str) -> Symptom:
    """Return a symptom of a draft; a 404 where it is gone."""
    symptom = Symptom.objects.select_related("wizard").filter(wizard__slug=slug, key=key).first()
    if symptom is None:
        raise Http404("There is no such symptom any more.")
    return symptom


def added_message(symptom: Symptom, words: str, is_new: bool) -> str:
    """Return the line that says what came of adding words, with a link to the wizard."""
    link = reverse("admin:wizards_wizard_change", args=[symptom.wizard_id])
    line = "{}: “{}” finds “{}” after the next publication of <a href='{}'>{}</a>."
    return format_html(line, "Added" if is_new else "It is there already", words, symptom, link, symptom.wizard)


def render_searches(
    request: HttpRequest, *, words: str = "", target: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    """Return the page, with the form that adds `words` to a symptom where there are any."""
    form = FilterForm(request.GET)
    found, may_add = SearchReport(form.chosen), request.user.has_perm(CHANGE)
    context = {
        **log_context(found, form.chosen, page_number(request)),
        "may_add": may_add,
        "adding": add_context(found, words, target, error) if may_add and (words or error) else None,
    }
    response = render_review_page(request, "searches.html", "review_searches", form, **context)
    response.status_code = status if status != 200 else response.status_code
    return response


def log_context(found: SearchReport, chosen: Filter, number: int) -> dict[str, Any]:
    """Return what a page of the log lists, what the whole log tells, and the addresses of the pages around it."""
    rows, more = found.page(number)
    here = address(chosen, number)
    return {
        "verdict": verdict(found.ends, rows[0] if rows and number == 1 else None),
        "figures": [(definition(name), getattr(found.ends, name)) for name in FIGURES],
        "rows": rows,
        "number": number,
        "here": here,
        "newer": address(chosen, number - 1) if number > 1 else "",
        "older": address(chosen, number + 1) if more else "",
        "query": here.partition("?")[2],
        "only_days": any((chosen.wizard, chosen.version, chosen.channel, chosen.language)),
    }


def add_context(found: SearchReport, words: str, target: str, error: str) -> dict[str, Any]:
    """Return what the form that adds words shows: every symptom, the likely ones first."""
    chosen = target.partition("@")[0]
    targets = [(each, "/".join(each.key) == chosen) for each in found.ranked(search_log.normalize_query(words))]
    return {"words": words[: search_log.MAX_QUERY], "targets": targets, "error": error}


def page_number(request: HttpRequest) -> int:
    """Return which page is asked for; the first for what is no number of a page."""
    number = request.GET.get("page", "")
    return min(int(number), MOST_PAGES) if re.fullmatch("[1-9][0-9]{0,5}", number, re.ASCII) else 1


def address(chosen: Filter, number: int) -> str:
    """Return the address of a page of the log, with the reader's filter."""
    query = chosen.query + (f"&page={number}" if number > 1 else "")
    return f"{reverse('review_searches')}?{query}"
