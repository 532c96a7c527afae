"""Fixtures for privacy: the clock, and short retention periods."""

from __future__ import annotations

import pytest

from tests.analytics.walkers import Clock
from wizards.analytics import audit


@pytest.fixture
def clock(monkeypatch):
    """A clock for tests; the log is audited at their end."""
    yield Clock(monkeypatch)
    assert list(audit.find_violations()) == []


@pytest.fixture(autouse=True)
def _days(settings):
    settings.KEEP_ABANDONED_DAYS, settings.KEEP_FINISHED_DAYS = 30, 365
    settings.KEEP_WORDS_DAYS, settings.KEEP_SEARCHES_DAYS = 30, 90
