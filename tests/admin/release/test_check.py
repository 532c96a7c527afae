"""The check of a draft: each fault with its location by title, a remedy and a link to the form."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.admin.forms.editing import editor, toy
from tests.admin.walking import retarget
from wizards.models import Choice, Node, Step, Symptom

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def check_page(wizard):
    """Return the context and the text of the page."""
    response = editor().get(reverse("admin:wizards_wizard_check", args=[wizard.pk]))
    assert response.status_code == 200
    return response.context, response.content.decode()


def test_a_draft_without_faults_is_reported_as_such():
    wizard = toy()
    retarget("no", "fix")
    assert "The draft has no faults." in check_page(wizard)[1]


def test_an_error_names_the_node_by_its_title_says_what_to_do_and_links_to_the_field():
    wizard = toy()
    Choice.objects.filter(key="yes").update(to=None)
    context, _ = check_page(wizard)
    assert context["errors"] == [
        {
            "level": "error",
            "where": "question “Question q?” › choice “Choose yes”",
            "message": "“Choose yes” leads nowhere.",
            "remedy": "Choose the node it leads to.",
            "url": f"/admin/wizards/node/{Node.objects.get(key='q').pk}/change/#id_choices-0-to",
        }
    ]


def test_an_error_of_a_step_names_its_procedure():
    wizard = toy()
    Step.objects.filter(key="hold").update(title="")
    assert check_page(wizard)[0]["errors"][0]["where"] == "procedure “Procedure press” › step “hold”"


def test_an_error_of_the_wizard_itself_links_to_its_form():
    wizard = toy()
    Symptom.objects.all().delete()
    error = check_page(wizard)[0]["errors"][0]
    assert (error["where"], error["url"]) == (
        "The wizard",
        f"/admin/wizards/wizard/{wizard.pk}/change/#symptoms-group",
    )


def test_a_draft_with_warnings_only_may_be_published():
    wizard = toy()
    Node.objects.create(wizard=wizard, key="spare", kind="outcome", title="Spare", result="advice", place=9)
    context, text = check_page(wizard)
    assert [fault["where"] for fault in context["warnings"]] == ["node “Do fix”", "outcome “Spare”"]
    assert "Nothing blocks publishing." in text


def test_rows_that_make_no_document_are_reported():
    wizard = toy()
    Node.objects.filter(key="q").update(title="x" * 299 + "\u0958")
    response = editor().get(reverse("admin:wizards_wizard_check", args=[wizard.pk]))
    assert response.status_code == 409
    assert "longer than 300 characters" in response.content.decode()
