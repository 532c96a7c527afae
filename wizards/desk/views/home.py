"""The agents' first page: find what the caller says, begin; type a customer's code, join; one's calls and cases."""

from __future__ import annotations

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_POST, require_safe

from helpdesk.ratelimit import limiter

from ... import permissions, presenters, publishing, search
from ...models import Case, Session
from ...presenters.forms import SearchForm
from ...presenters.rate_limited import ALL_CLIENTS
from ...search import Hit
from ...search import log as search_log
from ...support import calls, join_codes
from ..base import agent_of, agents_only, call_address, call_card, render_desk_page
from ..forms import MAX_CODE, BeginForm, JoinCodeForm
from ..lookup import find_match

log = logging.getLogger(__name__)

MOST = 30  # cases and colleagues' calls that are listed
MOST_CLOSED = 5  # of the agent's own cases, those closed last
NO_CODE = "No session has this code. Check it letter by letter: it may be mistyped, used, or older than ten minutes."


@require_safe
@agents_only
def home(request: HttpRequest) -> HttpResponse:
    """Show the search, the field for a code, the agent's calls and cases, and the cases that wait for somebody."""
    return home_page(request)


@require_safe
@agents_only
def find_symptoms(request: HttpRequest) -> HttpResponse:
    """Show the symptoms that fit what the caller says, and where a reference or the number of a case leads."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return home_page(request, status=422, search_error=form.errors["q"][0])
    return home_page(request, query=form.cleaned_data["q"])


@require_POST
@agents_only
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a session for a caller by the symptom chosen."""
    form = BeginForm(request.POST)
    slug, _, symptom = request.POST.get("way", "").partition("/")
    version = publishing.current_version(slug)
    if version is None or publishing.document_of(version.pk).symptom(symptom) is None:
        raise Http404("There is no such way in.")
    if not form.is_valid():
        wrong = str(next(iter(form.errors.values()))[0])
        return home_page(request, query=request.POST.get("q", ""), status=422, caller_error=wrong)
    said = form.cleaned_data
    now = timezone.now()
    session = calls.begin(version, symptom, agent_of(request), said["caller"], said["once"])
    if said["q"] and session.begun_at >= now:  # not the double click
        search_log.log_choice(said["q"], slug, symptom)
    return HttpResponseRedirect(call_address(session), status=303)


@require_POST
@agents_only
def join(request: HttpRequest) -> HttpResponse:
    """Let the agent into the session whose code they type."""
    form, agent = JoinCodeForm(request.POST), agent_of(request)
    names = (f"account {agent.pk}", limiter.client_address(request))
    try:
        limiter.check("code", *names)
        limiter.check("codes", ALL_CLIENTS)
        session = calls.join(form.cleaned_data["code"] if form.is_valid() else "", agent)
    except limiter.RateLimitExceededError as limit:
        log.warning("Codes are tried by force: by %s, from %s.", agent.get_username(), names[1])
        return too_many_codes(request, limit)
    except join_codes.InvalidCodeError:
        limiter.hit("code", *names)
        limiter.hit("codes", ALL_CLIENTS)
        return home_page(request, status=422, code_error=NO_CODE)
    return HttpResponseRedirect(call_address(session), status=303)


def too_many_codes(request: HttpRequest, limit: limiter.RateLimitExceededError) -> HttpResponse:
    """Say when a code can be tried again."""
    again = f"{limit.minutes} minute{'' if limit.minutes == 1 else 's'}"
    response = home_page(request, status=429, code_error=f"Too many codes were tried. Try again in {again}.")
    response["Retry-After"] = str(limit.seconds)
    return response


def home_page(request: HttpRequest, query: str = "", status: int = 200, **errors: Any) -> HttpResponse:
    """Return the agents' first page, or to HTMX what was found: it asks at each letter, so no more is looked up."""
    found = search.search(query)
    context = {
        "query": query,
        "lead": find_match(query, agent_of(request)),
        "results": [hit_card(hit) for hit in found.results],
        "nearest": [hit_card(hit) for hit in found.nearest],
        **errors,
    }
    if not presenters.wants_fragment(request):
        context |= home_context(request)
    return render_desk_page(request, "home.html", fragment="_search_results.html", status=status, **context)


def home_context(request: HttpRequest) -> dict[str, Any]:
    """Return what the first page lists beside the search: calls and cases, the agent's own, what waits, colleagues'."""
    agent = agent_of(request)
    own_calls = list(calls.calls_of(agent))
    yours = [case_card(case) for case in calls.cases_of(agent, MOST + 1, MOST_CLOSED)]
    waiting = Case.objects.filter(agent=None, closed_at=None).select_related("session").order_by("opened_at")
    return {
        "once": get_random_string(22),
        "caller": request.POST.get("caller", "")[:400],
        "code": request.POST.get("code", "")[:MAX_CODE],
        "calls": own_calls,
        "in_hand": [call_card(call) for call in own_calls if not call.aside],
        "passed": [call_card(call) for call in own_calls if call.aside and calls.was_passed(call)],
        "aside": [call_card(call) for call in own_calls if call.aside and not calls.was_passed(call)],
        "open_cases": [each for each in yours if not each["closed_at"]],
        "closed_cases": [each for each in yours if each["closed_at"]],
        "cases": [case_card(case) for case in waiting[: MOST + 1]],
        "colleagues": [call_card(call) for call in calls.active_calls().exclude(agent=agent)[:MOST]]
        if leads(request)
        else [],
        "most": MOST,
        "at_home": True,
    }


def leads(request: HttpRequest) -> bool:
    """Return whether who asks leads the agents."""
    return agent_of(request).has_perm(permissions.LEAD_CALLS)


def hit_card(hit: Hit) -> dict[str, str]:
    """Return a symptom that was found, as the results list it."""
    return {"label": hit.label, "wizard_title": hit.wizard_title, "way": f"{hit.slug}/{hit.symptom}"}


def case_card(case: Case) -> dict[str, Any]:
    """Return a case as the first page lists it."""
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
