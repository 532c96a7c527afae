"""How often somebody may do what costs others something: begin sessions, try codes, send cases, make remarks.

Counted in memory, or in the Redis that CACHE_URL names, where several processes share it. If Redis is away, the
counting goes on in memory and the log says so, now and then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache
from ipaddress import IPv4Address, ip_address
from typing import Any, TypeVar, cast

# Whole, before there are threads: `limits` imports it at its first use, and takes a half of it that a second thread
# sees meanwhile for one that is too old.
import redis  # noqa: F401
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

log = logging.getLogger(__name__)

T = TypeVar("T")
REST = 30  # seconds for which a store that did not answer is left alone
REDIS_SECONDS = 1  # for connecting, and for each answer


class RateLimitExceededError(Exception):
    """Somebody did `what` (a line of settings.RATES) too often. `seconds` says in how long they may try again."""

    def __init__(self, seconds: int, what: str = "") -> None:
        super().__init__(f"{what} too often; again in {seconds} s")
        self.seconds, self.what = seconds, what

    @property
    def minutes(self) -> int:
        """The same in whole minutes, none too few."""
        return -(-self.seconds // 60)


class RedisFallback:
    """What several processes share in Redis, and what this one does by itself while Redis is away.

    Whoever finds it away leaves it alone for REST seconds, so that no request after that waits for it, and the log
    says it once in that time.
    """

    def __init__(self) -> None:
        self.until = 0.0

    def ask(
        self, there: Callable[[], T], here: Callable[[], T], away: type[Exception] | tuple[type[Exception], ...]
    ) -> T:
        """Return what `there` says; where it raises `away`, or did so within REST seconds, what `here` says."""
        if time.monotonic() < self.until:
            return here()
        try:
            said = there()
        except away as reason:
            self.until = time.monotonic() + REST
            log.warning("The store of CACHE_URL does not answer (%s): this process counts by itself for now.", reason)
            return here()
        if self.until:
            self.until = 0.0
            log.warning("The store of CACHE_URL answers again.")
        return said


redis_fallback = RedisFallback()


def hit(what: str, *who: str) -> None:
    """Count that somebody does something once more, under each of their names; raise Limited where it is too often.

    `what` names a line of settings.RATES; each of `who` is counted apart.
    """
    _each(what, who, hit=True)


def check(what: str, *who: str) -> None:
    """Raise Limited where somebody did it too often, and count nothing: for what only counts when it fails."""
    _each(what, who, hit=False)


def client_address(request: HttpRequest) -> str:
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
                raise RateLimitExceededError(seconds, what)


def _wait(limiter: MovingWindowRateLimiter, hit: bool, rate: RateLimitItem, *names: str) -> int:
    """Count once more if it is a `hit`; return in how many seconds it is allowed again, 0 where it is allowed now."""
    away = limiter.storage.base_exceptions
    return redis_fallback.ask(
        lambda: _asked(limiter, hit, rate, *names), lambda: _asked(_in_memory(), hit, rate, *names), away
    )


def _asked(limiter: MovingWindowRateLimiter, hit: bool, rate: RateLimitItem, *names: str) -> int:
    if limiter.hit(rate, *names) if hit else limiter.test(rate, *names):
        return 0
    return max(1, round(limiter.get_window_stats(rate, *names).reset_time - time.time()))


def redis_options() -> dict[str, Any]:
    """Return how Redis is asked: it answers within a second, or is taken for away; a lost connection is made anew."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "socket_timeout": REDIS_SECONDS,
        "socket_connect_timeout": REDIS_SECONDS,
        "retry": Retry(NoBackoff(), 1),
    }


@cache
def _rates(text: str) -> list[RateLimitItem]:
    return parse_many(text)


@cache
def _limiter() -> MovingWindowRateLimiter:
    address = settings.RATE_STORAGE
    storage = cast(Storage, storage_from_string(address, **redis_options())) if address else MemoryStorage()
    return MovingWindowRateLimiter(storage)


@cache
def _in_memory() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())
