"""What the tests of the customer's pages share."""

import pytest

from tests.visitor import Visitor, publish


@pytest.fixture
def visitor(db):
    """Give a visitor at the first page of a session through the toy."""
    publish()
    return Visitor().begin()
