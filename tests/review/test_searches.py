"""The page of searches: what people typed, what came of it, and words that are added to a symptom."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.admin.forms import Form, address, editor
from tests.graphs import graph
from tests.reading import Reading, read
from tests.visitor import rows
from wizards import flow, publishing, search, searches
from wizards.models import Search, Symptom, Wizard
from wizards.review.searches import PAGE

pytestmark = pytest.mark.django_db

PATH, ADD = "/review/searches/", "/review/searches/add/"


@pytest.fixture
def wizard() -> Wizard:
    return wizard_of("toy", reset="The camera will not reset", password="I forgot the password")


def wizard_of(slug: str, **symptoms: str) -> Wizard:
    """Return a published wizard with these symptoms: key="label"."""
    ways = tuple(flow.Symptom(id=key, label=label, to="ok") for key, label in symptoms.items())
    wizard = publishing.load(graph("ok = solved", slug=slug).model_copy(update={"symptoms": ways}))
    publishing.publish(wizard)
    return Wizard.objects.get(pk=wizard.pk)


def staff(*rights: str, name: str = "rea") -> Client:
    """Return a client that is signed in as somebody on the staff who has these rights."""
    user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="wizards", codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


def reviewer(name: str = "rea") -> Client:
    return staff("view_session", "view_search", name=name)


def both(name: str = "rea") -> Client:
    """Return a client of somebody who reviews and edits."""
    return staff("view_session", "view_search", "change_symptom", "change_wizard", "view_wizard", name=name)


def typed(words: str, found: int = 0, symptom: str = "", times: int = 1, wizard: str = "toy", days: int = 0) -> None:
    """Let so many searches be in the log."""
    chosen = {"wizard": wizard, "symptom": symptom} if symptom else {}
    at = timezone.now() - timedelta(days=days)
    row = {"words": words, "query": searches.counted(words), "found": found, "at": at}
    Search.objects.bulk_create(Search(**row, **chosen) for _ in range(times))


def lines(page: Reading) -> list[str]:
    """Return the table's rows as they read."""
    table = page.html.partition("<tbody>")[2].partition("</tbody>")[0]
    return [read(row).text for row in table.split("</tr>")[:-1]]


def forms(page: Reading) -> list[dict[str, str]]:
    """Return what each button that adds words sends."""
    parts = [part.partition("</form>")[0] for part in page.html.split("<form")[1:]]
    adding = [read(f"<form{part}") for part in parts if ADD in part.partition(">")[0]]
    return [{field["name"]: field["value"] for field in part.all("input") if "value" in field} for part in adding]


def value_of(wizard: Wizard, key: str = "reset") -> str:
    return f"{wizard.slug}/{key}@{Wizard.objects.get(pk=wizard.pk).revision}"


def words_of(wizard: Wizard, key: str = "reset") -> tuple[str, ...]:
    return Symptom.objects.get(wizard=wizard, key=key).words


# --- Who gets in --------------------------------------------------------------------------------------------------


def test_somebody_who_is_not_signed_in_may_do_so_first(client):
    assert urlsplit(client.get(PATH)["Location"]).path == "/account/login/"
    assert urlsplit(client.post(ADD)["Location"]).path == "/account/login/"


@pytest.mark.parametrize("rights", [(), ("view_session",), ("view_search",), ("change_symptom",)])
def test_without_both_rights_there_is_no_such_page(rights):
    client = staff(*rights)
    assert client.get(PATH).status_code == 404
    assert client.post(ADD).status_code == 404


def test_reviewers_get_in_and_are_offered_no_editing(wizard):
    typed("xyzzy", symptom="reset")
    client = Client()
    user = User.objects.create(username="r", is_staff=True)
    user.groups.add(Group.objects.get(name="reviewers"))
    client.force_login(user)
    page = read(client.get(PATH, {"words": "xyzzy"}))
    assert page.h1 == "Searches"
    assert forms(page) == []
    assert client.post(ADD, {"words": "x", "symptom": value_of(wizard)}).status_code == 404


# --- What people typed --------------------------------------------------------------------------------------------


def test_what_found_nothing_most_often_comes_first(wizard):
    typed("often", found=3, symptom="reset", times=9)
    typed("unfit", found=3, times=5)
    typed("rare", times=1)
    typed("toaster", times=2)
    page = read(reviewer().get(PATH))
    assert [line.split()[0] for line in lines(page)] == ["toaster", "rare", "unfit", "often"]


