"""What the tests of the review pages share: the clock, a published toy, and a reviewer."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.staff import staff
from tests.tallies.walkers import Clock
from tests.versions import publish
from tests.walks import TOY
from wizards.models import Version


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def toy() -> Version:
    return publish(TOY)


@pytest.fixture
def reviewer() -> Client:
    return staff(groups="reviewers")
