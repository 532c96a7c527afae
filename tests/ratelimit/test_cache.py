"""The shared cache while Redis is down: this process caches by itself."""

from __future__ import annotations

import pytest

from helpdesk.ratelimit.cache import METHODS, SharedCache

pytestmark = pytest.mark.once


@pytest.fixture
def cache():
    """A cache in a Redis that nobody runs."""
    cache = SharedCache("redis://127.0.0.1:1/0", {})
    cache.clear()
    return cache


def test_values_are_stored_and_incremented(cache):
    cache.set("tries", 1, 60)
    assert cache.incr("tries") == 2
    assert cache.get("tries") == 2
    assert cache.get_or_set("other", 5) == 5
    assert cache.get_many(["tries", "other"]) == {"tries": 2, "other": 5}


def test_add_succeeds_once(cache):
    assert cache.add("code", True, 60)
    assert not cache.add("code", True, 60)
    cache.delete("code")
    assert "code" not in cache


def test_every_method_of_the_redis_cache_has_a_fallback():
    redis_methods = {
        name for name in vars(SharedCache.__mro__[1]) if not name.startswith("_") and name != "get_backend_timeout"
    }
    assert redis_methods - {"clear"} <= set(METHODS)