def test_one_way_of_writing_stands_for_all(wizard):
    typed("Toaster!")
    typed("toaster")
    (line,) = lines(read(reviewer().get(PATH)))
    assert line.startswith("toaster 2 ")


def test_a_row_says_how_the_searches_ended_and_what_was_chosen(wizard):
    typed("reset", found=2, symptom="reset", times=3)
    typed("reset", found=2, symptom="password", times=1)
    typed("reset", found=2, times=2)
    (line,) = lines(read(reviewer().get(PATH)))
    assert line.startswith("reset 6 ")
    assert "0 of 6" in line
    assert line.endswith("2 4 The camera will not reset: 3 Toy I forgot the password: 1 Toy")


def test_the_figures_add_up(wizard):
    typed("toaster", times=3)
    typed("toaster", symptom="reset", times=2)
    typed("reset", found=2, times=4)
    typed("reset", found=2, symptom="reset", times=8)
    page = reviewer().get(PATH)
    assert [value for _, value in page.context["figures"]] == [17, 5, 4, 8]  # all, nothing, none fitted, chosen
    assert "5 of 17 searches found nothing, most often “toaster”: 5 of 5." in read(page).text


def test_a_choice_of_what_is_gone_is_named_by_its_key(wizard):
    typed("reset", found=2, symptom="gone", wizard="away")
    (line,) = lines(read(reviewer().get(PATH)))
    assert line.endswith("gone: 1 away")


def test_only_the_period_counts(wizard):
    typed("today")
    typed("before", days=60)
    assert [line.split()[0] for line in lines(read(reviewer().get(PATH)))] == ["today"]
    day = timezone.localdate() - timedelta(days=60)
    page = read(reviewer().get(PATH, {"since": day.isoformat(), "until": day.isoformat()}))
    assert [line.split()[0] for line in lines(page)] == ["before"]


