"""The rules for staff sessions: how long they last, and that they need the second step."""

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

# The keys in a session: when it started, when it was last active, and the user whose second step was verified in it.
STARTED_AT, ACTIVE_AT, VERIFIED_USER = "begun", "seen", "stepped"
ACTIVITY_INTERVAL = 60  # seconds between two writes of ACTIVE_AT, so that not every request writes
# The header of a page that refreshes itself: its requests are not activity.
BACKGROUND_HEADER = "X-Quiet"
# The views open to users without a second step: to set it up, to confirm the password for that, to sign out.
SETUP_VIEWS = ("mfa_activate_totp", "account_reauthenticate", "account_logout")


def enforce(request: HttpRequest) -> HttpResponse | None:
    """Apply the rules to a request with the staff cookie.

    An expired session is ended, and the request continues as anonymous. Returns a response only for users who have to
    set up their second step first.
    """
    if not request.user.is_authenticated:
        if SESSION_KEY in request.session:  # disabled, or a new password: enabling the account does not revive it
            request.session.flush()
        return None
    if reason := expiry_reason(request):
        logout(request)
        request.sign_out_reason = reason  # type: ignore[attr-defined]  # for redirect_to_sign_in
        return None
    if BACKGROUND_HEADER not in request.headers:
        _record_activity(request)
    if settings.STAFF_MFA and request.session.get(VERIFIED_USER) != request.user.pk:
        return _require_second_step(request)
    return None


def expiry_reason(request: HttpRequest) -> str:
    """Return why a session has expired: `idle` or `long`; empty while it is valid."""
    started_at, active_at = _times(request)
    if _now() - started_at >= settings.STAFF_LONGEST.total_seconds():
        return "long"
    return "idle" if _now() - active_at >= settings.STAFF_IDLE.total_seconds() else ""


def start(request: HttpRequest) -> None:
    """Start the clocks of a session: its user has just signed in."""
    request.session[STARTED_AT] = request.session[ACTIVE_AT] = _now()


def _times(request: HttpRequest) -> tuple[int, int]:
    """Return when a session started and when it was last active; both default to the user's last sign-in."""
    last_login = request.user.last_login  # type: ignore[union-attr]  # the user is authenticated
    default = int(last_login.timestamp()) if last_login else 0
    return request.session.get(STARTED_AT, default), request.session.get(ACTIVE_AT, default)


def _record_activity(request: HttpRequest) -> None:
    started_at, active_at = _times(request)
    if _now() - active_at >= ACTIVITY_INTERVAL:
        request.session[STARTED_AT], request.session[ACTIVE_AT] = started_at, _now()


def _now() -> int:
    return int(timezone.now().timestamp())


def _require_second_step(request: HttpRequest) -> HttpResponse | None:
    """Redirect to the setup of a second step; sign out a user who has one but did not pass it in this session."""
    if has_second_step(request.user):
        logout(request)
        return None
    if request.path in map(reverse, SETUP_VIEWS):
        return None
    return redirect("mfa_activate_totp")


def has_second_step(user: Any) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def redirect_to_sign_in(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Add the reason why the session ended to a redirect to the sign-in; leave other responses alone.

    For htmx, which would swap the sign-in page into a part of the current page, redirect the whole page instead.
    """
    if response.status_code != 302 or not response.headers["Location"].startswith(reverse("mfa_index")):
        return response
    to_sign_in = response.headers["Location"].partition("?")[0] == resolve_url(settings.LOGIN_URL)
    reason = getattr(request, "sign_out_reason", "") if to_sign_in else ""
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
    """End every session of a user. Reads all sessions: only staff have any, and 2,000 take 50 ms."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()


def reset_second_step(user: AbstractBaseUser) -> None:
    """Remove a user's phone and recovery codes, and end their sessions. The next sign-in sets up new ones."""
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user)


@register(deploy=True)
def check_staff_mfa(**_: Any) -> list[Warning]:
    """Warn in `check --deploy` that a password alone opens the pages of staff."""
    hint = "Set STAFF_MFA=true, or leave it out."
    return [] if settings.STAFF_MFA else [Warning("STAFF_MFA is off: a password opens the pages of staff.", hint=hint)]


def staff_session_middleware(get_response: GetResponse) -> GetResponse:
    """Apply the rules for staff sessions.

    Customers have no staff cookie: for them neither session nor user is loaded.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = enforce(request) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        return redirect_to_sign_in(request, response or get_response(request))

    return handle
