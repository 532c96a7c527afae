"""What people wrote is shown only with the right to read it and on request, and that is recorded."""

from __future__ import annotations

import pytest

from tests.analytics.walkers import Walker
from tests.reading import read
from tests.staff import staff
from wizards.models import Disclosure

pytestmark = pytest.mark.django_db

LIST = "/review/sessions/"


def test_words_are_shown_only_on_request_and_that_is_recorded(clock, toy, reviewer):
    session = Walker(clock, toy).remark("my name is Ann").session
    address = f"{LIST}{session.code}/"
    assert b"Ann" not in reviewer.get(address).content
    page = read(reviewer.post(address))
    assert "my name is Ann" in page.text
    record = Disclosure.objects.get()
    assert (record.user.username, record.what, record.count) == ("rev", "words", 1)
    assert record.where.replace(" ", "").lower() == session.code


def test_without_the_right_words_are_not_shown(clock, toy):
    session = Walker(clock, toy).remark("my name is Ann").session
    client = staff("view_session")
    page = read(client.get(f"{LIST}{session.code}/"))
    assert "Show what they wrote" not in page.text
    assert "You do not have permission to read them" in page.text
    response = client.post(f"{LIST}{session.code}/")
    assert response.status_code == 404
    assert b"Ann" not in response.content
    assert not Disclosure.objects.exists()


def test_nothing_is_shown_if_it_cannot_be_recorded(clock, toy, reviewer, monkeypatch):
    session = Walker(clock, toy).remark("my name is Ann").session

    def fail(**_):
        raise RuntimeError("no room")

    monkeypatch.setattr(Disclosure.objects, "create", fail)
    with pytest.raises(RuntimeError):
        reviewer.post(f"{LIST}{session.code}/")


def test_a_failed_page_is_not_recorded(clock, toy, reviewer, monkeypatch):
    session = Walker(clock, toy).remark("my name is Ann").session

    def fail(*_, **__):
        raise RuntimeError("no page")

    monkeypatch.setattr("wizards.review.views.sessions.timeline_page", fail)
    with pytest.raises(RuntimeError):
        reviewer.post(f"{LIST}{session.code}/")
    assert not Disclosure.objects.exists()


def test_words_are_escaped(clock, toy, reviewer):
    session = Walker(clock, toy).remark("<script>alert(1)</script>").session
    assert b"<script>alert" not in reviewer.post(f"{LIST}{session.code}/").content
