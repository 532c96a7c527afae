"""Limit how often a client may post to a view."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from helpdesk.ratelimit import limiter

from .. import presenters

log = logging.getLogger(__name__)

CODE_RATES = ("code", "codes")  # the keys of settings.RATES that count wrong codes
ALL_CLIENTS = "everybody"  # the client under which all wrong codes are counted together
View = Callable[..., HttpResponse]


def rate_limited(rate: str = "") -> Callable[[View], View]:
    """Count each POST to a view by its client's address, against `rate` of settings.RATES.

    Without a rate, only answer 429 where the view itself counts and exceeds one.
    """

    def decorator(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, **arguments: Any) -> HttpResponse:
            try:
                if rate and request.method == "POST":
                    limiter.hit(rate, limiter.client_address(request))
                return view(request, **arguments)
            except limiter.RateLimitExceededError as error:
                return too_many_requests(request, error)

        return wrapper

    return decorator


def too_many_requests(request: HttpRequest, error: limiter.RateLimitExceededError) -> HttpResponse:
    """Answer 429 with when to try again. Codes tried by brute force are logged."""
    if error.what in CODE_RATES:
        log.warning("Codes are being guessed at %s from %s.", request.path[:200], limiter.client_address(request))
    response = presenters.render_page(
        request, "customer/session/too_many_requests.html", {"minutes": error.minutes}, status=429
    )
    response["Retry-After"] = str(error.seconds)
    return response
