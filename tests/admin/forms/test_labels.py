"""Labels on the forms are in an editor's words."""

import pytest

from tests.admin.forms.editing import address, node
from tests.reading import read
from wizards.admin.forms import labels
from wizards.models import Node, Procedure

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def visible_labels(response):
    """Return the label of every visible field, by model and field name."""
    context = response.context
    forms = [context["adminform"].form, *(each.formset.empty_form for each in context["inline_admin_formsets"])]
    return {
        (type(form.instance), field.name): field.label
        for form in forms
        for field in form.visible_fields()
        if field.name != "DELETE"
    }


def test_every_field_has_a_label_in_an_editors_words(client, wizard):
    rows = [wizard, *(node(wizard, key) for key in ("q", "why", "fix", "ok")), Procedure.objects.get(key="press")]
    visible = [(key, label) for row in rows for key, label in visible_labels(client.get(address(row))).items()]
    assert len({key for key, _ in visible}) > 30
    form_labels = {"picture": "Picture", "upload": "Or a new picture", "procedure": "Procedure"}  # said by their forms
    for (model, name), label in visible:
        known = {labels.field_labels(model, name).get("label"), form_labels.get(name)}
        known |= {edges[name][0] for edges in labels.EDGE_FIELDS.values() if name in edges and model is Node}
        assert label in known, f"{model.__name__}.{name} is called “{label}”"


def test_the_edges_of_a_node_are_labelled_for_its_kind(client, wizard):
    labels_by_node = [visible_labels(client.get(address(node(wizard, key)))) for key in ("fix", "why")]
    assert [each[Node, "failed"] for each in labels_by_node] == [
        "If it did not work, go to",
        "When nothing on the list helped, go to",
    ]


def test_a_node_that_does_a_procedure_is_never_called_a_procedure(client, wizard):
    assert "Procedure page in Toy" in read(client.get(address(node(wizard, "fix")))).text
    page = read(client.get(address(wizard))).text
    assert "Add a node: procedure page" in page
    assert page.count("Add a node: procedure") == page.count("Add a node: procedure page")
