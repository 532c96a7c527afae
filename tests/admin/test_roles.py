"""Who may do what in the admin."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from tests.admin.forms import address, editor, toy
from wizards.models import Event, Node, Procedure, Session, Wizard, Words

pytestmark = pytest.mark.django_db

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


def pages():
    wizard = toy()
    node = Node.objects.get(wizard=wizard, key="q")
    procedure = Procedure.objects.get(key="press")
    for row in (wizard, node, procedure):
        model = row._meta.model_name
        yield from (address(row), address(row, "delete"), address(row, "history"))
        yield from (f"/admin/wizards/{model}/", f"/admin/wizards/{model}/add/")
    yield f"/admin/wizards/node/add/?wizard={wizard.pk}&kind=question"
    yield "/admin/wizards/version/"


def test_an_editor_opens_every_page_of_editing():
    client = editor()
    assert {client.get(page).status_code for page in pages()} == {200}


@pytest.mark.parametrize("group", ["agents", "reviewers"])
def test_agents_and_reviewers_open_none(group):
    user = User.objects.create_user("someone", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    assert {client.get(page).status_code for page in pages()} == {403}


def test_who_is_not_signed_in_is_asked_to():
    assert {Client().get(page).status_code for page in pages()} == {302}


@pytest.mark.parametrize("model", [Session, Event, Words])
def test_what_customers_did_and_said_is_not_in_the_admin(model):
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
