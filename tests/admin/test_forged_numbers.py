"""Editors' forms and addresses with numbers that are none, or that nothing here has."""

from __future__ import annotations

import pytest

from tests.admin.forms import address, editor, toy
from wizards.models import Node

pytestmark = pytest.mark.django_db

FORGED = ["9" * 5000, "9" * 19, "-1", "²", "one", ""]


@pytest.mark.parametrize("number", FORGED)
def test_a_node_is_deleted_by_its_newest_revision_alone(number):
    node = Node.objects.filter(wizard=toy()).first()
    response = editor().post(address(node, "delete"), {"post": "yes", "revision": number})
    assert response.status_code == 302
    assert Node.objects.filter(pk=node.pk).exists()


@pytest.mark.parametrize("number", FORGED)
def test_a_wizard_to_go_on_to_that_is_none_leads_to_the_list(number):
    node = Node.objects.filter(wizard=toy()).first()
    sent = {"post": "yes", "revision": node.revision, "wizard": number}
    response = editor().post(address(node, "delete"), sent)
    assert (response.status_code, response["Location"]) == (302, "/admin/wizards/node/")
    assert not Node.objects.filter(pk=node.pk).exists()
