"""Fixtures of the review tests: the clock, a published toy, and a wizard with symptoms to search for."""

from __future__ import annotations

import pytest

from tests.analytics.walkers import Clock
from tests.review.searching import wizard_of
from tests.versions import publish
from tests.walks import TOY
from wizards.models import Version, Wizard


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def toy() -> Version:
    return publish(TOY)


@pytest.fixture
def wizard() -> Wizard:
    return wizard_of("toy", reset="The camera will not reset", password="I forgot the password")
