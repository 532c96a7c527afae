"""Links from a document path to a form; and drafts whose rows make no document."""

import pytest

from tests.admin.forms.editing import Form, address, editor, toy
from tests.reading import read
from wizards import flow, publishing
from wizards.admin import draft_status, form_links
from wizards.models import Choice, Node, Procedure, Wizard

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


NODE, PROCEDURE, WIZARD = "node", "procedure", "wizard"


@pytest.mark.parametrize(
    ("path", "model", "anchor"),
    [
        (("title",), WIZARD, "#id_title"),
        (("symptoms",), WIZARD, "#symptoms-group"),
        (("symptoms", 0, "to"), WIZARD, "#id_symptoms-0-to"),
        (("sources", 2, "id"), WIZARD, "#id_sources-2-key"),
        (("nodes", 0), NODE, ""),
        (("nodes", 0, "title"), NODE, "#id_title"),
        (("nodes", 0, "choices"), NODE, "#choices-group"),
        (("nodes", 0, "choices", 1), NODE, "#choices-1"),
        (("nodes", 0, "choices", 1, "to"), NODE, "#id_choices-1-to"),
        (("nodes", 0, "sources", 3), NODE, "#id_sources"),
        (("procedures", 0), PROCEDURE, ""),
        (("procedures", 0, "steps", 1, "picture", "alt"), PROCEDURE, "#id_steps-1-picture_alt"),
        (("procedures", 0, "steps", 1, "sources", 0), PROCEDURE, "#id_steps-1-sources"),
    ],
)
def test_a_path_leads_to_its_field(wizard, path, model, anchor):
    rows = form_links.read_wizard_rows(wizard, publishing.compile_draft(wizard))
    form = {
        WIZARD: wizard,
        NODE: Node.objects.get(wizard=wizard, key="q"),
        PROCEDURE: Procedure.objects.get(key="press"),
    }[model]
    origin = f"?wizard={wizard.pk}" if model == PROCEDURE else ""
    assert form_links.path_link(path, rows) == address(form) + origin + anchor


def test_every_field_that_a_link_names_is_on_its_form(wizard):
    page = editor().get(address(Node.objects.get(wizard=wizard, key="q")))
    ids = {found.get("id") for _, found in read(page).elements}
    assert {"id_title", "choices-group", "choices-1", "id_choices-1-to", "id_choices-0-key", "id_sources"} <= ids


def test_the_rows_are_read_in_two_queries(wizard, django_assert_num_queries):
    document = publishing.compile_draft(wizard)
    with django_assert_num_queries(2):
        rows = form_links.read_wizard_rows(wizard, document)
        for fault in flow.find_faults(document):
            form_links.fault_link(fault, rows)


def test_the_link_of_a_deleted_node_leads_to_its_wizard(wizard):
    document = publishing.compile_draft(wizard)
    Node.objects.filter(wizard=wizard, key="ok").delete()
    place = [node.id for node in document.nodes].index("ok")
    assert form_links.path_link(("nodes", place), form_links.read_wizard_rows(wizard, document)) == address(wizard)


def test_an_unreadable_draft_does_not_affect_the_state_of_others(wizard):
    other = toy("other")
    Choice.objects.filter(node__wizard=other).update(label="a\x07b")
    states = draft_status.draft_statuses(Wizard.objects.select_related("current"))
    assert str(states[wizard.pk]).startswith("published v1, no unpublished changes, 1 fault")
    assert "the draft cannot be read" in str(states[other.pk])


def test_an_unreadable_draft_can_be_opened_and_fixed():
    wizard = toy()
    Choice.objects.filter(node__wizard=wizard, key="yes").update(label="a\x07b")
    client = editor()
    node = Node.objects.get(wizard=wizard, key="q")
    assert client.get(address(wizard)).status_code == 200
    assert client.get(address(node, "delete")).status_code == 200
    form = Form(client, address(node))
    form["choices-0-label"] = "Yes"
    assert form.save().status_code == 302
    assert publishing.compile_draft(wizard).node("q").choices[0].label == "Yes"
