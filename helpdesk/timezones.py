"""Moments on staff's pages: in the reader's own time zone, which their browser tells in a cookie."""

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
    """Let a view show moments in the reader's time zone."""

    @wraps(view)
    def handle(request: HttpRequest, **arguments: Any) -> HttpResponse:
        with timezone.override(request_timezone(request)):
            return view(request, **arguments)

    return handle


def request_timezone(request: HttpRequest) -> zoneinfo.ZoneInfo:
    """Return the reader's time zone; the help desk's own where the browser told none that can be read."""
    name = unquote(request.COOKIES.get(TIMEZONE_COOKIE, ""))
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return zoneinfo.ZoneInfo(timezone.get_default_timezone_name())


def timezone_names() -> dict[str, str]:
    """Return the names of the zone in which moments are shown, and of the help desk's own, for the pages to tell."""
    return {"zone": timezone.get_current_timezone_name(), "default_zone": timezone.get_default_timezone_name()}
