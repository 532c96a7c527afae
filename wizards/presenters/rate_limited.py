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

CODES = ("code", "codes")  # the lines of settings.RATES that count codes
EVERYBODY = "everybody"  # under whose name codes are counted in all
View = Callable[..., HttpResponse]


def limited(what: str = "") -> Callable[[View], View]:
    """Count each POST to a view by the address that it came from, against the line `what` of settings.RATES.

    Where the view itself counts something, `limited()` only says when it was too often.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def handle(request: HttpRequest, **arguments: Any) -> HttpResponse:
            try:
                if what and request.method == "POST":
                    limiter.count(what, limiter.address_of(request))
                return view(request, **arguments)
            except limiter.Limited as limit:
                return too_often(request, limit)

        return handle

    return guard


def too_often(request: HttpRequest, limit: limiter.Limited) -> HttpResponse:
    """Say in plain words that it was too often, and when to try again. Codes tried by force are for the log, too."""
    if limit.what in CODES:
        log.warning("Codes are tried by force: at %s, from %s.", request.path[:200], limiter.address_of(request))
    response = presenters.show(
        request, "customer/session/too_many_requests.html", {"minutes": limit.minutes}, status=429
    )
    response["Retry-After"] = str(limit.seconds)
    return response