def test_the_days_are_the_help_desks_own(wizard, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    moment = datetime(2026, 3, 2, 20, tzinfo=timezone.get_fixed_timezone(0))
    Search.objects.create(at=moment, words="xyzzy", query="xyzzy", found=0)
    found = [
        len(lines(read(reviewer().get(PATH, {"since": day, "until": day})))) for day in ("2026-03-02", "2026-03-03")
    ]
    assert found == [0, 1]


def test_the_page_says_that_a_search_belongs_to_no_wizard(wizard):
    typed("xyzzy")
    page = read(reviewer().get(PATH, {"wizard": "toy"}))
    assert "only the days of the filter count" in page.text
    assert len(lines(page)) == 1


def test_a_wrong_filter_is_told_and_the_rest_of_the_page_is_there(wizard):
    typed("xyzzy")
    response = reviewer().get(PATH, {"since": "soon"})
    assert response.status_code == 422
    assert len(lines(read(response))) == 1


def test_an_empty_log_says_so(wizard):
    assert "Nothing is in the log of these days" in read(reviewer().get(PATH)).text


def test_further_pages_hold_the_rest_and_keep_the_filter(wizard):
    for number in range(PAGE + 3):
        typed(f"w{number:03}")
    since = timezone.localdate().isoformat()
    first = read(reviewer().get(PATH, {"since": since}))
    assert len(lines(first)) == PAGE
    (further,) = [link for link in first.links if "page=2" in link]
    assert parse_qs(urlsplit(further).query)["since"] == [since]
    assert len(lines(read(reviewer().get(further)))) == 3


@pytest.mark.parametrize("number", ["0", "-1", "x", "99", "9" * 50, "١"])
def test_a_page_that_is_not_there_is_told_or_is_the_first(wizard, number):
    typed("xyzzy")
    response = reviewer().get(PATH, {"page": number})
    assert response.status_code == 200


def test_what_was_typed_is_shown_as_text(wizard):
    typed('"><script>alert(1)</script>')
    page = read(both().get(PATH, {"words": '"><script>alert(1)</script>'}))
    assert page.inline == []


def test_looking_writes_nothing(wizard):
    typed("xyzzy", symptom="reset")
    client = both()
    before = rows(*apps.get_models())
    client.get(PATH, {"words": "xyzzy"})
    client.get(PATH, {"words": "x" * 5000, "page": "2"})
    assert rows(*apps.get_models()) == before


def test_the_page_costs_the_same_queries_however_much_was_typed(wizard):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(PATH, {"words": "xyzzy"}).status_code == 200
        return len(caught)

    client = both()
    typed("plugh")
    typed("xyzzy", symptom="reset")
    few = queries()
    for number in range(PAGE * 2):
        typed(f"w{number} camera", found=number % 3, symptom=["", "reset", "password"][number % 3])
    wizard_of("other", s="Other")
    assert queries() == few
    assert few <= 14


# --- Making it findable -------------------------------------------------------------------------------------------


def test_one_press_adds_the_words_to_the_symptom_that_was_chosen_most_after_them(wizard):
    typed("no picture", symptom="password", times=1)
    typed("no picture", symptom="reset", times=2)
    client = both()
    (sent,) = forms(read(client.get(PATH)))
    response = client.post(ADD, sent)
    assert response.status_code == 303
    assert words_of(wizard) == ("no picture",)


def test_after_words_that_nobody_chose_for_the_likest_choice_counts(wizard):
    typed("forgot my key", found=2, symptom="password", times=2)
    typed("wont reset", found=2, symptom="reset", times=3)
    typed("lost key")
    found = {form["words"]: form["symptom"] for form in forms(read(both().get(PATH)))}
    assert found["lost key"] == value_of(wizard, "password")


def test_without_anything_alike_the_symptom_is_chosen_from_a_list(wizard):
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


def test_the_list_begins_with_the_symptom_that_was_chosen_most_after_the_like(wizard):
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
    assert [option for option in page.all("option") if "@" in option["value"]] == []


def test_the_page_says_that_it_counts_after_the_next_publication_and_leads_to_the_wizard(wizard):
    response = both().post(ADD + "?since=2026-01-01", {"words": "xyzzy", "symptom": value_of(wizard)})
    assert parse_qs(urlsplit(response.url).query)["since"] == ["2026-01-01"]
    client = both()
    page = read(client.post(ADD, {"words": "plugh", "symptom": value_of(wizard)}, follow=True))
    assert "after the next publication" in page.text
    assert f"/admin/wizards/wizard/{wizard.pk}/change/" in page.links


def test_words_that_were_added_are_found_after_publishing(wizard):
    both().post(ADD, {"words": "xyzzy", "symptom": value_of(wizard)})
    assert not search.find("xyzzy").results
    publishing.publish(Wizard.objects.get(pk=wizard.pk))
    assert [hit.symptom for hit in search.find("xyzzy").results] == ["reset"]


def test_a_row_says_where_its_words_are_already(wizard):
    typed("xyzzy", symptom="reset")
    client = both()
    client.post(ADD, {"words": "XYZZY", "symptom": value_of(wizard)})
    page = read(client.get(PATH))
    assert "Already among the words of “The camera will not reset”" in page.text
    assert forms(page) == []


def test_words_that_are_there_already_are_not_added_again(wizard):
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
    seen = value_of(wizard)
    form = Form(editor("ben"), address(wizard))
    form["title"] = "Changed"
    form.save()
    response = both("ada").post(ADD, {"words": "xyzzy", "symptom": seen})
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
    ("sent", "line"),
    [
        ({"words": "", "symptom": "toy/reset@0"}, "Say which words"),
        ({"words": "a" * 201, "symptom": "toy/reset@0"}, "at most 200 characters"),
        ({"words": "bell\a", "symptom": "toy/reset@0"}, "Some characters cannot be read"),
        ({"words": "xyzzy", "symptom": ""}, "Choose the symptom"),
        ({"words": "xyzzy", "symptom": "toy/reset"}, "Choose the symptom"),
        ({"words": "xyzzy", "symptom": "toy/reset@-1"}, "Choose the symptom"),
        ({"words": "xyzzy"}, "Choose the symptom"),
    ],
)
def test_what_cannot_be_added_is_told_and_changes_nothing(wizard, sent, line):
    response = both().post(ADD, sent)
    assert response.status_code == 422
    assert line in read(response).text
    assert words_of(wizard) == ()
    assert not LogEntry.objects.exists()


def test_a_list_of_words_that_is_full_is_told(wizard):
    Symptom.objects.filter(key="reset").update(words="\n".join(f"w{n}" for n in range(60)))
    response = both().post(ADD, {"words": "xyzzy", "symptom": value_of(wizard)})
    assert response.status_code == 422
    assert "at most 60 fit" in read(response).text
    assert len(words_of(wizard)) == 60
    assert Wizard.objects.get(pk=wizard.pk).revision == wizard.revision


def test_a_symptom_that_is_gone_is_a_404(wizard):
    assert both().post(ADD, {"words": "xyzzy", "symptom": "toy/gone@0"}).status_code == 404
