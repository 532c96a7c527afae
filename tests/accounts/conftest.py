"""Fixtures of the sign-in: an account, and a site that requires the second step."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.accounts.signing_in import NAME, PASSWORD


@pytest.fixture
def user():
    """A superuser."""
    return User.objects.create_superuser(NAME, password=PASSWORD)


@pytest.fixture
def mfa(settings):
    """Require the second step, as every site with https does."""
    settings.STAFF_MFA = True
