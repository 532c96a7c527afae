"""Joining by a customer's code, and the lock against guessing codes."""

from __future__ import annotations

import logging

import pytest

from tests.desk.agents import Agent, customer, join, only
from tests.reading import read
from wizards import journal
from wizards.models import Call, HandoffCode
from wizards.support import calls, join_codes

pytestmark = pytest.mark.django_db


def test_a_code_lets_the_agent_into_that_very_session(ann, toy):
    session = journal.answer(only(customer(toy)), 1, "list")
    join(ann, session)
    page = read(ann.see())
    assert page.h1 == "Why why"
    assert "with the customer" in page.text
    assert (Call.objects.get().agent, session.code) == (ann.user, ann.session.code)


def test_wrong_expired_and_used_codes_look_alike(ann, bob, toy, settings):
    settings.RATES = settings.RATES | {"code": "100 per minute"}
    session = customer(toy)
    used = join_codes.create(session, HandoffCode.For.AGENT)
    join_codes.join(used, bob.user)
    expired = join_codes.create(customer(toy, "other"), HandoffCode.For.AGENT)
    HandoffCode.objects.filter(used_at=None).update(expires_at=HandoffCode.objects.first().made_at)
    device = join_codes.create(session, HandoffCode.For.DEVICE)
    said = set()
    for code in (used, expired, device, "abcd2345", "", "x" * 500, "💥", "0"):
        response = ann.client.post("/desk/join/", {"code": code})
        assert response.status_code == 422
        said.add(" ".join(read(response).text.split()))
    assert len(said) == 1
    assert "No session has this code. Check it letter by letter: it may be mistyped, used, or older" in said.pop()
    assert not Call.objects.exists()


def typed(response) -> str:
    """Return the value of the field for a code."""
    return read(response).all("input", name="code")[0]["value"]


def test_a_wrong_code_stays_in_the_field(ann):
    assert typed(ann.client.post("/desk/join/", {"code": 'abcd 234"'})) == 'abcd 234"'


def test_a_code_that_is_not_tried_because_of_the_lock_stays_in_the_field(ann, settings):
    settings.RATES = settings.RATES | {"code": "1 per 10 minutes"}
    tried, locked = (ann.client.post("/desk/join/", {"code": "abcd2345"}) for _ in range(2))
    assert (tried.status_code, typed(tried)) == (422, "abcd2345")
    assert (locked.status_code, typed(locked)) == (429, "abcd2345")


def test_the_field_for_a_code_is_empty_at_first(ann):
    assert typed(ann.client.get("/desk/")) == ""


def test_the_desk_says_what_a_customer_does_to_get_a_code(ann):
    text = read(ann.client.get("/desk/")).text
    assert "The customer presses “Talk to a person”, then “Give me a code”" in text
    assert "They need a running session to get one." in text


def test_codes_tried_by_force_lock_for_a_while_and_are_logged(ann, bob, toy, settings, caplog):
    settings.RATES = settings.RATES | {"code": "3 per 10 minutes"}
    for _ in range(3):
        assert ann.client.post("/desk/join/", {"code": "abcd2345"}).status_code == 422
    right = join_codes.create(customer(toy), HandoffCode.For.AGENT)
    with caplog.at_level(logging.WARNING, "wizards"):
        response = ann.client.post("/desk/join/", {"code": right})
    assert response.status_code == 429
    assert "Try again in 10 minutes" in read(response).text
    assert 0 < int(response["Retry-After"]) <= 600
    assert [record.levelname for record in caplog.records if "being guessed" in record.getMessage()] == ["WARNING"]
    assert right not in caplog.text
    # From another address, the account is still locked.
    assert ann.client.post("/desk/join/", {"code": right}, REMOTE_ADDR="192.0.2.7").status_code == 429
    assert not Call.objects.exists()


def test_codes_tried_by_many_accounts_from_many_addresses_lock_all_of_them(toy, settings):
    settings.RATES = settings.RATES | {"code": "100 per minute", "codes": "3 per hour"}
    for number in range(3):
        agent = Agent(f"agent {number}")
        response = agent.client.post("/desk/join/", {"code": "abcd2345"}, REMOTE_ADDR=f"192.0.2.{number}")
        assert response.status_code == 422
    right = join_codes.create(customer(toy), HandoffCode.For.AGENT)
    response = Agent("another").client.post("/desk/join/", {"code": right}, REMOTE_ADDR="192.0.2.9")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert not Call.objects.exists()


def test_right_codes_are_not_counted(ann, toy, settings):
    settings.RATES = settings.RATES | {"code": "2 per 10 minutes"}
    for number in range(5):
        join(ann, customer(toy, f"customer {number}"))
    assert len(list(calls.calls_of(ann.user))) == 5
