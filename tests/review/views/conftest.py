"""Fixtures of the page tests: the clock, a toy published from a draft, and a reviewer."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.review.conftest import clock
from tests.staff import staff
from tests.versions import publish_draft
from tests.walks import TOY
from wizards.models import Version

__all__ = ["clock"]


@pytest.fixture
def toy() -> Version:
    """Published from a draft, because these pages link editors to it."""
    return publish_draft(TOY)


@pytest.fixture
def reviewer() -> Client:
    return staff(groups="reviewers")
