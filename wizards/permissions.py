"""Who may see or move a session: the only place that decides it.

A visitor's secret is a random value in an HttpOnly cookie; the database keeps its SHA-256. One visitor may own several
sessions. A session that is not the visitor's own does not exist for them: 404.
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

VIEW_SESSIONS = "wizards.view_session"  # the right to look at sessions
READ_WORDS = "wizards.view_words"  # the right to read what customers wrote
VIEW_CALLS = "wizards.view_call"  # the right to look at the desk
TAKE_CALLS = "wizards.add_call"  # the right to take calls, and whatever else an agent does
LEAD_CALLS = "wizards.view_handling"  # the right to see every session at the desk, and to take it over
SECRET_BYTES = 32
MAX_SECRET = 100
VISITOR_COOKIE_DAYS = 90


def visitor_secret(request: HttpRequest) -> str:
    """Return the visitor's secret, or an empty string for somebody who has begun no session yet."""
    secret = request.COOKIES.get(settings.VISITOR_COOKIE_NAME, "")
    return secret if len(secret) <= MAX_SECRET else ""


def new_secret() -> str:
    """Return a fresh secret for a visitor."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    """Return what the database keeps of a secret: its SHA-256 in hexadecimal digits."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def set_visitor_cookie(response: HttpResponse, secret: str) -> None:
    """Set the visitor's cookie on a response."""
    response.set_cookie(
        settings.VISITOR_COOKIE_NAME,
        secret,
        max_age=VISITOR_COOKIE_DAYS * 24 * 60 * 60,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def sessions_of(request: HttpRequest) -> QuerySet[Session]:
    """Return the sessions that the visitor owns."""
    secret = visitor_secret(request)
    return Session.objects.filter(visitor=digest(secret)) if secret else Session.objects.none()


def shared_with(request: HttpRequest) -> QuerySet[Session]:
    """Return the sessions into which this device was let by a code."""
    guests = Guest.objects.filter(visitor=digest(visitor_secret(request))).values("session")
    return Session.objects.filter(pk__in=guests) if visitor_secret(request) else Session.objects.none()


def owner_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give `view` the visitor's own session whose code stands in the address, as a query for that one row.

    A session into which this device was let by a code is its own, too; it is looked for where no other is, so that
    the way of most costs nothing more. Whoever asks for another's session, or for none that exists, gets a 404.
    """

    @wraps(view)
    def handle(request: HttpRequest, code: str, **arguments: Any) -> HttpResponse:
        if secret := visitor_secret(request):
            with suppress(Session.DoesNotExist):
                return view(request, SessionLookup(code, digest(secret)), **arguments)
            with suppress(Session.DoesNotExist):
                return view(request, shared_with(request).filter(code=code), **arguments)
        raise Http404("There is no such session for this visitor.")

    return handle


def staff_only(right: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let only staff with a right see a view: whoever is not signed in may do so first; for others it is a 404."""

    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def handle(request: HttpRequest, **arguments: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not (request.user.is_staff and request.user.has_perm(right)):
                raise Http404("There is no such page for this person.")
            return view(request, **arguments)

        return handle

    return guard


def desk_sessions(user: User) -> QuerySet[Session]:
    """Return the sessions that an agent may look at.

    Those that they have in hand or ever had, those whose case is theirs, and those whose case waits for somebody. Who
    leads the agents may look at all. An editor's preview is nobody's call.
    """
    sessions = Session.objects.exclude(channel=Session.Channel.TEST)
    if user.has_perm(LEAD_CALLS):
        return sessions
    once = Handling.objects.filter(session=OuterRef("pk"), agent=user)
    cases = Case.objects.filter(Q(agent=user) | Q(agent=None, closed_at=None), session=OuterRef("pk"))
    return sessions.filter(Q(agent=user) | Exists(once) | Exists(cases))


def desk_cases(user: User) -> QuerySet[Case]:
    """Return the cases that an agent may look at: those of the sessions that they may look at."""
    return Case.objects.filter(session__in=desk_sessions(user))


def with_agent_names(user: User) -> QuerySet[Session]:
    """Return the sessions whose row names the agent: the most usual of `desk_sessions`, and found the quickest."""
    return Session.objects.filter(agent=user).exclude(channel=Session.Channel.TEST)


def in_hand(user: User) -> QuerySet[Session]:
    """Return the sessions that an agent may move: those in their hand, and not put aside."""
    mine = Call.objects.filter(session=OuterRef("pk"), agent=user, aside=False)
    return with_agent_names(user).filter(Exists(mine))
