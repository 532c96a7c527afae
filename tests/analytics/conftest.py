"""The clock of the analytics tests."""

from __future__ import annotations

import pytest

from tests.analytics.walkers import Clock


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)
