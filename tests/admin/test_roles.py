"""Permissions of the roles, and what the admin keeps from them. (Access to each page: tests/roles.py.)"""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client

from tests.admin.forms.editing import address, editor, toy
from wizards.models import Event, Session, Wizard, Words

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

DRAFTS = {"wizard", "symptom", "source", "node", "choice", "cause", "procedure", "step", "wizardprocedure"}


def rights(group):
    found = Permission.objects.filter(group__name=group)
    return {(permission.content_type.app_label, permission.codename) for permission in found}


def test_editors_may_change_drafts_add_pictures_and_look_at_versions():
    drafts = {f"{what}_{model}" for model in DRAFTS for what in ("add", "change", "delete", "view")}
    wanted = drafts | {"add_picture", "view_picture", "view_version"}
    assert rights("editors") == {("wizards", name) for name in wanted}


@pytest.mark.parametrize("group", ["agents", "reviewers"])
def test_agents_and_reviewers_may_change_nothing(group):
    models = DRAFTS | {"picture", "version", "session", "event", "words"}
    assert not {("wizards", f"{what}_{model}") for model in models for what in ("add", "change", "delete")} & rights(
        group
    )


@pytest.mark.parametrize("model", ["wizard", "node", "procedure", "picture"])
@pytest.mark.parametrize("place", ["abc/change", "abc/delete", "abc/history", "abc/actions/a", "actions/a"])
def test_an_address_that_names_no_row_leads_to_a_page_that_says_so(model, place):
    response = editor().get(f"/admin/wizards/{model}/{place}/", follow=True)
    assert response.status_code == 200
    assert "doesn’t exist. Perhaps it was deleted?" in response.content.decode()


@pytest.mark.parametrize("model", [Session, Event, Words])
def test_sessions_events_and_customers_words_are_not_in_the_admin(model):
    assert not admin.site.is_registered(model)


def test_an_editor_reads_no_words_of_customers_anywhere_in_the_admin():
    wizard = toy()
    customer = Client()
    place = customer.post("/begin/toy/s/").url
    customer.post(f"{place}remark/", {"words": "my name is Winterbottom"})
    assert Words.objects.filter(text__contains="Winterbottom").exists()
    client = editor()
    shown = [client.get(page).content.decode() for page in (address(wizard), "/admin/", "/admin/wizards/version/")]
    assert not any("Winterbottom" in page for page in shown)


def test_a_wizard_of_the_list_is_not_archived_by_a_forged_form():
    wizard = toy()
    form = {"title": "Toy", "slug": "toy", "language": "en", "archived": "on", "revision": wizard.revision}
    for inline in ("symptoms", "sources", "wizardprocedure_set"):
        form |= {f"{inline}-TOTAL_FORMS": 0, f"{inline}-INITIAL_FORMS": 0}
    assert editor().post(address(wizard), form).status_code == 302
    assert not Wizard.objects.get(pk=wizard.pk).archived
