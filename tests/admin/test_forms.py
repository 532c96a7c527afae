"""The forms of wizards and nodes: what they show, what they save, and what they refuse."""

import pytest

from tests.admin.forms import Form, address, editor, messages, shown_errors, toy
from tests.reading import read
from wizards import flow, publishing
from wizards.admin import words
from wizards.models import Choice, Node, Procedure, Symptom, Wizard

pytestmark = pytest.mark.django_db


@pytest.fixture
def wizard():
    return toy()


@pytest.fixture
def client():
    return editor()


def node(wizard, key):
    return Node.objects.get(wizard=wizard, key=key)


def document(wizard):
    return publishing.compile_draft(Wizard.objects.get(pk=wizard.pk))


def form(client, wizard, key):
    return Form(client, address(node(wizard, key)))


# --- A form that is saved as it was opened changes nothing -----------------------------------------------------------


@pytest.mark.parametrize("key", ["q", "why", "fix", "ok"])
def test_saving_a_node_as_it_was_opened_changes_nothing(client, wizard, key):
    before = document(wizard)
    assert form(client, wizard, key).save().status_code == 302
    assert document(wizard) == before


def test_saving_a_wizard_as_it_was_opened_changes_nothing(client, wizard):
    before = document(wizard)
    assert Form(client, address(wizard)).save().status_code == 302
    assert document(wizard) == before


# --- The wizard's page -----------------------------------------------------------------------------------------------


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


def test_the_nodes_are_listed_by_kind_with_a_way_to_add_each_kind(client, wizard):
    page = read(client.get(address(wizard)))
    assert {address(row) for row in Node.objects.filter(wizard=wizard)} <= page.links
    added = {f"/admin/wizards/node/add/?wizard={wizard.pk}&kind={kind}" for kind in flow.KINDS}
    assert added <= page.links


@pytest.mark.parametrize("place", ["map", "check", "publish"])
def test_an_action_leads_to_its_page(client, wizard, place):
    response = client.get(f"/admin/wizards/wizard/{wizard.pk}/actions/open_{place}/")
    assert response.status_code == 302


def test_an_action_is_for_editors_only(wizard):
    stranger = editor("stranger")
    user = stranger.get("/admin/").wsgi_request.user
    user.groups.clear()
    assert stranger.get(f"/admin/wizards/wizard/{wizard.pk}/actions/open_check/").status_code == 403


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
def test_a_new_wizard_leads_to_its_own_page_where_its_parts_are_added(client, button):
    page = Form(client, "/admin/wizards/wizard/add/")
    page["title"] = "My new Door bell"
    response = page.save(button)
    assert response["Location"] == address(Wizard.objects.get())
    assert "Now add its parts below." in messages(client, response)


def test_the_first_page_says_where_an_editor_begins(client):
    assert '<a href="/admin/wizards/wizard/">wizards</a>' in client.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("kind", "name"), [("wizard", "Name in addresses"), ("node", "Permanent name"), ("procedure", "Permanent name")]
)
def test_a_list_calls_a_name_what_the_form_calls_it(client, wizard, kind, name):
    assert name in client.get(f"/admin/wizards/{kind}/").content.decode()


def test_the_archived_flag_is_not_on_the_form(client, wizard):
    assert "archived" not in Form(client, address(wizard))


# --- A node's page ---------------------------------------------------------------------------------------------------


def test_a_node_is_added_after_its_kind_is_chosen(client, wizard):
    page = read(client.get(f"/admin/wizards/node/add/?wizard={wizard.pk}"))
    assert [button["value"] for button in page.all("button", name="kind")] == list(flow.KINDS)


def test_a_new_node_without_a_wizard_asks_for_it_first(client, wizard):
    page = read(client.get("/admin/wizards/node/add/?kind=outcome"))
    assert {"value": str(wizard.pk)} in page.all("option")


def test_a_new_node_gets_its_key_from_its_title_and_stands_last(client, wizard):
    for title in ("Is it on?", "Is it on?", "日本"):
        page = Form(client, f"/admin/wizards/node/add/?wizard={wizard.pk}&kind=question")
        page["title"] = title
        page.save()
    assert [each.id for each in document(wizard).nodes][-3:] == ["is-it-on", "is-it-on-2", "node"]


