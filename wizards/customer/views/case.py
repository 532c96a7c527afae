"""A customer's case: open it with support, and say later whether the device still works."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from helpdesk.ratelimit import limiter

from ... import presenters
from ...models import Session, SingleSession
from ...permissions import owner_only
from ...presenters.rate_limited import rate_limited
from ...support import cases
from ...support.transcript import build_transcript
from ..forms import CaseForm, FollowUpForm
from .session import not_possible

PREVIEW = "This is a preview of a draft. Nothing of it is sent to support."
WRONG_SECRET = "That code does not fit. Please type the 16 characters from our mail."  # nosec B105  # noqa: S105  a sentence


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited()
@owner_only
def case(request: HttpRequest, session_query: SingleSession) -> HttpResponse:
    """Show what will be sent to support and ask how to reach the customer; open the case, and show it from then on."""
    session = session_query.get()
    if session.channel == Session.Channel.TEST:
        return not_possible(request, session, PREVIEW)
    if existing := cases.case_of(session):
        return presenters.render_page(request, "customer/case/opened.html", {"case": existing, **case_context(session)})
    form = CaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        limiter.hit("case", limiter.client_address(request))
        cases.open_case(session_query, form.cleaned_data["contact"], form.cleaned_data["words"])
        return HttpResponseRedirect(reverse("case", args=[session.code]), status=303)
    context = case_context(session) | {"form": form, "transcript": build_transcript(session)}
    return presenters.render_page(request, "customer/case/open.html", context, status=422 if form.errors else 200)


def case_context(session: Session) -> presenters.Context:
    return {
        "screen": presenters.screen_context(presenters.page_of(session)),
        "contact": presenters.contact_context(),
        "reference": presenters.reference(session),
        "resume_url": presenters.step_url(session, session.count),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited()
def follow_up(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whoever has the code from our mail whether the device still works, and record the answer.

    Until the right code is posted, the page does not say whether there is such a case.
    """
    form = FollowUpForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        limiter.check("code", limiter.client_address(request))
        came_back = form.cleaned_data["said"] == "back"
        if existing := cases.record_follow_up(code, form.cleaned_data["secret"], came_back):
            is_open = existing.closed_at is None
            context = {"case": existing, "is_open": is_open, "contact": presenters.contact_context()}
            return presenters.render_page(request, "customer/case/followed_up.html", context)
        limiter.hit("code", limiter.client_address(request))
        form.add_error("secret", WRONG_SECRET)
    context = {"form": form, "url": reverse("follow_up", args=[code])}
    return presenters.render_page(request, "customer/case/follow_up.html", context, status=422 if form.errors else 200)
