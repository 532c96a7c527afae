"""What the tests of the tallies share: the clock."""

from __future__ import annotations

import pytest

from tests.tallies.walkers import Clock


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)
