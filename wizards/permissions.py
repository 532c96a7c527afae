"""Who may see or move a session. `support/calls.py` decides who may take a call.

A visitor's secret is a random value in an HttpOnly cookie; the database stores its SHA-256. One visitor may own several
sessions. A session that is not theirs does not exist for them: 404.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from .models import Call, Case, Guest, Handling, Session, SessionLookup

VIEW_SESSIONS = "wizards.view_session"  # see sessions on the review pages
READ_WORDS = "wizards.view_words"  # read what customers wrote
VIEW_CALLS = "wizards.view_call"  # see the desk
TAKE_CALLS = "wizards.add_call"  # take calls, and do whatever else an agent does
LEAD_CALLS = "wizards.view_handling"  # see every session at the desk, and take it over
SECRET_BYTES = 32
MAX_SECRET = 100
VISITOR_COOKIE_DAYS = 90


def visitor_secret(request: HttpRequest) -> str:
    """Return the visitor's secret, or "" for somebody who has not begun a session yet."""
    secret = request.COOKIES.get(settings.VISITOR_COOKIE_NAME, "")
    return secret if len(secret) <= MAX_SECRET else ""


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    """Return what the database stores of a secret: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def set_visitor_cookie(response: HttpResponse, secret: str) -> None:
    response.set_cookie(
        settings.VISITOR_COOKIE_NAME,
        secret,
        max_age=VISITOR_COOKIE_DAYS * 24 * 60 * 60,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def owned_sessions(request: HttpRequest) -> QuerySet[Session]:
    secret = visitor_secret(request)
    return Session.objects.filter(visitor=digest(secret)) if secret else Session.objects.none()


def shared_sessions(request: HttpRequest) -> QuerySet[Session]:
    """Return the sessions to which a code gave this device access."""
    guests = Guest.objects.filter(visitor=digest(visitor_secret(request))).values("session")
    return Session.objects.filter(pk__in=guests) if visitor_secret(request) else Session.objects.none()


def owner_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Pass `view` a query for the session whose code is in the URL, if the visitor owns it or it is shared with them.

    Shared sessions are looked up second, so that owners, who are most, pay for one query. Everybody else gets a 404,
    whether or not the session exists.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, code: str, **arguments: Any) -> HttpResponse:
        if secret := visitor_secret(request):
            with suppress(Session.DoesNotExist):
                return view(request, SessionLookup(code, digest(secret)), **arguments)
            with suppress(Session.DoesNotExist):
                return view(request, shared_sessions(request).filter(code=code), **arguments)
        raise Http404("There is no such session for this visitor.")

    return wrapper


def staff_only(permission: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Allow a view to staff with a permission. Anonymous users are sent to the sign-in; others get a 404."""

    def decorator(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapper(request: HttpRequest, **arguments: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not (request.user.is_staff and request.user.has_perm(permission)):
                raise Http404("There is no such page for this person.")
            return view(request, **arguments)

        return wrapper

    return decorator


def desk_sessions(user: User) -> QuerySet[Session]:
    """Return the sessions that an agent may see at the desk.

    Those assigned to them now or at any time before, those whose case is theirs, and those whose open case is
    unassigned. A lead sees all. Previews of editors are left out.
    """
    sessions = Session.objects.exclude(channel=Session.Channel.TEST)
    if user.has_perm(LEAD_CALLS):
        return sessions
    handled = Handling.objects.filter(session=OuterRef("pk"), agent=user)
    cases = Case.objects.filter(Q(agent=user) | Q(agent=None, closed_at=None), session=OuterRef("pk"))
    return sessions.filter(Q(agent=user) | Exists(handled) | Exists(cases))


def desk_cases(user: User) -> QuerySet[Case]:
    return Case.objects.filter(session__in=desk_sessions(user))


def assigned_sessions(user: User) -> QuerySet[Session]:
    """Return the sessions assigned to an agent: most of `desk_sessions`, by an index."""
    return Session.objects.filter(agent=user).exclude(channel=Session.Channel.TEST)


def movable_sessions(user: User) -> QuerySet[Session]:
    """Return the sessions that an agent may move: those assigned to them whose call is not on hold."""
    active = Call.objects.filter(session=OuterRef("pk"), agent=user, aside=False)
    return assigned_sessions(user).filter(Exists(active))
