"""What the tests of the sign-in share: an account, and a site that asks for the second step."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.accounts.signing_in import NAME, PASSWORD


@pytest.fixture
def user():
    """Give an account that may do everything."""
    return User.objects.create_superuser(NAME, password=PASSWORD)


@pytest.fixture
def mfa(settings):
    """Ask staff for the second step, as every site does that is reached by https."""
    settings.STAFF_MFA = True
