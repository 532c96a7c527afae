"""The wizard page: state, parts, search words and links."""

import pytest

from tests.admin.forms.editing import Form, address, document, editor, messages, toy
from tests.reading import read
from wizards import flow
from wizards.models import Node, Symptom, Wizard

pytestmark = pytest.mark.django_db


def test_the_state_says_what_is_published_and_what_changed_since(client, wizard):
    assert "published v1" in read(client.get(address(wizard))).text
    Node.objects.filter(wizard=wizard, key="q").update(title="Is it on?")
    Symptom.objects.filter(wizard=wizard).update(to=None)
    text = read(client.get(address(wizard))).text
    # Without its way in every node is beyond reach, too: warnings.
    assert "published v1 2 unpublished changes 6 faults: 1 error, 5 warnings" in text


def test_the_list_says_the_same_for_every_wizard(client, wizard):
    toy("other")
    Node.objects.filter(wizard=wizard, key="q").update(title="Is it on?")
    text = read(client.get("/admin/wizards/wizard/")).text
    assert "published v1, 1 unpublished change, 1 fault: no errors, 1 warning" in text
    assert "published v1, no unpublished changes, 1 fault: no errors, 1 warning" in text


def test_a_wizard_that_was_never_published_says_so(client):
    bare = Wizard.objects.create(slug="bare", title="Bare")
    assert "not published yet" in read(client.get(address(bare))).text


def test_the_nodes_are_listed_by_kind_with_a_link_to_add_each_kind(client, wizard):
    page = read(client.get(address(wizard)))
    listed = {address(row) for row in Node.objects.filter(wizard=wizard)}
    assert listed
    assert listed <= page.links
    added = {f"/admin/wizards/node/add/?wizard={wizard.pk}&kind={kind}" for kind in flow.KINDS}
    assert added
    assert added <= page.links


@pytest.mark.parametrize(("action", "place"), [("compare", "compare/1/draft/"), ("export", "export/draft.yaml")])
def test_an_action_leads_to_its_page(client, wizard, action, place):
    assert f"/admin/wizards/wizard/{wizard.pk}/actions/{action}/" in read(client.get(address(wizard))).links
    response = client.get(f"/admin/wizards/wizard/{wizard.pk}/actions/{action}/")
    assert response["Location"] == f"/admin/wizards/wizard/{wizard.pk}/{place}"


def test_an_action_is_for_editors_only(wizard):
    stranger = editor("stranger")
    user = stranger.get("/admin/").wsgi_request.user
    user.groups.clear()
    assert stranger.get(f"/admin/wizards/wizard/{wizard.pk}/actions/export/").status_code == 403


def test_search_words_are_one_a_line_and_sent_back_as_they_were(client, wizard):
    page = Form(client, address(wizard))
    page["symptoms-0-words"] = "dead\r\n\r\n  no light  \r\n"
    page.save()
    assert Symptom.objects.get(wizard=wizard).words == ("dead", "no light")
    assert Form(client, address(wizard))["symptoms-0-words"] == "dead\nno light"


def test_symptoms_are_ordered_by_their_place_and_keep_their_keys(client, wizard):
    page = Form(client, address(wizard))
    page.add("symptoms", label="It is dark", place=1)
    page["symptoms-0-place"] = 2
    page.save()
    assert [symptom.id for symptom in document(wizard).symptoms] == ["it-is-dark", "s"]


def test_a_new_wizard_is_made_from_its_title(client):
    page = Form(client, "/admin/wizards/wizard/add/")
    page["title"] = "My new Door bell"
    page.save()
    assert Wizard.objects.get().slug == "my-new-door-bell"


@pytest.mark.parametrize("button", ["_save", "_continue"])
def test_a_new_wizard_redirects_to_its_page_where_its_parts_are_added(client, button):
    page = Form(client, "/admin/wizards/wizard/add/")
    page["title"] = "My new Door bell"
    response = page.save(button)
    assert response["Location"] == address(Wizard.objects.get())
    assert "Now add its parts below." in messages(client, response)


def test_the_first_page_says_where_an_editor_begins(client):
    assert '<a href="/admin/wizards/wizard/">wizards</a>' in client.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("kind", "name"), [("wizard", "URL name (slug)"), ("node", "Permanent name"), ("procedure", "Permanent name")]
)
def test_a_list_calls_a_name_what_the_form_calls_it(client, wizard, kind, name):
    assert name in client.get(f"/admin/wizards/{kind}/").content.decode()


def test_the_archived_flag_is_not_on_the_form(client, wizard):
    assert "archived" not in Form(client, address(wizard))


def test_there_is_no_compare_before_anything_is_published(client, wizard):
    bare = Wizard.objects.create(slug="bare", title="Bare")
    assert "Compare" in read(client.get(address(wizard))).text
    assert "Compare" not in read(client.get(address(bare))).text


@pytest.mark.parametrize("place", ["{}/change/", "add/"])
def test_a_wizards_page_offers_no_button_that_adds_another(client, wizard, place):
    page = read(client.get(f"/admin/wizards/wizard/{place.format(wizard.pk)}"))
    assert page.all("input", name="_continue")
    assert not page.all("input", name="_addanother")