def test_a_key_that_is_taken_in_the_wizard_is_refused_and_one_of_another_wizard_is_not(client, wizard):
    other = Wizard.objects.create(slug="other")
    for owner, status in ((wizard, 200), (other, 302)):
        page = Form(client, f"/admin/wizards/node/add/?wizard={owner.pk}&kind=question")
        page["key"] = "ok"
        assert page.save().status_code == status


def test_the_key_stays_whatever_is_sent(client, wizard):
    page = form(client, wizard, "q")
    page["title"] = "Renamed"
    page.save(key="other", **{"choices-0-key": "other"})
    assert node(wizard, "q").title == "Renamed"
    assert [choice.id for choice in document(wizard).node("q").choices] == ["yes", "no"]


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("q", {"title", "key", "text", "say", "note", "sources"}),
        ("why", {"title", "key", "text", "say", "note", "sources", "worked", "failed"}),
        (
            "fix",
            {"title", "key", "text", "say", "note", "sources", "procedure", "worked", "failed", "blocked", "declined"},
        ),
        ("ok", {"title", "key", "text", "say", "note", "sources", "result"}),
    ],
)
def test_a_node_shows_the_fields_of_its_kind_only(client, wizard, key, fields):
    shown = set(form(client, wizard, key).response.context["adminform"].form.fields)
    assert shown - {"revision"} == fields


@pytest.mark.parametrize(("key", "inlines"), [("q", ["choices"]), ("why", ["causes"]), ("fix", []), ("ok", [])])
def test_a_question_has_choices_and_a_diagnosis_causes(client, wizard, key, inlines):
    formsets = form(client, wizard, key).response.context["inline_admin_formsets"]
    assert [each.formset.prefix for each in formsets] == inlines


def test_an_outcome_needs_a_result(client, wizard):
    page = Form(client, f"/admin/wizards/node/add/?wizard={wizard.pk}&kind=outcome")
    page["title"] = "The end"
    assert "This field is required." in shown_errors(page.save())[0]


def test_new_choices_get_keys_that_are_unique_within_the_question(client, wizard):
    page = form(client, wizard, "q")
    page.add("choices", label="Yes")
    page.add("choices", label="Not sure")
    page.add("choices", label="Not sure ")
    page.save()
    keys = [choice.id for choice in document(wizard).node("q").choices]
    assert keys == ["yes", "no", "yes-2", "not-sure", "not-sure-2"]


def test_a_key_that_is_typed_twice_is_refused(client, wizard):
    page = form(client, wizard, "q")
    page.add("choices", label="Again", key="yes")
    assert "“yes” is taken" in " ".join(shown_errors(page.save()))


def test_a_cause_is_never_called_none(client, wizard):
    page = form(client, wizard, "why")
    page.add("causes", label="None")
    typed = form(client, wizard, "why")
    typed.add("causes", label="Typed", key="none")
    assert page.save().status_code == 302
    assert [cause.id for cause in document(wizard).node("why").causes][-1] == "none-2"
    assert typed.save().status_code == 200


def test_a_row_that_was_added_and_left_empty_is_not_saved(client, wizard):
    page = form(client, wizard, "q")
    page.add("choices", place=3)
    page.save()
    assert len(document(wizard).node("q").choices) == 2


def test_choices_are_reordered_and_keep_their_keys(client, wizard):
    page = form(client, wizard, "q")
    page["choices-0-place"], page["choices-1-place"] = 2, 1
    page.save()
    assert [(each.id, each.to) for each in document(wizard).node("q").choices] == [("no", "why"), ("yes", "ok")]


def test_a_choice_is_deleted(client, wizard):
    form(client, wizard, "q").save(**{"choices-0-DELETE": "on"})
    assert [choice.id for choice in document(wizard).node("q").choices] == ["no"]


def test_the_key_of_a_choice_that_is_deleted_is_free_again(client, wizard):
    page = form(client, wizard, "q")
    page.add("choices", label="Other", key="yes")
    response = page.save(**{"choices-0-DELETE": "on"})
    assert response.status_code == 302, shown_errors(response)
    assert [choice.label for choice in document(wizard).node("q").choices] == ["Choose no", "Other"]


def test_a_target_in_another_wizard_is_refused(client, wizard):
    foreign = node(toy("other"), "ok")
    page = form(client, wizard, "q")
    page["choices-0-to"] = foreign.pk
    assert "not among this wizard’s own" in " ".join(shown_errors(page.save()))
    page = form(client, wizard, "fix")
    page["worked"] = foreign.pk
    assert "not among this wizard’s own" in " ".join(shown_errors(page.save()))


