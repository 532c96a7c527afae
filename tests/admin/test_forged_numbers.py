"""Forged numbers in editors' forms and URLs."""

from __future__ import annotations

import pytest

from tests.admin.forms.editing import Form, address, editor, toy
from tests.counting import instructions
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
def test_a_forged_wizard_to_return_to_leads_to_the_list(number):
    node = Node.objects.filter(wizard=toy()).first()
    sent = {"post": "yes", "revision": node.revision, "wizard": number}
    response = editor().post(address(node, "delete"), sent)
    assert (response.status_code, response["Location"]) == (302, "/admin/wizards/node/")
    assert not Node.objects.filter(pk=node.pk).exists()


def parts() -> list[str]:
    """Return the URLs of forms with inlines: a wizard, a question, a diagnosis and a procedure."""
    wizard = toy()
    nodes = [Node.objects.get(wizard=wizard, key=key) for key in ("q", "why")]
    return [address(each) for each in (wizard, *nodes, wizard.procedures.get(key="press"))]


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize(
    ("name", "number"), [("TOTAL", 2000), ("TOTAL", 10**17), ("INITIAL", 10**5), ("TOTAL", -1), ("TOTAL", "")]
)
def test_nothing_is_saved_if_rows_are_missing(part, name, number):
    where = parts()[part]
    form = Form(editor(), where)
    before = form["title"]
    answer = forged(form, name, number).save()
    assert answer.status_code == 200
    assert "Some of these rows did not arrive, so nothing was saved." in answer.content.decode()
    assert "Hidden field" not in answer.content.decode()
    assert Form(editor(), where)["title"] == before


def test_rows_that_were_not_sent_cost_nothing():
    diagnosis = parts()[2]
    few, many = (forged(Form(editor(), diagnosis), "INITIAL", number) for number in (10, 1000))
    few.save()
    assert instructions(many.save) < 1.05 * instructions(few.save)


def forged(form: Form, name: str, number: int) -> Form:
    """Make a form claim that many rows, and another title."""
    count = next(each for each in form.fields if each.endswith(f"-{name}_FORMS"))
    form["title"], form[count] = "Another title", str(number)
    return form
