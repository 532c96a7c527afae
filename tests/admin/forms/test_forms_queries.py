"""Every editing page takes as many queries for 300 nodes as for 10."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.admin.forms.editing import Form, address, editor, large
from wizards.models import Node, Procedure, Wizard

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

SIZES = (10, 300)


def pages(wizard):
    """Return the URLs of all editing pages of a wizard, by name."""
    node = Node.objects.filter(wizard=wizard)
    procedure = Procedure.objects.filter(wizards=wizard).first()
    asked = "app_label=wizards&model_name=choice&field_name=to"
    return {
        "list": "/admin/wizards/wizard/",
        "wizard": address(wizard),
        "wizard history": address(wizard, "history"),
        "delete wizard": address(wizard, "delete"),
        "nodes": "/admin/wizards/node/",
        "add": f"/admin/wizards/node/add/?wizard={wizard.pk}",
        "add question": f"/admin/wizards/node/add/?wizard={wizard.pk}&kind=question",
        "question": address(node.get(key="n1")),
        "diagnosis": address(node.get(kind="diagnosis")),
        "outcome": address(node.get(key="ok")),
        "delete": address(node.get(key="n1"), "delete"),
        "delete ok": address(node.get(key="ok"), "delete"),
        "procedures": "/admin/wizards/procedure/",
        "procedure": address(procedure),
        "delete procedure": address(procedure, "delete"),
        "targets": f"/admin/autocomplete/?{asked}&wizard={wizard.pk}",
        "versions": "/admin/wizards/version/",
    }


def queries(client, page, first=True):
    """Count the queries of a page, after a `first` request has filled the content type cache."""
    if first:
        client.get(page)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(page).status_code == 200
    return len(asked)


def test_each_page_asks_as_often_for_300_nodes_as_for_10():
    client = editor()
    small, big = (
        {name: queries(client, page, first=size == SIZES[0]) for name, page in pages(large(size)).items()}
        for size in SIZES
    )
    assert big == small


def test_the_list_asks_as_often_for_many_wizards_as_for_one():
    client = editor()
    large(10, "one")
    one = queries(client, "/admin/wizards/wizard/")
    for number in range(5):
        large(10, f"more-{number}")
    assert queries(client, "/admin/wizards/wizard/") == one


def test_a_procedure_that_many_nodes_use_asks_as_often():
    client = editor()
    asked = []
    for size in SIZES:
        wizard = large(size, f"size-{size}")
        procedure = Procedure.objects.create(key=f"shared-{size}")
        Node.objects.filter(wizard=wizard).update(procedure=procedure)
        asked.append([queries(client, address(procedure)), queries(client, address(procedure, "delete"))])
    assert asked[0] == asked[1]


def test_a_save_of_a_node_asks_as_often_in_a_large_wizard():
    client = editor()
    asked = []
    for size in SIZES:
        wizard = large(size, f"size-{size}")
        form = Form(client, address(Node.objects.get(wizard=wizard, key="n1")))
        with CaptureQueriesContext(connection) as done:
            assert form.save().status_code == 302
        asked.append(len(done))
    assert asked[0] == asked[1]


def test_a_long_wizard_fits_into_its_form():
    wizard = large(300)
    for number in range(120):
        wizard.sources.create(key=f"S{number}", fact="word " * 50, place=number)
        wizard.symptoms.create(key=f"more-{number}", label=f"More {number}", words=["some words"] * 50)
    assert Form(editor(), address(wizard)).save().status_code == 302
    assert Wizard.objects.get(pk=wizard.pk).symptoms.count() == 151