@pytest.mark.parametrize("value", ["x", "-1", "²", "99999999999999999999"])
def test_a_forged_target_is_refused(client, wizard, value):
    page = form(client, wizard, "q")
    page["choices-0-to"] = value
    assert page.save().status_code == 200


def found(client, **query):
    asked = {"app_label": "wizards", "model_name": "choice", "field_name": "to"}
    answer = client.get("/admin/autocomplete/", asked | query).json()
    return {int(each["id"]) for each in answer["results"]}


def test_the_search_for_a_target_stays_within_the_wizard(client, wizard):
    toy("other")
    assert found(client, term="End", wizard=wizard.pk) == {node(wizard, "ok").pk, node(wizard, "human").pk}
    assert len(found(client, term="End")) == 4


def test_the_form_names_the_wizard_to_the_search_and_to_the_form_behind_plus(client, wizard):
    page = read(form(client, wizard, "q").response)
    select = page.all("select", name="choices-0-to")[0]
    assert select["data-ajax--url"].endswith(f"/autocomplete/?wizard={wizard.pk}")
    plus = page.all("a", id="add_id_choices-0-to")[0]
    assert plus["href"].endswith(f"_popup=1&wizard={wizard.pk}")


def test_what_was_added_behind_plus_comes_back_as_the_target(client, wizard):
    page = Form(client, f"/admin/wizards/node/add/?_to_field=id&_popup=1&wizard={wizard.pk}&kind=question")
    page["title"] = "Added beside"
    response = page.save("_save")
    assert f'"value": "{node(wizard, "added-beside").pk}"' in response.context["popup_response_data"]


def test_the_page_says_from_where_the_node_is_reached(client, wizard):
    page = read(client.get(address(node(wizard, "why"))))
    assert "Question q? › Choose no" in page.text
    assert f"{address(node(wizard, 'q'))}#id_choices-1-to" in page.links


def test_the_page_shows_the_faults_of_its_node(client, wizard):
    Choice.objects.filter(node=node(wizard, "q"), key="yes").update(to=None)
    assert "“Choose yes” leads nowhere." in read(client.get(address(node(wizard, "q")))).text
    assert "leads nowhere" not in read(client.get(address(node(wizard, "ok")))).text


def test_the_page_that_deletes_a_node_says_what_follows(client, wizard):
    page = read(client.get(address(node(wizard, "why"), "delete")))
    assert "Question q? › Choose no" in page.text
    assert "Nobody will be able to reach these any more: End human" in page.text
    assert "End ok" not in page.text


def test_a_node_is_deleted_and_the_answers_to_it_lead_nowhere(client, wizard):
    why = node(wizard, "why")
    response = client.post(address(why, "delete"), {"post": "yes", "revision": why.revision, "wizard": wizard.pk})
    assert response.url == address(wizard)
    assert [choice.to for choice in document(wizard).node("q").choices] == ["ok", ""]


# --- Faults after a save ---------------------------------------------------------------------------------------------


def test_a_save_tells_a_fault_once_by_title_with_a_link_to_what_mends_it(client, wizard):
    for button in ("_continue", "_save"):
        page = form(client, wizard, "q")
        page["choices-0-to"] = ""
        shown = read(messages(client, page.save(button)))
        assert "Question “Question q?” › choice “Choose yes” “Choose yes” leads nowhere." in shown.text, button
        assert shown.text.count("leads nowhere") == 1, button
        assert f"{address(node(wizard, 'q'))}#id_choices-0-to" in shown.links, button


def test_a_save_lists_five_faults_at_most_and_says_how_many_more_there_are(client, wizard):
    page = form(client, wizard, "q")
    for _ in range(7):
        page.add("choices", label="More")
    shown = read(messages(client, page.save("_save")))
    # Seven lead nowhere, six are labelled like the first, and one node is reached by nothing.
    assert len([link for link in shown.links if "#id_choices-" in link]) == 5
    assert "And 9 more faults" in shown.text


def test_a_nodes_page_says_how_many_faults_there_are_elsewhere(client, wizard):
    Symptom.objects.filter(wizard=wizard).update(to=None)
    assert "Elsewhere in this wizard: 5 faults" in read(client.get(address(node(wizard, "q")))).text


def test_a_faultless_save_lists_nothing(client, wizard):
    page = form(client, wizard, "q")
    page["choices-1-to"] = node(wizard, "fix").pk
    shown = read(messages(client, page.save()))
    assert not shown.all("ul", **{"class": "faults"})
    assert "Elsewhere" not in shown.text


