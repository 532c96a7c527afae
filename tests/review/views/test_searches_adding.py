"""Words from the search log are added to a symptom, so that they find it the next time."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.admin.models import LogEntry

from tests.admin.forms.editing import Form, address, editor
from tests.reading import read
from tests.review.searching import ADD, PATH, both, forms, typed, value_of, wizard_of, words_of
from wizards import publishing, search
from wizards.models import Symptom, Wizard

pytestmark = pytest.mark.django_db


def test_one_click_adds_the_words_to_the_symptom_most_often_chosen_after_them(wizard):
    typed("no picture", symptom="password", times=1)
    typed("no picture", symptom="reset", times=2)
    client = both()
    (form_values,) = forms(read(client.get(PATH)))
    response = client.post(ADD, form_values)
    assert response.status_code == 303
    assert words_of(wizard) == ("no picture",)


def test_words_without_a_choice_get_a_suggestion_from_similar_words(wizard):
    typed("forgot my key", found=2, symptom="password", times=2)
    typed("wont reset", found=2, symptom="reset", times=3)
    typed("lost key")
    suggestions = {form["words"]: form["symptom"] for form in forms(read(both().get(PATH)))}
    assert suggestions["lost key"] == value_of(wizard, "password")


def test_without_similar_words_the_symptom_is_selected_from_a_list(wizard):
    typed("xyzzy")
    client = both()
    page = read(client.get(PATH))
    assert forms(page) == []
    (link,) = [link for link in page.links if "words=xyzzy" in link]
    page = read(client.get(link))
    assert [option["value"] for option in page.all("option") if "@" in option["value"]] == [
        value_of(wizard, "reset"), value_of(wizard, "password")
    ]  # fmt: skip
    assert page.all("input", name="words", value="xyzzy")


def test_the_list_begins_with_the_symptom_chosen_after_similar_words(wizard):
    typed("xyzzy", symptom="password")
    page = read(both().get(PATH, {"words": "xyzzy plugh"}))
    assert next(option["value"] for option in page.all("option") if "@" in option["value"]) == value_of(
        wizard, "password"
    )


def test_the_filters_wizard_narrows_the_list(wizard):
    other = wizard_of("other", s="Other")
    page = read(both().get(PATH, {"words": "xyzzy", "wizard": "other"}))
    assert [option["value"] for option in page.all("option") if "@" in option["value"]] == [value_of(other, "s")]


def test_an_archived_wizard_is_offered_no_words(wizard):
    Wizard.objects.update(archived=True)
    page = read(both().get(PATH, {"words": "xyzzy"}))
    assert page.all("option")
    assert [option for option in page.all("option") if "@" in option["value"]] == []


def test_the_message_names_the_next_publication_and_links_the_wizard(wizard):
    response = both().post(ADD + "?since=2026-01-01", {"words": "xyzzy", "symptom": value_of(wizard)})
    assert parse_qs(urlsplit(response.url).query)["since"] == ["2026-01-01"]
    client = both()
    page = read(client.post(ADD, {"words": "plugh", "symptom": value_of(wizard)}, follow=True))
    assert "after the next publication" in page.text
    assert f"/admin/wizards/wizard/{wizard.pk}/change/" in page.links


def test_words_that_were_added_are_found_after_publishing(wizard):
    both().post(ADD, {"words": "xyzzy", "symptom": value_of(wizard)})
    assert not search.search("xyzzy").results
    publishing.publish(Wizard.objects.get(pk=wizard.pk))
    assert [hit.symptom for hit in search.search("xyzzy").results] == ["reset"]


def test_a_row_names_the_symptoms_that_already_have_its_words(wizard):
    typed("xyzzy", symptom="reset")
    client = both()
    client.post(ADD, {"words": "XYZZY", "symptom": value_of(wizard)})
    page = read(client.get(PATH))
    assert "Already among the words of “The camera will not reset”" in page.text
    assert forms(page) == []


def test_existing_words_are_not_added_again(wizard):
    client = both()
    for _ in range(2):
        page = read(client.post(ADD, {"words": "xyzzy", "symptom": value_of(wizard)}, follow=True))
    assert words_of(wizard) == ("xyzzy",)
    assert "It is there already" in page.text
    assert LogEntry.objects.count() == 1


def test_adding_is_in_the_wizards_history(wizard):
    both("ada").post(ADD, {"words": "xyzzy", "symptom": value_of(wizard)})
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_id, entry.action_flag) == ("ada", str(wizard.pk), 2)
    assert "Added the search words “xyzzy” to the symptom “The camera will not reset”" in entry.get_change_message()
    history = editor().get(f"/admin/wizards/wizard/{wizard.pk}/history/")
    assert "xyzzy" in history.content.decode()


def test_who_saves_second_reads_who_was_first_and_keeps_what_was_typed(wizard):
    stale_value = value_of(wizard)
    form = Form(editor("ben"), address(wizard))
    form["title"] = "Changed"
    form.save()
    response = both("ada").post(ADD, {"words": "xyzzy", "symptom": stale_value})
    page = read(response)
    assert response.status_code == 409
    assert "Meanwhile ben saved this wizard" in page.text
    assert page.all("input", name="words", value="xyzzy")
    assert [option["value"] for option in page.all("option") if "selected" in option and "@" in option["value"]] == [
        value_of(wizard)
    ]
    assert words_of(wizard) == ()


def test_an_editor_with_the_wizard_open_is_told_of_words_that_were_added_meanwhile(wizard):
    form = Form(editor("ben"), address(wizard))
    both("ada").post(ADD, {"words": "xyzzy", "symptom": value_of(wizard)})
    form["title"] = "Changed"
    response = form.save()
    assert response.status_code == 200
    assert "Meanwhile ada saved this wizard" in read(response).text
    assert words_of(wizard) == ("xyzzy",)


@pytest.mark.parametrize(
    ("form_values", "message"),
    [
        ({"words": "", "symptom": "toy/reset@0"}, "Enter the words to add"),
        ({"words": "a" * 201, "symptom": "toy/reset@0"}, "at most 200 characters"),
        ({"words": "bell\a", "symptom": "toy/reset@0"}, "Some characters cannot be read"),
        ({"words": "xyzzy", "symptom": ""}, "Choose the symptom"),
        ({"words": "xyzzy", "symptom": "toy/reset"}, "Choose the symptom"),
        ({"words": "xyzzy", "symptom": "toy/reset@-1"}, "Choose the symptom"),
        ({"words": "xyzzy"}, "Choose the symptom"),
    ],
)
def test_invalid_words_are_reported_and_change_nothing(wizard, form_values, message):
    response = both().post(ADD, form_values)
    assert response.status_code == 422
    assert message in read(response).text
    assert words_of(wizard) == ()
    assert not LogEntry.objects.exists()


def test_a_full_list_of_words_is_reported(wizard):
    Symptom.objects.filter(key="reset").update(words="\n".join(f"w{n}" for n in range(60)))
    response = both().post(ADD, {"words": "xyzzy", "symptom": value_of(wizard)})
    assert response.status_code == 422
    assert "at most 60 are allowed" in read(response).text
    assert len(words_of(wizard)) == 60
    assert Wizard.objects.get(pk=wizard.pk).revision == wizard.revision


def test_a_removed_symptom_is_a_404(wizard):
    assert both().post(ADD, {"words": "xyzzy", "symptom": "toy/gone@0"}).status_code == 404
