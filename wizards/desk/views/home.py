"""The desk's home page: find a symptom and begin a call, join a customer by code, list calls and cases."""

from __future__ import annotations

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_POST, require_safe

from helpdesk.ratelimit import limiter

from ... import presenters, publishing, search
from ...models import Case, Session
from ...presenters.forms import SearchForm
from ...presenters.rate_limited import ALL_CLIENTS
from ...search import Hit
from ...search import log as search_log
from ...support import calls, join_codes
from ..base import agent_of, agents_only, call_address, call_card, is_lead, render_desk_page
from ..forms import MAX_CODE, BeginForm, JoinCodeForm
from ..lookup import find_match

log = logging.getLogger(__name__)

MAX_LISTED = 30  # cases, and colleagues' calls
MAX_CLOSED = 5  # of the agent's own cases
NO_CODE = "No session has this code. Check it letter by letter: it may be mistyped, used, or older than ten minutes."


@require_safe
@agents_only
def home(request: HttpRequest) -> HttpResponse:
    """Show the search, the form for a code, the agent's calls and cases, and the unassigned cases."""
    return home_page(request)


@require_safe
@agents_only
def find_symptoms(request: HttpRequest) -> HttpResponse:
    """Show the symptoms that match what the caller says, or the match of a reference or case number."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return home_page(request, status=422, search_error=form.errors["q"][0])
    return home_page(request, query=form.cleaned_data["q"])


@require_POST
@agents_only
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a session for a caller with the chosen symptom."""
    form = BeginForm(request.POST)
    slug, _, symptom = request.POST.get("way", "").partition("/")
    version = publishing.current_version(slug)
    if version is None or publishing.document_of(version.pk).symptom(symptom) is None:
        raise Http404("There is no such symptom.")
    if not form.is_valid():
        error = str(next(iter(form.errors.values()))[0])
        return home_page(request, query=request.POST.get("q", ""), status=422, caller_error=error)
    data = form.cleaned_data
    now = timezone.now()
    session = calls.begin(version, symptom, agent_of(request), data["caller"], idempotency_key=data["once"])
    if data["q"] and session.begun_at >= now:  # not on a double click
        search_log.log_choice(data["q"], slug, symptom)
    return HttpResponseRedirect(call_address(session), status=303)


@require_POST
@agents_only
def join(request: HttpRequest) -> HttpResponse:
    """Join the session that the typed code stands for."""
    form, agent = JoinCodeForm(request.POST), agent_of(request)
    clients = (f"account {agent.pk}", limiter.client_address(request))
    try:
        limiter.check("code", *clients)
        limiter.check("codes", ALL_CLIENTS)
        session = calls.join(form.cleaned_data["code"] if form.is_valid() else "", agent)
    except limiter.RateLimitExceededError as limit:
        log.warning("Codes are being guessed by %s from %s.", agent.get_username(), clients[1])
        return too_many_codes(request, limit)
    except join_codes.InvalidCodeError:
        limiter.hit("code", *clients)
        limiter.hit("codes", ALL_CLIENTS)
        return home_page(request, status=422, code_error=NO_CODE)
    return HttpResponseRedirect(call_address(session), status=303)


def too_many_codes(request: HttpRequest, limit: limiter.RateLimitExceededError) -> HttpResponse:
    delay = f"{limit.minutes} minute{'' if limit.minutes == 1 else 's'}"
    response = home_page(request, status=429, code_error=f"Too many codes were tried. Try again in {delay}.")
    response["Retry-After"] = str(limit.seconds)
    return response


def home_page(request: HttpRequest, query: str = "", status: int = 200, **errors: Any) -> HttpResponse:
    """Render the home page, or for htmx only the search results, which it asks for while the agent types."""
    results = search.search(query)
    context = {
        "query": query,
        "match": find_match(query, agent_of(request)),
        "results": [hit_card(hit) for hit in results.results],
        "nearest": [hit_card(hit) for hit in results.nearest],
        **errors,
    }
    if not presenters.wants_fragment(request):
        context |= home_context(request)
    return render_desk_page(request, "home.html", fragment="_search_results.html", status=status, **context)


def home_context(request: HttpRequest) -> dict[str, Any]:
    """Return the calls and cases that the home page lists, and the values typed into its forms."""
    agent = agent_of(request)
    own_calls = list(calls.calls_of(agent))
    own_cases = [case_card(case) for case in calls.cases_of(agent, MAX_LISTED + 1, MAX_CLOSED)]
    unassigned = Case.objects.filter(agent=None, closed_at=None).select_related("session").order_by("opened_at")
    return {
        "idempotency_key": get_random_string(22),
        "caller": request.POST.get("caller", "")[:400],
        "code": request.POST.get("code", "")[:MAX_CODE],
        "calls": own_calls,
        "active": [call_card(call) for call in own_calls if not call.aside],
        "passed": [call_card(call) for call in own_calls if call.aside and calls.was_passed(call)],
        "on_hold": [call_card(call) for call in own_calls if call.aside and not calls.was_passed(call)],
        "open_cases": [case for case in own_cases if not case["closed_at"]],
        "closed_cases": [case for case in own_cases if case["closed_at"]],
        "unassigned_cases": [case_card(case) for case in unassigned[: MAX_LISTED + 1]],
        "colleague_calls": [call_card(call) for call in calls.active_calls().exclude(agent=agent)[:MAX_LISTED]]
        if is_lead(request)
        else [],
        "max_listed": MAX_LISTED,
        "at_home": True,
    }


def hit_card(hit: Hit) -> dict[str, str]:
    """Return the context of a symptom in the search results. `value` is what `BeginForm.way` takes."""
    return {"label": hit.label, "wizard_title": hit.wizard_title, "value": f"{hit.slug}/{hit.symptom}"}


def case_card(case: Case) -> dict[str, Any]:
    """Return the context of a case in the lists."""
    session: Session = case.session
    document = publishing.document_of(session.version_id)
    symptom = document.symptom(session.symptom)
    return {
        "number": case.pk,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "wizard": document.title,
        "symptom": symptom.label if symptom else "",
        "came_back": case.came_back,
    }
