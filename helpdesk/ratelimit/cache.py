"""Django's cache in Redis; in this process while Redis is down, so that signing in stays possible, and limited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

from helpdesk.ratelimit import limiter

METHODS = ["add", "get", "set", "touch", "delete", "get_many", "has_key", "incr", "set_many", "delete_many", "clear"]


class SharedCache(RedisCache):
    """The cache backend that the settings name where there is a CACHE_URL."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = limiter.redis_options() | params.get("OPTIONS", {})
        super().__init__(server, params | {"OPTIONS": options})
        self._local = LocMemCache("while Redis is away", params)


def _with_fallback(name: str) -> Callable[..., Any]:
    """Return the method `name`: that of RedisCache, or of the local cache while Redis is down."""

    def method(self: SharedCache, *args: Any, **kwargs: Any) -> Any:
        return limiter.redis_fallback.call(
            lambda: getattr(RedisCache, name)(self, *args, **kwargs),
            lambda: getattr(self._local, name)(*args, **kwargs),
            RedisError,
        )

    return method


for _name in METHODS:
    setattr(SharedCache, _name, _with_fallback(_name))
