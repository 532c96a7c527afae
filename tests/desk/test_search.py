"""The desk's search while an agent types: each request looks up only what it shows."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.reading import read
from tests.visitor import HTMX, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """The browser of a lead with a call."""
    publish()
    user = User.objects.create(username="lea", is_staff=True)
    user.groups.add(Group.objects.get(name="leads"))
    client = Client()
    client.force_login(user)
    assert client.post("/desk/begin/", {"way": "toy/s", "caller": "Mrs Example"}).status_code == 303
    return client


def asked_for(client: Client, **options) -> set[str]:
    """Return the tables of calls and cases that a search queries."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/desk/find/", {"q": "does not work"}, **options)
    assert "It does not work" in read(response).text
    tables = ("wizards_call", "wizards_case", "wizards_handling")
    return {table for table in tables if any(table in each["sql"] for each in queries.captured_queries)}


def test_a_letter_typed_asks_for_no_call_and_no_case(client):
    assert asked_for(client, headers=HTMX) == set()


def test_the_whole_page_lists_them_beside_what_was_found(client):
    assert {"wizards_call", "wizards_case"} <= asked_for(client)
    assert "Mrs Example" in read(client.get("/desk/find/", {"q": "does not work"})).text
