"""How often somebody may do what costs others something: begin sessions, try codes, send cases, make remarks.

Counted in memory, or in the Redis that CACHE_URL names, where several processes share it. If Redis is away, the
counting goes on in memory and the log says so.
"""

from __future__ import annotations

import logging
import time
from functools import cache
from ipaddress import IPv4Address, ip_address
from typing import cast

# Whole, before there are threads: `limits` imports it at its first use, and takes a half of it that a second thread
# sees meanwhile for one that is too old.
import redis  # noqa: F401
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

log = logging.getLogger(__name__)


class Limited(Exception):
    """Somebody did it too often. `seconds` says in how long they may try again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too often; again in {seconds} s")
        self.seconds = seconds


def count(what: str, *who: str) -> None:
    """Count that somebody does something once more, under each of their names; raise Limited where it is too often.

    `what` names a line of settings.RATES; each of `who` is counted apart.
    """
    _each(what, who, hit=True)


def hold(what: str, *who: str) -> None:
    """Raise Limited where somebody did it too often, and count nothing: for what only counts when it fails."""
    _each(what, who, hit=False)


def address_of(request: HttpRequest) -> str:
    """Return the address that a request came from; behind a trusted proxy the one that the proxy saw.

    An IPv6 address counts as its network of 64 bits: one household has so many addresses. What is no address counts
    as it is.
    """
    seen = str(request.META.get("REMOTE_ADDR", ""))
    if settings.TRUSTED_PROXY:
        seen = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or seen
    try:
        address = ip_address(seen)
    except ValueError:
        return seen
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return ":".join(f"{int(group, 16):x}" for group in address.exploded.split(":")[:4])


def _each(what: str, who: tuple[str, ...], hit: bool) -> None:
    for name in who:
        for rate in _rates(settings.RATES[what]):
            if seconds := _wait(_limiter(), hit, rate, what, name):
                raise Limited(seconds)


def _wait(limiter: MovingWindowRateLimiter, hit: bool, rate: RateLimitItem, *names: str) -> int:
    """Count once more if it is a `hit`; return in how many seconds it is allowed again, 0 where it is allowed now."""
    try:
        if limiter.hit(rate, *names) if hit else limiter.test(rate, *names):
            return 0
        return max(1, round(limiter.get_window_stats(rate, *names).reset_time - time.time()))
    except limiter.storage.base_exceptions as away:
        if limiter is _in_memory():
            raise
        log.warning("The store of CACHE_URL does not answer (%s): rates are counted in this process.", away)
        return _wait(_in_memory(), hit, rate, *names)


@cache
def _rates(text: str) -> list[RateLimitItem]:
    return parse_many(text)


@cache
def _limiter() -> MovingWindowRateLimiter:
    address = settings.RATE_STORAGE
    storage = cast(Storage, storage_from_string(address)) if address else MemoryStorage()
    return MovingWindowRateLimiter(storage)


@cache
def _in_memory() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())
