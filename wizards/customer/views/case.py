"""A customer and their case: send it to support, and say later whether the device still works."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from helpdesk.ratelimit import limiter

from ... import presenters
from ...models import OneSession, Session
from ...permissions import owner_only
from ...presenters.rate_limited import limited
from ...support import cases
from ...support.transcript import transcript
from ..forms import CaseForm, FollowUpForm
from .session import refused

PREVIEW = "This is a preview of a draft. Nothing of it is sent to support."
WRONG_SECRET = "That code does not fit. Please type the 16 characters from our mail."  # nosec B105  # noqa: S105  a sentence


@require_http_methods(["GET", "HEAD", "POST"])
@limited()
@owner_only
def case(request: HttpRequest, own: OneSession) -> HttpResponse:
    """Show what will be sent to support and ask how to reach the customer; then open the case, and show it."""
    session = own.get()
    if session.channel == Session.Channel.TEST:
        return refused(request, session, PREVIEW)
    if there := cases.of(session):
        return presenters.show(request, "customer/case/opened.html", {"case": there, **shown(session)})
    form = CaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        limiter.count("case", limiter.address_of(request))
        cases.open_case(own, form.cleaned_data["contact"], form.cleaned_data["words"])
        return HttpResponseRedirect(reverse("case", args=[session.code]), status=303)
    context = shown(session) | {"form": form, "told": transcript(session)}
    return presenters.show(request, "customer/case/open.html", context, status=422 if form.errors else 200)


def shown(session: Session) -> presenters.Context:
    """Return what both pages of a case show of its session."""
    return {
        "screen": presenters.screen(presenters.view_of(session)),
        "contact": presenters.contact(),
        "reference": presenters.reference(session),
        "resume_url": presenters.step_address(session, session.count),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@limited()
def follow_up(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whoever has the code from our mail whether the device still works, and note it.

    The page says nothing about the case, nor whether there is one, until the right code is posted.
    """
    form = FollowUpForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        limiter.hold("code", limiter.address_of(request))
        came_back = form.cleaned_data["said"] == "back"
        if there := cases.followed_up(code, form.cleaned_data["secret"], came_back):
            context = {"case": there, "is_open": there.closed_at is None, "contact": presenters.contact()}
            return presenters.show(request, "customer/case/followed_up.html", context)
        limiter.count("code", limiter.address_of(request))
        form.add_error("secret", WRONG_SECRET)
    context = {"form": form, "url": reverse("follow_up", args=[code])}
    return presenters.show(request, "customer/case/follow_up.html", context, status=422 if form.errors else 200)
