"""Import: read, shown, and taken over whole or not at all."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.admin.forms.editing import editor, toy
from tests.admin.walking import lead, url
from tests.graphs import graph
from tests.visitor import TOY, rows
from wizards import flow, publishing
from wizards.models import Choice, Node, Procedure, Source, Step, Symptom, Version, Wizard

pytestmark = pytest.mark.django_db

DRAFTS = (Wizard, Node, Choice, Symptom, Source, Procedure, Step)


def upload(client: Client, content: str | bytes | flow.Document, name: str = "toy.yaml"):
    if isinstance(content, flow.Document):
        content = flow.dump_document(content, "json" if name.endswith("json") else "yaml")
    data = content.encode() if isinstance(content, str) else content
    return client.post(url("import"), {"file": SimpleUploadedFile(name, data)})


def take_over(client: Client, shown, **fields: str):
    """Press the button of the page that shows what a file would change."""
    sent = {"take_over": "yes", "file": shown.context["file"], "seen": shown.context["seen"]}
    return client.post(url("import"), sent | fields)


def changed(wizard: Wizard) -> flow.Document:
    """Return the draft with another title."""
    return publishing.compile_draft(wizard).model_copy(update={"title": "Another title"})


@pytest.mark.parametrize("name", ["toy.yaml", "toy.yml", "toy.json", "TOY.YAML"])
def test_a_new_wizard_is_imported_whole(name):
    client, document = editor(), graph(*TOY)
    name_of_form = "toy.json" if name.endswith("json") else name
    shown = upload(client, document, name_of_form)
    assert shown.context["is_new"]
    response = take_over(client, shown)
    wizard = Wizard.objects.get()
    assert response.url == url("check", wizard.pk)
    assert publishing.compile_draft(wizard).content_hash() == document.content_hash()


def test_what_a_file_would_change_is_shown_and_nothing_is_changed_yet():
    wizard = toy()
    before = rows(*DRAFTS)
    shown = upload(editor(), changed(wizard))
    assert [str(change) for change in shown.context["changes"]] == ["title reworded from “Toy” to “Another title”"]
    assert rows(*DRAFTS) == before


def test_taken_over_the_draft_says_what_the_file_says_and_nothing_is_published():
    wizard, client = toy(), editor()
    document = changed(wizard)
    take_over(client, upload(client, document))
    wizard.refresh_from_db()
    assert publishing.compile_draft(wizard) == document
    assert Version.objects.count() == 1


def test_an_import_is_in_the_admins_history():
    wizard, client = toy(), editor()
    take_over(client, upload(client, changed(wizard)))
    assert LogEntry.objects.get().change_message == "Imported a file into the draft"


def test_an_import_makes_open_forms_stale():
    wizard, client = toy(), editor()
    revision = Node.objects.get(key="q").revision
    take_over(client, upload(client, changed(wizard)))
    assert Node.objects.get(key="q").revision > revision


def test_a_file_that_says_what_the_draft_says_has_nothing_to_take_over():
    wizard = toy()
    text = upload(editor(), publishing.compile_draft(wizard)).content.decode()
    assert "There is nothing to take over." in text
    assert 'name="take_over"' not in text


def test_a_draft_changed_since_it_was_shown_is_not_overwritten_and_the_new_difference_is_shown():
    wizard, client = toy(), editor()
    shown = upload(client, changed(wizard))
    lead("yes", "human")
    before = rows(*DRAFTS)
    told = take_over(client, shown)
    assert told.status_code == 409
    assert "Somebody changed the draft meanwhile." in told.content.decode()
    assert len(told.context["changes"]) == 2
    assert rows(*DRAFTS) == before
    assert take_over(client, told).status_code == 302


def test_a_wizard_made_by_somebody_else_meanwhile_is_not_overwritten():
    client = editor()
    shown = upload(client, graph(*TOY))
    toy()
    assert take_over(client, shown).status_code == 409


def test_a_file_that_was_shown_to_one_editor_is_not_anothers():
    wizard, other = toy(), editor("other")
    shown = upload(editor(), changed(wizard))
    response = other.post(
        url("import"),
        {"take_over": "yes", "file": shown.context["file"], "seen": shown.context["seen"]},
        follow=True,
    )
    assert "no longer here" in response.content.decode()
    assert Wizard.objects.get().title == "Toy"


def test_another_file_chosen_in_another_tab_is_not_taken_over_in_its_place():
    wizard, client = toy(), editor()
    shown = upload(client, changed(wizard))
    upload(client, changed(wizard).model_copy(update={"title": "A third title"}))
    assert take_over(client, shown).status_code == 302
    assert Wizard.objects.get().title == "Toy"


def test_a_file_is_taken_over_once():
    wizard, client = toy(), editor()
    shown = upload(client, changed(wizard))
    take_over(client, shown)
    assert take_over(client, shown).url == url("import")


def test_other_wizards_whose_procedures_would_change_are_named():
    toy()
    shown = upload(editor(), graph("q[press] worked:ok failed:ok blocked:ok", "ok = solved", "press: other", slug="b"))
    assert shown.context["shared"] == ["Toy"]


def test_problems_are_told_with_line_and_path_and_nothing_is_changed():
    wizard = toy()
    before = rows(*DRAFTS)
    bad = flow.dump_document(publishing.compile_draft(wizard)).replace("kind: question", "kind: quest")
    response = upload(editor(), bad)
    assert response.status_code == 422
    assert "line 9: nodes › 1 (q): “kind” must be one of" in response.content.decode()
    assert rows(*DRAFTS) == before


def test_a_file_with_errors_in_its_graph_is_refused():
    bad = flow.dump_document(graph(*TOY)).replace("to: ok", "to: nowhere")
    assert "there is no such node" in upload(editor(), bad).content.decode()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a: &x 1\nb: *x", "Anchors and aliases"),
        (b"a: !!python/object/apply:os.system [ls]", "Tags (!)"),
        (b"[" * 100, "nested more than 20 deep"),
        (b"x" * 1_000_001, "larger than 1000 kB"),
        (b"\xff\xfe", "not UTF-8"),
        ("a: \ud800".encode("utf-8", "surrogatepass"), "not UTF-8"),
        (b"", "The file is empty."),
    ],
)
def test_a_bad_file_is_refused_in_plain_words(content, told):
    response = upload(editor(), content)
    assert response.status_code == 422
    assert told in response.content.decode()


@pytest.mark.parametrize("name", ["toy.txt", "toy", "toy.yaml.exe"])
def test_other_kinds_of_files_are_refused_by_their_names(name):
    response = upload(editor(), graph(*TOY), name)
    assert response.status_code == 422
    assert "should end in .yaml, .yml or .json." in response.content.decode()


def test_what_a_file_says_is_shown_as_text():
    document = graph(*TOY).model_copy(update={"title": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in upload(editor(), document).content.decode()


def test_without_a_file_one_is_asked_for():
    response = editor().post(url("import"), {})
    assert (response.status_code, "Choose a file first." in response.content.decode()) == (422, True)


def test_a_draft_that_cannot_be_read_is_told_and_stays():
    wizard, client = toy(), editor()
    document = changed(wizard)
    Node.objects.filter(key="q").update(title="x" * 299 + "\u0958")
    response = upload(client, document)
    assert response.status_code == 409
    assert "cannot be read" in response.content.decode()


def test_the_list_of_wizards_leads_to_the_import():
    assert f'href="{url("import")}"' in editor().get("/admin/wizards/wizard/").content.decode()
