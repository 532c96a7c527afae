"""What holds while a session of staff lasts: how long, and not without the second step."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, SESSION_KEY, logout
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.core.checks import Warning, register
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from helpdesk.types import GetResponse

# What a session notes: when it began, when there was last a sign of life, whose second step was taken in it.
BEGUN, SEEN, STEPPED = "begun", "seen", "stepped"
ACTIVITY_INTERVAL = 60  # seconds: how exactly a sign of life is noted, so that not every request writes
# A page that renews itself says so: nobody need be there.
BACKGROUND_VIEWS = "X-Quiet"
# Where somebody may go who has no second step yet: to set it up, to say the password again for it, and out.
SETUP_VIEWS = ("mfa_activate_totp", "account_reauthenticate", "account_logout")


def check(request: HttpRequest) -> HttpResponse | None:
    """Hold the rules for a request that came with the cookie of staff.

    A session that is over is ended, and the request goes on as that of somebody unknown. Returned is an answer only
    for those who have to set up their second step first.
    """
    if not request.user.is_authenticated:
        if SESSION_KEY in request.session:  # disabled, or the password is another: nor does it come back
            request.session.flush()
        return None
    if reason := has_expired(request):
        logout(request)
        request.signed_out = reason  # type: ignore[attr-defined]  # lead_to_sign_in tells it
        return None
    if BACKGROUND_VIEWS not in request.headers:
        _note_life(request)
    if settings.STAFF_MFA and request.session.get(STEPPED) != request.user.pk:
        return _without_second_step(request)
    return None


def has_expired(request: HttpRequest) -> str:
    """Return why a session is over: `idle`, `long`, or nothing while it is not."""
    begun, seen = _times(request)
    if _now() - begun >= settings.STAFF_LONGEST.total_seconds():
        return "long"
    return "idle" if _now() - seen >= settings.STAFF_IDLE.total_seconds() else ""


def begin(request: HttpRequest) -> None:
    """Note that somebody has just signed in."""
    request.session[BEGUN] = request.session[SEEN] = _now()


def _times(request: HttpRequest) -> tuple[int, int]:
    """Return when a session began and when there was last a sign of life; by default when its account signed in."""
    last = request.user.last_login  # type: ignore[union-attr]  # only asked for somebody known
    known = int(last.timestamp()) if last else 0
    return request.session.get(BEGUN, known), request.session.get(SEEN, known)


def _note_life(request: HttpRequest) -> None:
    """Note a sign of life, once a minute."""
    begun, seen = _times(request)
    if _now() - seen >= ACTIVITY_INTERVAL:
        request.session[BEGUN], request.session[SEEN] = begun, _now()


def _now() -> int:
    return int(timezone.now().timestamp())


def _without_second_step(request: HttpRequest) -> HttpResponse | None:
    """Lead somebody to set up a second step; who has one already, but did not take it here, is signed out."""
    if has_second_step(request.user):
        logout(request)
        return None
    if request.path in map(reverse, SETUP_VIEWS):
        return None
    return redirect("mfa_activate_totp")


def has_second_step(user: Any) -> bool:
    """Return whether a phone gives codes for this account."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def redirect_to_sign_in(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return `response`, or for one that leads to the sign-in a better one.

    It says why the session ended. HTMX, which would put the page into a part of the page that asks, gets the whole
    page to go there.
    """
    if response.status_code != 302 or not response.headers["Location"].startswith(reverse("mfa_index")):
        return response
    to_sign_in = response.headers["Location"].partition("?")[0] == resolve_url(settings.LOGIN_URL)
    reason = getattr(request, "signed_out", "") if to_sign_in else ""
    htmx = getattr(request, "htmx", None)
    if htmx:
        target = response.headers["Location"]
        if to_sign_in:
            query = {REDIRECT_FIELD_NAME: htmx.current_url_abs_path or "/"} | ({"ended": reason} if reason else {})
            target = f"{resolve_url(settings.LOGIN_URL)}?{urlencode(query)}"
        return HttpResponse(status=204, headers={"HX-Redirect": target, "Cache-Control": "no-store"})
    if reason:
        location = response.headers["Location"]
        response.headers["Location"] = f"{location}{'&' if '?' in location else '?'}ended={reason}"
    return response


def end_sessions(user: AbstractBaseUser) -> None:
    """End every session of a member of staff. Only staff have sessions: there are not many to look through."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()


def reset_second_step(user: AbstractBaseUser) -> None:
    """Take phone and recovery codes from an account (they are lost) and end its sessions: it sets up new ones."""
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user)


@register(deploy=True)
def _second_step_is_asked_for(**_: Any) -> list[Warning]:
    """Say in `check --deploy` that passwords alone open the pages of staff."""
    hint = "Set STAFF_MFA=true, or leave it out."
    return [] if settings.STAFF_MFA else [Warning("STAFF_MFA is off: a password opens the pages of staff.", hint=hint)]


def staff_session_middleware(get_response: GetResponse) -> GetResponse:
    """Hold the rules for staff: their sessions end in time, and the second step is set up before anything else.

    Customers have no cookie of staff: for them nothing is read, and nobody is asked who they are.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        answer = check(request) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        return redirect_to_sign_in(request, answer or get_response(request))

    return handle
