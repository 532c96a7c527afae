"""Fixtures for the desk: a published toy, two agents and a lead."""

from __future__ import annotations

import pytest

from tests.desk.agents import Agent
from tests.visitor import publish


@pytest.fixture
def toy(db):
    return publish()


@pytest.fixture
def ann(toy):
    return Agent("ann")


@pytest.fixture
def bob(toy):
    return Agent("bob")


@pytest.fixture
def lea(toy):
    return Agent("lea", "leads")
