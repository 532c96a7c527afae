"""Rate limits for what costs others something: starting sessions, trying codes, sending cases and remarks.

Counted in memory, or in the Redis of CACHE_URL where several processes share it. While Redis is down, each process
counts in memory, and the log says so now and then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache, partial
from ipaddress import IPv4Address, ip_address
from itertools import product
from typing import Any, Literal, TypeVar, cast

# Imported before there are threads: `limits` imports it at its first use, and takes a half-imported module that another
# thread sees meanwhile for an outdated one.
import redis  # noqa: F401
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

log = logging.getLogger(__name__)

T = TypeVar("T")
RETRY_SECONDS = 30  # to wait before retrying Redis after a failure
REDIS_TIMEOUT = 1  # seconds, for connecting and for each response


class RateLimitExceededError(Exception):
    """Someone did `what` (a key of settings.RATES) too often; they may try again in `seconds`."""

    def __init__(self, seconds: int, what: str = "") -> None:
        super().__init__(f"{what} too often; again in {seconds} s")
        self.seconds, self.what = seconds, what

    @property
    def minutes(self) -> int:
        """The same in minutes, rounded up."""
        return -(-self.seconds // 60)


class RedisFallback:
    """Calls Redis, or a substitute in this process while Redis is down.

    After a failure Redis is not tried again for RETRY_SECONDS, so that no other request waits for it, and the log says
    so once in that time.
    """

    def __init__(self) -> None:
        self.until = 0.0

    def call(
        self, shared: Callable[[], T], local: Callable[[], T], errors: type[Exception] | tuple[type[Exception], ...]
    ) -> T:
        """Return the result of `shared`, or of `local` if that raises `errors` or did so within RETRY_SECONDS."""
        if time.monotonic() < self.until:
            return local()
        try:
            result = shared()
        except errors as error:
            self.until = time.monotonic() + RETRY_SECONDS
            log.warning("Redis (CACHE_URL) does not answer (%s): this process counts in its own memory for now.", error)
            return local()
        if self.until:
            self.until = 0.0
            log.warning("Redis (CACHE_URL) answers again.")
        return result


redis_fallback = RedisFallback()


def hit(what: str, *clients: str) -> None:
    """Count one more `what` (a key of settings.RATES) for each of `clients`; raise RateLimitExceededError."""
    _apply("hit", what, clients)


def check(what: str, *clients: str) -> None:
    """Raise RateLimitExceededError where the limit is reached, without counting: for what only counts if it fails."""
    _apply("test", what, clients)


def client_address(request: HttpRequest) -> str:
    """Return the address of the client; behind a trusted proxy the one that the proxy saw.

    An IPv6 address counts as its /64 network, as one household has that many. Text that is not an address is returned
    unchanged.
    """
    client = str(request.META.get("REMOTE_ADDR", ""))
    if settings.TRUSTED_PROXY:
        client = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or client
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return ":".join(f"{int(group, 16):x}" for group in address.exploded.split(":")[:4])


def _apply(action: Literal["hit", "test"], what: str, clients: tuple[str, ...]) -> None:
    errors = _limiter().storage.base_exceptions
    for client, rate in product(clients, _rates(settings.RATES[what])):
        ask = partial(_seconds_to_wait, action, rate, what, client)
        if seconds := redis_fallback.call(partial(ask, _limiter), partial(ask, _in_memory), errors):
            raise RateLimitExceededError(seconds, what)


def _seconds_to_wait(
    action: str, rate: RateLimitItem, what: str, client: str, get_limiter: Callable[[], MovingWindowRateLimiter]
) -> int:
    """Count or test once; return the seconds until it is allowed again, 0 if it is allowed now."""
    limiter = get_limiter()
    if getattr(limiter, action)(rate, what, client):
        return 0
    return max(1, round(limiter.get_window_stats(rate, what, client).reset_time - time.time()))


def redis_options() -> dict[str, Any]:
    """Return the client's options: a timeout, and one retry for a lost connection."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "socket_timeout": REDIS_TIMEOUT,
        "socket_connect_timeout": REDIS_TIMEOUT,
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
