"""Share a customer's session with an agent, or with another of the customer's devices.

`permissions.owner_only` passes the visitor's session as `session_query`, a query for that one row.
"""

from __future__ import annotations

import logging

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.ratelimit import limiter

from ... import permissions, presenters
from ...flow import EventKind
from ...models import HandoffCode, Session, SingleSession
from ...permissions import owner_only
from ...presenters.rate_limited import ALL_CLIENTS, rate_limited
from ...support import join_codes
from ..forms import DeviceCodeForm
from .session import load_page, not_possible

log = logging.getLogger(__name__)

ANNOTATIONS = (EventKind.NOTE, EventKind.REMARK, EventKind.HELP)  # the session stays on its page
PREVIEW = "This is a preview of a draft. Nobody can be let into it."
NO_CODE = "This code lets nobody in: it may be older than ten minutes, used, or mistyped. Ask for a new one."


@require_POST
@rate_limited("offer")
@owner_only
def create_code(request: HttpRequest, session_query: SingleSession) -> HttpResponse:
    """Show a new code by which an agent joins. Asking for it is the customer's consent."""
    return code_page(request, session_query.get(), HandoffCode.For.AGENT, "customer/session/join_code.html")


@require_POST
@rate_limited("offer")
@owner_only
def device(request: HttpRequest, session_query: SingleSession) -> HttpResponse:
    """Show a new code by which another of the customer's devices joins, as a QR code and to type."""
    return code_page(request, session_query.get(), HandoffCode.For.DEVICE, "customer/session/device.html")


@require_POST
@owner_only
def end_join(request: HttpRequest, session_query: SingleSession) -> HttpResponse:
    """Make the agent leave the session."""
    session = join_codes.end(session_query.get())
    return HttpResponseRedirect(presenters.step_url(session, session.count), status=303)


@require_safe
@owner_only
def updates(request: HttpRequest, session_query: SingleSession, number: int) -> HttpResponse:
    """Answer 204 if the session has not moved since page `number`; otherwise show its current page."""
    session = session_query.get()
    if session.count == number:
        return HttpResponse(status=204)
    moves = session.events.filter(number__gt=number).exclude(kind__in=ANNOTATIONS)
    if not moves.exists():
        return HttpResponse(status=204)
    if presenters.wants_fragment(request):
        return presenters.render_step(request, load_page(session, session.count))
    return HttpResponseRedirect(presenters.step_url(session, session.count))


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited()
def join(request: HttpRequest) -> HttpResponse:
    """Give this device access to the session whose code is typed."""
    form = DeviceCodeForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return presenters.render_page(request, "customer/join.html", {"form": form}, status=422 if form.errors else 200)
    address = limiter.client_address(request)
    limiter.check("code", address)
    limiter.check("codes", ALL_CLIENTS)
    secret = permissions.visitor_secret(request) or permissions.new_secret()
    try:
        session = join_codes.add_device(form.cleaned_data["code"], permissions.digest(secret))
    except join_codes.InvalidCodeError:
        log.warning("Wrong code for another device from %s.", address)
        limiter.hit("code", address)
        limiter.hit("codes", ALL_CLIENTS)
        form.add_error("code", NO_CODE)
        return presenters.render_page(request, "customer/join.html", {"form": form}, status=422)
    response = HttpResponseRedirect(presenters.step_url(session, session.count), status=303)
    permissions.set_visitor_cookie(response, secret)
    return response


def code_page(request: HttpRequest, session: Session, purpose: HandoffCode.For, template: str) -> HttpResponse:
    """Show a new code: in groups to read, letter by letter to hear, and as a QR code."""
    if session.channel == Session.Channel.TEST:
        return not_possible(request, session, PREVIEW)
    code = join_codes.create(session, purpose).upper()
    join_url = request.build_absolute_uri(reverse("join"))
    context = {
        "screen": presenters.screen_context(presenters.page_of(session)),
        "code": f"{code[:4]} {code[4:]}",
        "spelled": ", ".join(code),
        "contact": presenters.contact_context(),
        "minutes": join_codes.LIFETIME.seconds // 60,
        "join_url": join_url,
        "qr_code": qr_code(f"{join_url}#{code}"),
        "updates_url": reverse("news", args=[session.code, session.count]),
    }
    return presenters.render_page(request, template, context)


def qr_code(text: str) -> SafeString:
    """Draw a QR code as SVG, dark on light in either colour scheme."""
    svg = segno.make(text, micro=False).svg_inline(scale=6, border=3, light="#fff", omitsize=True)
    return mark_safe(svg)  # nosec B308, B703  # noqa: S308  drawn by segno, which writes the text as modules only
