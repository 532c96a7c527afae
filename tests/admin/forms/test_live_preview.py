"""Live previews of a node's page and of a procedure's steps."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from tests.admin.forms.editing import editor, toy
from tests.graphs import TOY, graph
from tests.reading import read
from wizards import publishing
from wizards.models import Choice, Event, Node, Procedure, Session, Step, Version

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def address(key="q", *lines):
    publishing.import_document(graph(*(lines or TOY)))
    return reverse("admin:wizards_look", args=[Node.objects.get(key=key).pk])


def test_the_page_shows_what_is_typed_and_not_saved():
    page = editor().post(address(), {"title": "Is it lit?", "text": "Look *closely*."}).content.decode()
    assert "<h1" in page
    assert "Is it lit?" in page
    assert "<em>closely</em>" in page
    assert Node.objects.get(key="q").title == "Question q?"


def test_the_agents_words_are_shown_below():
    page = editor().post(address(), {"say": "Please look at the light.", "note": "Patience."}).content.decode()
    assert "Please look at the light." in page
    assert "Patience." in page


def test_a_choice_shows_as_it_is_typed():
    where = address()
    form = {"choices-0-id": Choice.objects.get(key="yes").pk, "choices-0-label": "Certainly"}
    page = editor().post(where, form).content.decode()
    assert "Certainly" in page
    assert "Choose yes" not in page
    assert "Choose no" in page


@pytest.mark.parametrize("key", ["q", "fix", "wiping", "why", "ok"])
def test_every_kind_of_node_can_be_previewed(key):
    response = editor().post(address(key), {})
    assert response.status_code == 200
    assert "<script" not in response.content.decode()


@pytest.mark.parametrize("form", [{"title": "x" * 301}, {"text": "a\0b"}, {"text": "x" * 8001}])
def test_a_form_that_makes_no_page_is_reported(form):
    response = editor().post(address(), form)
    assert response.status_code == 422
    assert "cannot be shown yet" in response.content.decode()


def test_a_missing_procedure_is_reported():
    response = editor().post(address("fix", "fix[] worked:ok failed:ok blocked:ok", "ok = solved"), {})
    assert response.status_code == 422
    assert "not ready yet" in response.content.decode()


def test_script_in_what_is_typed_is_text():
    page = editor().post(address(), {"title": "<script>alert(1)</script>", "text": "<img src=x>"}).content.decode()
    assert "<script" not in page
    assert "<img" not in page


def test_previewing_stores_nothing():
    editor().post(address(), {"title": "Is it lit?"})
    assert not Session.objects.exists()
    assert not Event.objects.exists()
    assert not Version.objects.exists()


def test_only_editors_preview():
    where = address()
    assert Client().post(where, {}).status_code == 302
    assert editor().get(where).status_code == 405


# --- A procedure's steps --------------------------------------------------------------------------------------------


def steps_form(*steps, **fields):
    """Return a procedure's form with these steps, as a browser would send it."""
    rows = {f"steps-{row}-{name}": value for row, step in enumerate(steps) for name, value in step.items()}
    return {"title": "Press it", "minutes": "5", "steps-TOTAL_FORMS": str(len(steps)), **fields, **rows}


def preview_steps(*steps, status=200, **fields):
    """Preview a procedure's form."""
    response = editor().post(reverse("admin:wizards_procedure_look"), steps_form(*steps, **fields))
    assert response.status_code == status
    return read(response)


def test_every_step_is_shown_as_typed_in_the_order_of_the_form():
    steps = [{"title": "Second", "place": "2"}, {"title": "First", "text": "Look *closely*.", "place": "1"}]
    page = preview_steps(*steps)
    assert page.h1 == "FirstSecond"
    assert "<em>closely</em>" in page.html
    assert page.text.index("Step 1 of 2") < page.text.index("Step 2 of 2")


