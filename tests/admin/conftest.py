"""Fixtures for the tests of editing: a published wizard, and an editor's client."""

import pytest
from django.test import Client

from tests.admin.forms.editing import editor, toy
from wizards.models import Wizard


@pytest.fixture
def wizard() -> Wizard:
    return toy()


@pytest.fixture
def client() -> Client:
    return editor()
