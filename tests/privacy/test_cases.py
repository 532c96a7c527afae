"""Personal data of calls and cases: erased with the person, and when its retention period ends."""

from __future__ import annotations

import pytest

from tests.analytics.walkers import Clock, Walker
from tests.privacy import everything
from tests.versions import publish
from tests.walks import TOY
from wizards.models import Call, Case, Guest, HandoffCode
from wizards.privacy import retention, subject_access
from wizards.support import join_codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def called(monkeypatch):
    """A solved session with a case and contact, a caller, another device and a code."""
    walker = Walker(Clock(monkeypatch), publish(TOY)).answer("no", "stuck", "failed", "lost", "decline")
    walker.mine.update(status="unsolved")
    session = walker.mine.get()
    Case.objects.create(session=session, contact="anna@example.org", words="My camera.")
    Call.objects.create(session=session, caller="Anna")
    join_codes.add_device(join_codes.create(session, HandoffCode.For.DEVICE), "another device")
    join_codes.create(session, HandoffCode.For.AGENT)
    return walker


def test_erasing_a_person_erases_their_address_their_name_and_their_devices(called):
    assert subject_access.erase(subject_access.find_person(called.session.code)) == 2
    held = everything()
    assert not [secret for secret in ("Anna", "anna@", "My camera", "another device") if secret in held]
    assert not Guest.objects.exists()


def test_an_export_holds_the_case_and_who_called(called):
    taken = repr(subject_access.export(subject_access.find_person(called.session.code)))
    assert "anna@example.org" in taken
    assert "Anna" in taken


def test_a_closed_case_forgets_how_to_reach_the_customer_an_open_one_does_not(called, settings):
    called.clock.pass_(days=settings.KEEP_WORDS_DAYS + 1)
    assert retention.purge_expired().cases == 0
    Case.objects.update(closed_at=called.clock.now)
    called.clock.pass_(days=settings.KEEP_WORDS_DAYS + 1)
    assert retention.purge_expired().cases == 1
    assert "anna@" not in everything()


def test_who_called_is_forgotten_with_the_words(called, settings):
    called.clock.pass_(days=settings.KEEP_WORDS_DAYS + 1)
    assert retention.purge_expired().callers == 1
    assert Call.objects.get().caller == ""


def test_a_session_with_an_open_case_stays_and_goes_when_it_is_closed(called, settings):
    called.clock.pass_(days=settings.KEEP_FINISHED_DAYS + 1)
    assert retention.purge_expired().finished == 0
    Case.objects.update(closed_at=called.clock.now)
    assert retention.purge_expired().finished == 1
    assert not Case.objects.exists()