def test_a_step_shows_all_that_the_customer_sees():
    step = {
        "title": "Hold it",
        "signs": "It beeps\r\nIt glows",
        "hold_seconds": "20",
        "wait_seconds": "90",
        "caution": "It is hot.",
        "picture": "lights",
        "picture_alt": "Three lights",
    }
    page = preview_steps(step, worked_label="It beeped", failed_label="It kept quiet", text="Take a pin.")
    for words in ("It beeps", "It glows", "20 seconds", "It is hot.", "It beeped", "It kept quiet", "Take a pin."):
        assert words in page.text
    assert page.all("svg", role="img")[0]["aria-label"] == "Three lights"


def test_the_agents_words_are_shown_below_each_step():
    page = preview_steps({"title": "A", "say": "Say this."}, {"title": "B", "note": "Not aloud."})
    assert page.text.index("Say this.") < page.text.index("Step 2 of 2") < page.text.index("Not aloud.")


def test_a_procedure_that_erases_asks_first():
    page = preview_steps({"title": "Hold it"}, erases="All *settings*.")
    assert page.h1 == "Press itHold it"
    assert "<em>settings</em>" in page.html
    assert "confirm" in page.buttons


def test_steps_marked_for_deletion_and_empty_new_rows_are_not_shown():
    steps = [{"title": "Gone", "id": "7", "DELETE": "on"}, {"title": "", "hold_seconds": "0"}, {"title": "Left"}]
    page = preview_steps(*steps)
    assert page.h1 == "Left"
    assert "Step 1 of 1" in page.text


def test_a_saved_step_with_an_empty_title_is_shown():
    assert "Step 1 of 2" in preview_steps({"title": "", "id": "7"}, {"title": "B", "id": "8"}).text


def test_script_in_what_is_typed_into_a_step_is_text():
    evil = "<script>alert(1)</script><img src=x>"
    names = ("title", "text", "say", "note", "caution", "signs", "picture_alt")
    step = dict.fromkeys(names, evil) | {"picture": "lights"}
    page = preview_steps(step, title=evil, text=evil, erases=evil, worked_label=evil, failed_label=evil)
    assert not page.all("script")
    assert not page.all("img")
    assert "<script>alert(1)</script>" in page.h1


@pytest.mark.parametrize(
    "step",
    [
        {"title": "x" * 301},
        {"title": "a\0b"},
        {"title": "A", "hold_seconds": "long"},
        {"title": "A", "wait_seconds": "3601"},
        {"title": "A", "place": "first"},
        {"title": "A", "picture": "../lights"},
        {"title": "A", "hold_seconds": "9" * 5000},
    ],
)
def test_steps_that_cannot_be_shown_are_reported(step):
    assert "cannot be shown yet" in preview_steps(step, status=422).text


def test_a_procedure_without_steps_is_reported():
    assert "There are no steps yet." in preview_steps().text


def test_previewing_steps_stores_nothing():
    toy()
    before = [list(each.objects.order_by("pk").values()) for each in (Procedure, Step, Version, Session, Event)]
    step = Step.objects.first()
    preview_steps({"title": "Typed", "id": str(step.pk), "key": step.key})
    after = [list(each.objects.order_by("pk").values()) for each in (Procedure, Step, Version, Session, Event)]
    assert after == before


@pytest.mark.parametrize("group", ["agents", "reviewers"])
def test_only_editors_preview_steps(group):
    where = reverse("admin:wizards_procedure_look")
    user = User.objects.create_user("someone", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    other = Client()
    other.force_login(user)
    assert other.post(where, steps_form({"title": "A"})).status_code == 403
    assert Client().post(where, {}).status_code == 302
    assert editor().get(where).status_code == 405


def test_a_preview_needs_the_csrf_token():
    client = Client(enforce_csrf_checks=True)
    client.cookies = editor().cookies
    assert client.post(reverse("admin:wizards_procedure_look"), steps_form({"title": "A"})).status_code == 403
