"""Django's cache in Redis; in this process while Redis is away, so that signing in stays possible, and limited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

from helpdesk.ratelimit import limiter

ASKED = ["add", "get", "set", "touch", "delete", "get_many", "has_key", "incr", "set_many", "delete_many", "clear"]


class SharedCache(RedisCache):
    """What settings.CACHES names for a CACHE_URL. Takes what RedisCache takes."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = limiter.redis_options() | params.get("OPTIONS", {})
        super().__init__(server, params | {"OPTIONS": options})
        self._here = LocMemCache("while Redis is away", params)


def _either(name: str) -> Callable[..., Any]:
    """Return the method `name`, which asks Redis, or else what this process remembers by itself."""

    def ask(self: SharedCache, *arguments: Any, **options: Any) -> Any:
        return limiter.redis_fallback.ask(
            lambda: getattr(RedisCache, name)(self, *arguments, **options),
            lambda: getattr(self._here, name)(*arguments, **options),
            RedisError,
        )

    return ask


for _name in ASKED:
    setattr(SharedCache, _name, _either(_name))
