"""What the tests of the review pages share: the clock, a published toy, and a reviewer."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.review.conftest import clock, toy
from tests.staff import staff

__all__ = ["clock", "reviewer", "toy"]


@pytest.fixture
def reviewer() -> Client:
    return staff(groups="reviewers")
