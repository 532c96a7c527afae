"""Rate limits: what is counted, by whom, and what happens while Redis is down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client, RequestFactory
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from helpdesk.ratelimit import limiter
from tests.reading import read
from tests.visitor import publish, rows


@pytest.fixture(autouse=True)
def rates(settings):
    """Set rates for these tests."""
    settings.RATES = {"begin": "3 per 10 minutes", "code": "2 per minute; 3 per hour"}


def test_the_limit_says_in_how_many_seconds_to_try_again():
    for _ in range(3):
        limiter.hit("begin", "somebody")
    with pytest.raises(limiter.RateLimitExceededError) as limit:
        limiter.hit("begin", "somebody")
    assert 1 <= limit.value.seconds <= 600


def test_clients_and_actions_are_counted_apart():
    for _ in range(3):
        limiter.hit("begin", "somebody")
    limiter.hit("begin", "somebody else")
    limiter.hit("code", "somebody")


def test_the_tighter_of_two_rates_applies():
    limiter.hit("code", "somebody")
    limiter.hit("code", "somebody")
    with pytest.raises(limiter.RateLimitExceededError):
        limiter.hit("code", "somebody")


def test_a_client_with_two_names_is_limited_by_either():
    for _ in range(2):
        limiter.hit("code", "an address", "one account")
    with pytest.raises(limiter.RateLimitExceededError):
        limiter.hit("code", "an address", "another account")


def test_checking_counts_nothing():
    for _ in range(10):
        limiter.check("begin", "somebody")
    for _ in range(3):
        limiter.hit("begin", "somebody")
    with pytest.raises(limiter.RateLimitExceededError):
        limiter.check("begin", "somebody")


def test_redis_is_imported_before_there_are_threads_that_could_see_half_of_it():
    code = "import sys, helpdesk.ratelimit.limiter; sys.exit('redis' not in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)


@pytest.mark.parametrize(
    ("trusted", "remote", "forwarded", "address"),
    [
        (False, "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (True, "192.0.2.1", "198.51.100.7", "198.51.100.7"),
        (True, "192.0.2.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (True, "192.0.2.1", "", "192.0.2.1"),
        (False, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2"),
        (False, "2001:db8:1:2:ffff::1", "", "2001:db8:1:2"),
        (False, "2001:db8::1", "", "2001:db8:0:0"),
        (False, "::ffff:192.0.2.1", "", "192.0.2.1"),
    ],
)
def test_the_address_that_is_counted(settings, trusted, remote, forwarded, address):
    settings.TRUSTED_PROXY = trusted
    request = RequestFactory().get(
        "/", REMOTE_ADDR=remote, **({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})
    )
    assert limiter.client_address(request) == address


class DownStorage(MemoryStorage):
    """A storage that does not answer."""

    @property
    def base_exceptions(self):
        return ConnectionError

    def acquire_entry(self, *args, **options):
        raise ConnectionError("nobody there")


def test_while_the_store_is_down_this_process_counts_and_the_log_says_so(monkeypatch, caplog):
    monkeypatch.setattr(limiter, "_limiter", lambda: MovingWindowRateLimiter(DownStorage()))
    for _ in range(3):
        limiter.hit("begin", "somebody")
    with pytest.raises(limiter.RateLimitExceededError):
        limiter.hit("begin", "somebody")
    assert "does not answer" in caplog.text


class Store:
    """A shared store that answers, or does not."""

    def __init__(self):
        self.is_up, self.calls = False, 0

    def __call__(self):
        self.calls += 1
        if not self.is_up:
            raise ConnectionError("nobody there")
        return "shared"


def call(fallback, store):
    return fallback.call(store, lambda: "local", ConnectionError)


def test_a_store_that_is_down_is_left_alone_for_a_while_and_the_log_says_so_once(caplog):
    fallback, store = limiter.RedisFallback(), Store()
    assert [call(fallback, store) for _ in range(50)] == ["local"] * 50
    assert store.calls == 1
    assert caplog.text.count("does not answer") == 1


def test_a_store_that_is_back_is_used_again_and_the_log_says_so(monkeypatch, caplog):
    fallback, store = limiter.RedisFallback(), Store()
    call(fallback, store)
    store.is_up = True
    now = limiter.time.monotonic()
    monkeypatch.setattr(limiter.time, "monotonic", lambda: now + limiter.RETRY_SECONDS + 1)
    assert [call(fallback, store) for _ in range(3)] == ["shared"] * 3
    assert caplog.text.count("answers again") == 1


def test_an_error_of_our_own_is_not_taken_for_a_store_that_is_down():
    with pytest.raises(ZeroDivisionError):
        limiter.RedisFallback().call(lambda: 1 // 0, lambda: 2, ConnectionError)


@pytest.mark.django_db
def test_too_many_sessions_get_a_page_that_says_when_to_try_again():
    publish()
    for _ in range(3):
        assert Client().post("/begin/toy/s/").status_code == 303
    before = rows()
    response = Client().post("/begin/toy/s/")
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 600
    assert "try again in 10 minutes" in read(response).text
    assert rows() == before


@pytest.mark.parametrize(
    ("what", "place"),
    [("remark", "1/remark/"), ("remark", "1/feedback/"), ("offer", "help/code/"), ("offer", "device/")],
)
@pytest.mark.django_db
def test_too_many_remarks_and_codes_get_the_same_page(settings, what, place):
    settings.RATES = settings.RATES | {what: "2 per 10 minutes"}
    publish()
    client = Client()
    address = client.post("/begin/toy/s/")["Location"].removesuffix("1/") + place
    for number in range(2):
        assert client.post(address, {"words": f"It blinks {number}.", "helped": "no"}).status_code in {200, 303, 422}
    before = rows()
    response = client.post(address, {"words": "It blinks.", "helped": "no"})
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 600
    assert "try again in 10 minutes" in read(response).text
    assert rows() == before


@pytest.mark.django_db
def test_reading_is_never_counted():
    publish()
    assert {Client().get("/").status_code for _ in range(20)} == {200}


@pytest.mark.django_db
def test_answers_are_not_limited():
    publish()
    client = Client()
    address = client.post("/begin/toy/s/")["Location"]
    assert {client.post(address, {"answer": "no"}).status_code for _ in range(30)} <= {303, 422}