# --- Procedures ------------------------------------------------------------------------------------------------------


def test_a_procedure_leads_back_to_the_wizard_from_which_one_came(client, wizard):
    other = toy("other")
    row = Procedure.objects.get(key="press")
    came_from = f"{address(row)}?wizard={other.pk}"
    assert came_from in read(client.get(address(other))).links
    assert Form(client, came_from).save("_save").url == address(other)
    assert Form(client, came_from).save("_continue").url == came_from


def test_a_new_procedure_leads_back_to_the_wizard_from_which_one_came(client, wizard):
    page = Form(client, f"/admin/wizards/procedure/add/?wizard={wizard.pk}")
    page["title"] = "Dry it"
    stayed = page.save("_continue").url
    assert stayed == f"{address(Procedure.objects.get(title='Dry it'))}?wizard={wizard.pk}"
    assert Form(client, stayed).save("_save").url == address(wizard)
    assert page.save("_save").url == address(wizard)


def test_a_procedure_leads_to_the_one_wizard_that_uses_it_and_to_the_list_where_several_do(client, wizard):
    row = Procedure.objects.get(key="press")
    assert Form(client, address(row)).save("_save").url == address(wizard)
    toy("other")
    assert Form(client, address(row)).save("_save").url == "/admin/wizards/procedure/"


def test_a_procedures_page_tells_its_faults_once_however_many_wizards_use_it(client, wizard):
    toy("other")
    row = Procedure.objects.get(key="press")
    row.steps.update(title="")
    shown = read(client.get(address(row)))
    assert shown.text.count("A step has no title.") == 2
    assert {link.partition("#")[2] for link in shown.links} >= {"id_steps-0-title", "id_steps-1-title"}


# --- Words -----------------------------------------------------------------------------------------------------------


def labels(response):
    """Return the labels of every field that a form shows, with the form's model and the field's name."""
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
    shown = [(key, label) for row in rows for key, label in labels(client.get(address(row))).items()]
    own = {"picture": "Picture", "upload": "Or a new picture", "procedure": "Procedure"}  # said by their forms
    for (model, name), label in shown:
        known = {words.of_field(model, name).get("label"), own.get(name)}
        known |= {ways[name][0] for ways in words.WAYS.values() if name in ways and model is Node}
        assert label in known, f"{model.__name__}.{name} is called “{label}”"


def test_the_ways_of_a_node_are_called_by_what_they_mean_for_its_kind(client, wizard):
    found = [labels(client.get(address(node(wizard, key)))) for key in ("fix", "why")]
    assert [each[Node, "failed"] for each in found] == [
        "If it did not work, go to",
        "When nothing on the list helped, go to",
    ]


def test_a_node_that_does_a_procedure_is_never_called_a_procedure(client, wizard):
    assert "Do a procedure in Toy" in read(client.get(address(node(wizard, "fix")))).text
    page = read(client.get(address(wizard))).text
    assert "Add a node: do a procedure" in page
    assert "Add a node: procedure" not in page


def test_there_is_no_compare_before_anything_is_published(client, wizard):
    bare = Wizard.objects.create(slug="bare", title="Bare")
    assert "Compare" in read(client.get(address(wizard))).text
    assert "Compare" not in read(client.get(address(bare))).text


def test_a_wizards_page_offers_no_button_that_adds_another(client, wizard):
    for place in (address(wizard), "/admin/wizards/wizard/add/"):
        assert read(client.get(place)).all("input", name="_continue")
        assert not read(client.get(place)).all("input", name="_addanother")


# --- Markdown --------------------------------------------------------------------------------------------------------


def test_markdown_is_shown_as_readers_will_see_it(client):
    answer = client.post("/admin/wizards/node/markdown/", {"text": "**bold** <script>x</script>"})
    assert answer.content.decode() == "<p><strong>bold</strong> &lt;script&gt;x&lt;/script&gt;</p>"


def test_markdown_is_shown_to_editors_only(client):
    user = client.get("/admin/").wsgi_request.user
    user.groups.clear()
    assert client.post("/admin/wizards/node/markdown/", {"text": "a"}).status_code == 403


def test_nothing_is_inline_on_the_forms(client, wizard):
    for row in (wizard, *Node.objects.filter(wizard=wizard)):
        assert read(client.get(address(row))).inline == []
        assert read(client.get(address(row, "delete"))).inline == []
