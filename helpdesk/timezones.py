"""Times on the pages of staff: in the time zone of the reader, which their browser sends in a cookie."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

TIMEZONE_COOKIE = "zone"


def in_local_timezone(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show a view's times in the time zone of the reader."""

    @wraps(view)
    def handle(request: HttpRequest, **arguments: Any) -> HttpResponse:
        with timezone.override(request_timezone(request)):
            return view(request, **arguments)

    return handle


def request_timezone(request: HttpRequest) -> zoneinfo.ZoneInfo:
    """Return the time zone of the browser, or the help desk's if the cookie is missing or invalid."""
    name = unquote(request.COOKIES.get(TIMEZONE_COOKIE, ""))
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return zoneinfo.ZoneInfo(timezone.get_default_timezone_name())


def timezone_names() -> dict[str, str]:
    """Return the context for templates that name the time zones of the reader and of the help desk."""
    return {"zone": timezone.get_current_timezone_name(), "default_zone": timezone.get_default_timezone_name()}
