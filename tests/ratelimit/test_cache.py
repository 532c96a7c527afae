"""The cache of several processes while Redis is away: this process remembers by itself."""

from __future__ import annotations

import pytest

from helpdesk.ratelimit.cache import ASKED, SharedCache

pytestmark = pytest.mark.once


@pytest.fixture
def cache():
    """Give the cache of a Redis that nobody runs."""
    cache = SharedCache("redis://127.0.0.1:1/0", {})
    cache.clear()
    return cache


def test_what_is_put_in_is_there_and_counted_on(cache):
    cache.set("tries", 1, 60)
    assert cache.incr("tries") == 2
    assert cache.get("tries") == 2
    assert cache.get_or_set("other", 5) == 5
    assert cache.get_many(["tries", "other"]) == {"tries": 2, "other": 5}


def test_what_is_taken_is_not_taken_again(cache):
    assert cache.add("code", True, 60)
    assert not cache.add("code", True, 60)
    cache.delete("code")
    assert "code" not in cache


def test_nothing_that_asks_redis_was_forgotten():
    own = {name for name in vars(SharedCache.__mro__[1]) if not name.startswith("_") and name != "get_backend_timeout"}
    assert own - {"clear"} <= set(ASKED)
