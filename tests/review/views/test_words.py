"""What people wrote is shown only to who may read it, only when asked for, and that is noted."""

from __future__ import annotations

import pytest

from tests.analytics.walkers import Walker
from tests.reading import read
from tests.staff import staff
from wizards.models import Disclosure

pytestmark = pytest.mark.django_db

LIST = "/review/sessions/"


def test_what_people_wrote_is_shown_only_when_asked_for_and_noted(clock, toy, reviewer):
    session = Walker(clock, toy).remark("my name is Ann").session
    address = f"{LIST}{session.code}/"
    assert b"Ann" not in reviewer.get(address).content
    page = read(reviewer.post(address))
    assert "my name is Ann" in page.text
    noted = Disclosure.objects.get()
    assert (noted.user.username, noted.what, noted.count) == ("rev", "words", 1)
    assert noted.where.replace(" ", "").lower() == session.code


def test_without_the_right_nobody_reads_what_people_wrote(clock, toy):
    session = Walker(clock, toy).remark("my name is Ann").session
    client = staff("view_session")
    page = read(client.get(f"{LIST}{session.code}/"))
    assert "Show what they wrote" not in page.text
    assert "You have no right to read them" in page.text
    response = client.post(f"{LIST}{session.code}/")
    assert response.status_code == 404
    assert b"Ann" not in response.content
    assert not Disclosure.objects.exists()


def test_nothing_is_shown_where_it_cannot_be_noted(clock, toy, reviewer, monkeypatch):
    session = Walker(clock, toy).remark("my name is Ann").session

    def fail(**_):
        raise RuntimeError("no room")

    monkeypatch.setattr(Disclosure.objects, "create", fail)
    with pytest.raises(RuntimeError):
        reviewer.post(f"{LIST}{session.code}/")


def test_what_was_not_shown_in_the_end_is_not_noted(clock, toy, reviewer, monkeypatch):
    session = Walker(clock, toy).remark("my name is Ann").session

    def fail(*_, **__):
        raise RuntimeError("no page")

    monkeypatch.setattr("wizards.review.views.sessions.timeline_page", fail)
    with pytest.raises(RuntimeError):
        reviewer.post(f"{LIST}{session.code}/")
    assert not Disclosure.objects.exists()


def test_what_people_wrote_cannot_become_markup(clock, toy, reviewer):
    session = Walker(clock, toy).remark("<script>alert(1)</script>").session
    assert b"<script>alert" not in reviewer.post(f"{LIST}{session.code}/").content
