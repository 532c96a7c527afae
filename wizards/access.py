"""Who may see or move a session: the only place that decides it.

A visitor's secret is a random value in an HttpOnly cookie; the database keeps its SHA-256. One visitor may own several
sessions. A session that is not the visitor's own does not exist for them: 404.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from .models import Session

REVIEW = "wizards.view_session"  # the right to look at sessions
READ_WORDS = "wizards.view_words"  # the right to read what customers wrote
SECRET_BYTES = 32
LONGEST_SECRET = 100
DAYS = 90


def visitor_secret(request: HttpRequest) -> str:
    """Return the visitor's secret, or an empty string for somebody who has begun no session yet."""
    secret = request.COOKIES.get(settings.VISITOR_COOKIE_NAME, "")
    return secret if len(secret) <= LONGEST_SECRET else ""


def new_secret() -> str:
    """Return a fresh secret for a visitor."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    """Return what the database keeps of a secret: its SHA-256 in hexadecimal digits."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def remember(response: HttpResponse, secret: str) -> None:
    """Set the visitor's cookie on a response."""
    response.set_cookie(
        settings.VISITOR_COOKIE_NAME,
        secret,
        max_age=DAYS * 24 * 60 * 60,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def sessions_of(request: HttpRequest) -> QuerySet[Session]:
    """Return the sessions that the visitor owns."""
    secret = visitor_secret(request)
    return Session.objects.filter(visitor=digest(secret)) if secret else Session.objects.none()


def owner_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give `view` the visitor's own session whose code stands in the address, as a query for that one row.

    Whoever asks for another's session, or for none that exists, gets a 404.
    """

    @wraps(view)
    def handle(request: HttpRequest, code: str, **arguments: Any) -> HttpResponse:
        try:
            return view(request, sessions_of(request).filter(code=code), **arguments)
        except Session.DoesNotExist as missing:
            raise Http404("There is no such session for this visitor.") from missing

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
