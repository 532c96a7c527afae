"""Access to calls; GET writes nothing, and pages are not cached."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from tests.customer.test_permissions import reads_only
from tests.desk.agents import addresses
from tests.reading import read
from tests.visitor import HTMX, rows
from wizards import journal
from wizards.models import Case, Session

# tests/test_roles.py and tests/hostile cover the same queries on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_colleagues_call_is_a_404_everywhere_and_nothing_changes(ann, bob):
    ann.begin()
    before = rows()
    for address in addresses(ann.session.code)[4:]:
        for method in ("get", "post"):
            assert getattr(bob.client, method)(address, {"answer": "no", "words": "x"}).status_code in {404, 405}
    assert rows()["wizards.Session"] == before["wizards.Session"]
    assert rows()["wizards.Event"] == before["wizards.Event"]


def test_an_editors_preview_is_nobodys_call(toy, lea):
    preview = journal.begin(toy, "s", "editor", Session.Channel.TEST)
    assert lea.client.get(f"/desk/{preview.code}/").status_code == 404


def test_a_lead_sees_a_colleagues_call_and_cannot_move_it_before_taking_it_over(ann, lea):
    ann.begin()
    lea.session = ann.session
    page = read(lea.see())
    assert "assigned to Ann" in page.text
    assert "Take over" in page.text
    refused = lea.answer("no")
    assert refused.status_code == 409
    assert ann.log == ["begin s"]
    assert lea.send("take/").status_code == 303
    assert lea.answer("no").status_code == 303
    assert ann.answer("no").status_code == 409


def test_no_agent_owns_a_customers_page_by_having_the_call(ann):
    ann.begin()
    assert ann.client.get(f"/s/{ann.session.code}/1/").status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_looking_writes_nothing(ann, headers):
    ann.begin("Mr X").answer("no")
    Case.objects.create(session=ann.session)
    before = rows(*apps.get_models())
    with connection.execute_wrapper(reads_only):
        for address in addresses(ann.session.code):
            ann.client.get(address, headers=headers)
            ann.client.head(address, headers=headers)
    assert rows(*apps.get_models()) == before


def test_pages_of_the_desk_are_not_stored(ann):
    ann.begin()
    addresses = ("/desk/", ann.at(), ann.at("news/"))
    assert [ann.client.get(address)["Cache-Control"] for address in addresses] == ["no-store"] * 3
