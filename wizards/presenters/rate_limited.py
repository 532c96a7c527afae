"""Views that somebody may not post to without end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from helpdesk.ratelimit import limiter

from .. import presenters

log = logging.getLogger(__name__)

CODE_RATES = ("code", "codes")  # the lines of settings.RATES that count codes
ALL_CLIENTS = "everybody"  # under whose name codes are counted in all
View = Callable[..., HttpResponse]


def rate_limited(what: str = "") -> Callable[[View], View]:
    """Count each POST to a view by the address that it came from, against the line `what` of settings.RATES.

    Where the view itself counts something, `limited()` only says when it was too often.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def handle(request: HttpRequest, **arguments: Any) -> HttpResponse:
            try:
                if what and request.method == "POST":
                    limiter.hit(what, limiter.client_address(request))
                return view(request, **arguments)
            except limiter.RateLimitExceededError as limit:
                return too_many_requests(request, limit)

        return handle

    return guard


def too_many_requests(request: HttpRequest, limit: limiter.RateLimitExceededError) -> HttpResponse:
    """Say in plain words that it was too often, and when to try again. Codes tried by force are for the log, too."""
    if limit.what in CODE_RATES:
        log.warning("Codes are tried by force: at %s, from %s.", request.path[:200], limiter.client_address(request))
    response = presenters.render_page(
        request, "customer/session/too_many_requests.html", {"minutes": limit.minutes}, status=429
    )
    response["Retry-After"] = str(limit.seconds)
    return response
