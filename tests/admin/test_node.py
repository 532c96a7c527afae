"""The node page: fields of each kind, keys, choices and causes, and targets."""

import pytest

from tests.admin.forms.editing import Form, address, document, form, form_errors, node, toy
from tests.reading import read
from wizards import flow
from wizards.models import Choice, Node, Step, Wizard

pytestmark = pytest.mark.django_db


def test_a_node_is_added_after_its_kind_is_chosen(client, wizard):
    page = read(client.get(f"/admin/wizards/node/add/?wizard={wizard.pk}"))
    assert [button["value"] for button in page.all("button", name="kind")] == list(flow.KINDS)


def test_a_new_node_without_a_wizard_asks_for_it_first(client, wizard):
    page = read(client.get("/admin/wizards/node/add/?kind=outcome"))
    assert {"value": str(wizard.pk)} in page.all("option")


def test_a_new_node_gets_its_key_from_its_title_and_comes_last(client, wizard):
    for title in ("Is it on?", "Is it on?", "日本"):
        page = Form(client, f"/admin/wizards/node/add/?wizard={wizard.pk}&kind=question")
        page["title"] = title
        page.save()
    assert [each.id for each in document(wizard).nodes][-3:] == ["is-it-on", "is-it-on-2", "node"]


def test_a_key_that_is_taken_in_the_wizard_is_refused_and_one_of_another_wizard_is_not(client, wizard):
    other = Wizard.objects.create(slug="other")
    statuses = []
    for owner in (wizard, other):
        page = Form(client, f"/admin/wizards/node/add/?wizard={owner.pk}&kind=question")
        page["key"] = "ok"
        statuses.append(page.save().status_code)
    assert statuses == [200, 302]


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
    assert "This field is required." in form_errors(page.save())[0]


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
    assert "“yes” is taken" in " ".join(form_errors(page.save()))


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
    assert response.status_code == 302, form_errors(response)
    assert [choice.label for choice in document(wizard).node("q").choices] == ["Choose no", "Other"]


def test_a_target_in_another_wizard_is_refused(client, wizard):
    foreign = node(toy("other"), "ok")
    page = form(client, wizard, "q")
    page["choices-0-to"] = foreign.pk
    assert "no longer belongs to this wizard" in " ".join(form_errors(page.save()))
    page = form(client, wizard, "fix")
    page["worked"] = foreign.pk
    assert "no longer belongs to this wizard" in " ".join(form_errors(page.save()))


@pytest.mark.parametrize("value", ["x", "-1", "²", "99999999999999999999"])
def test_a_forged_target_is_refused(client, wizard, value):
    page = form(client, wizard, "q")
    page["choices-0-to"] = value
    assert page.save().status_code == 200


def autocomplete(client, **query):
    asked = {"app_label": "wizards", "model_name": "choice", "field_name": "to"}
    answer = client.get("/admin/autocomplete/", asked | query).json()
    return {int(each["id"]) for each in answer["results"]}


def test_the_search_for_a_target_stays_within_the_wizard(client, wizard):
    toy("other")
    assert autocomplete(client, term="End", wizard=wizard.pk) == {node(wizard, "ok").pk, node(wizard, "human").pk}
    assert len(autocomplete(client, term="End")) == 4


def test_the_search_and_the_add_link_carry_the_wizard(client, wizard):
    page = read(form(client, wizard, "q").response)
    select = page.all("select", name="choices-0-to")[0]
    assert select["data-ajax--url"].endswith(f"/autocomplete/?wizard={wizard.pk}")
    plus = page.all("a", id="add_id_choices-0-to")[0]
    assert plus["href"].endswith(f"_popup=1&wizard={wizard.pk}")


def test_a_node_added_in_a_popup_becomes_the_target(client, wizard):
    page = Form(client, f"/admin/wizards/node/add/?_to_field=id&_popup=1&wizard={wizard.pk}&kind=question")
    page["title"] = "Added beside"
    response = page.save("_save")
    assert f'"value": "{node(wizard, "added-beside").pk}"' in response.context["popup_response_data"]


def test_the_page_says_from_where_the_node_is_reached(client, wizard):
    page = read(client.get(address(node(wizard, "why"))))
    assert "Question q? › Choose no" in page.text
    assert f"{address(node(wizard, 'q'))}#id_choices-1-to" in page.links


def test_the_page_that_deletes_a_node_says_what_follows(client, wizard):
    page = read(client.get(address(node(wizard, "why"), "delete")))
    assert "Question q? › Choose no" in page.text
    assert "These will no longer be reachable: End human" in page.text
    assert "End ok" not in page.text


def test_a_node_is_deleted_and_the_answers_to_it_lead_nowhere(client, wizard):
    why = node(wizard, "why")
    response = client.post(address(why, "delete"), {"post": "yes", "revision": why.revision, "wizard": wizard.pk})
    assert response.url == address(wizard)
    assert [choice.to for choice in document(wizard).node("q").choices] == ["ok", ""]


def search_list(client, model: str, words: str) -> list[str]:
    found = client.get(f"/admin/wizards/{model}/", {"q": words}).context["cl"].queryset
    return sorted(each.key for each in found)


def test_a_node_is_found_by_what_it_asks_says_and_leads_to(client, wizard):
    Choice.objects.filter(node__key="q", key="yes").update(label="I have tried the recorder")
    Node.objects.filter(key="ok").update(text="It records again.")
    assert search_list(client, "node", "recorder") == ["q"]
    assert search_list(client, "node", "records again") == ["ok"]
    assert autocomplete(client, term="recorder", wizard=wizard.pk) == set()


def test_a_procedure_is_found_by_the_words_of_its_steps(client, wizard):
    Step.objects.filter(key="hold").update(text="Look near the power cord.")
    assert search_list(client, "procedure", "power cord") == ["press"]
