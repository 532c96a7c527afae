"""The faults of a draft on the change forms, and after a save."""

import pytest

from tests.admin.forms.editing import address, form, messages, node, toy
from tests.reading import read
from wizards.models import Choice, Procedure, Symptom

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_the_page_shows_the_faults_of_its_node(client, wizard):
    Choice.objects.filter(node=node(wizard, "q"), key="yes").update(to=None)
    assert "“Choose yes” leads nowhere." in read(client.get(address(node(wizard, "q")))).text
    assert "leads nowhere" not in read(client.get(address(node(wizard, "ok")))).text


@pytest.mark.parametrize("button", ["_continue", "_save"])
def test_a_save_lists_a_fault_once_by_title_with_a_link_to_its_field(client, wizard, button):
    page = form(client, wizard, "q")
    page["choices-0-to"] = ""
    page_after_save = read(messages(client, page.save(button)))
    assert "Question “Question q?” › choice “Choose yes” “Choose yes” leads nowhere." in page_after_save.text
    assert page_after_save.text.count("leads nowhere") == 1
    assert f"{address(node(wizard, 'q'))}#id_choices-0-to" in page_after_save.links


def test_a_save_lists_five_faults_at_most_and_says_how_many_more_there_are(client, wizard):
    page = form(client, wizard, "q")
    for _ in range(7):
        page.add("choices", label="More")
    page_after_save = read(messages(client, page.save("_save")))
    # Seven lead nowhere, six are labelled like the first, and one node is reached by nothing.
    assert len([link for link in page_after_save.links if "#id_choices-" in link]) == 5
    assert "And 9 more faults" in page_after_save.text


def test_a_nodes_page_says_how_many_faults_there_are_elsewhere(client, wizard):
    Symptom.objects.filter(wizard=wizard).update(to=None)
    assert "Elsewhere in this wizard: 5 faults" in read(client.get(address(node(wizard, "q")))).text


def test_a_faultless_save_lists_nothing(client, wizard):
    page = form(client, wizard, "q")
    page["choices-1-to"] = node(wizard, "fix").pk
    page_after_save = read(messages(client, page.save()))
    assert not page_after_save.all("ul", **{"class": "faults"})
    assert "Elsewhere" not in page_after_save.text


def test_a_procedures_page_lists_its_faults_once_however_many_wizards_use_it(client, wizard):
    toy("other")
    row = Procedure.objects.get(key="press")
    row.steps.update(title="")
    page_after_save = read(client.get(address(row)))
    assert page_after_save.text.count("A step has no title.") == 2
    assert {link.partition("#")[2] for link in page_after_save.links} >= {"id_steps-0-title", "id_steps-1-title"}
