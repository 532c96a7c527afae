"""Where a procedure's page returns to."""

import pytest

from tests.admin.forms.editing import Form, address, toy
from tests.reading import read
from wizards.models import Procedure

pytestmark = pytest.mark.django_db


def test_a_procedure_returns_to_the_wizard_it_was_opened_from(client, wizard):
    other = toy("other")
    row = Procedure.objects.get(key="press")
    came_from = f"{address(row)}?wizard={other.pk}"
    assert came_from in read(client.get(address(other))).links
    assert Form(client, came_from).save("_save").url == address(other)
    assert Form(client, came_from).save("_continue").url == came_from


def test_a_new_procedure_returns_to_the_wizard_it_was_added_from(client, wizard):
    page = Form(client, f"/admin/wizards/procedure/add/?wizard={wizard.pk}")
    page["title"] = "Dry it"
    stayed = page.save("_continue").url
    assert stayed == f"{address(Procedure.objects.get(title='Dry it'))}?wizard={wizard.pk}"
    assert Form(client, stayed).save("_save").url == address(wizard)
    assert page.save("_save").url == address(wizard)


def test_a_procedure_returns_to_the_only_wizard_that_uses_it_and_else_to_the_list(client, wizard):
    row = Procedure.objects.get(key="press")
    assert Form(client, address(row)).save("_save").url == address(wizard)
    toy("other")
    assert Form(client, address(row)).save("_save").url == "/admin/wizards/procedure/"
