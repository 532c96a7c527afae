"""Import: parsed, shown, and applied as a whole or not at all."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.admin.forms.editing import editor, toy
from tests.admin.walking import retarget, url
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


def apply_import(client: Client, proposal, **fields: str):
    """Press the button of the page that shows what a file would change."""
    sent = {"take_over": "yes", "file": proposal.context["file"], "seen": proposal.context["seen"]}
    return client.post(url("import"), sent | fields)


def changed(wizard: Wizard) -> flow.Document:
    """Return the draft with another title."""
    return publishing.compile_draft(wizard).model_copy(update={"title": "Another title"})


@pytest.mark.parametrize("name", ["toy.yaml", "toy.yml", "toy.json", "TOY.YAML"])
def test_a_new_wizard_is_imported_whole(name):
    client, document = editor(), graph(*TOY)
    name_of_form = "toy.json" if name.endswith("json") else name
    proposal = upload(client, document, name_of_form)
    assert proposal.context["is_new"]
    response = apply_import(client, proposal)
    wizard = Wizard.objects.get()
    assert response.url == url("check", wizard.pk)
    assert publishing.compile_draft(wizard).content_hash() == document.content_hash()


def test_what_a_file_would_change_is_shown_and_nothing_is_changed_yet():
    wizard = toy()
    before = rows(*DRAFTS)
    proposal = upload(editor(), changed(wizard))
    assert [str(change) for change in proposal.context["changes"]] == ["title reworded from “Toy” to “Another title”"]
    assert rows(*DRAFTS) == before


def test_an_import_makes_the_draft_equal_to_the_file_and_publishes_nothing():
    wizard, client = toy(), editor()
    document = changed(wizard)
    apply_import(client, upload(client, document))
    wizard.refresh_from_db()
    assert publishing.compile_draft(wizard) == document
    assert Version.objects.count() == 1


def test_an_import_is_in_the_admins_history():
    wizard, client = toy(), editor()
    apply_import(client, upload(client, changed(wizard)))
    assert LogEntry.objects.get().change_message == "Imported a file into the draft"


def test_an_import_makes_open_forms_stale():
    wizard, client = toy(), editor()
    revision = Node.objects.get(key="q").revision
    apply_import(client, upload(client, changed(wizard)))
    assert Node.objects.get(key="q").revision > revision


def test_a_file_equal_to_the_draft_has_nothing_to_import():
    wizard = toy()
    text = upload(editor(), publishing.compile_draft(wizard)).content.decode()
    assert "The draft already matches this file." in text
    assert 'name="take_over"' not in text


def test_a_draft_that_changed_meanwhile_is_not_overwritten_and_the_new_difference_is_shown():
    wizard, client = toy(), editor()
    proposal = upload(client, changed(wizard))
    retarget("yes", "human")
    before = rows(*DRAFTS)
    refused = apply_import(client, proposal)
    assert refused.status_code == 409
    assert "Somebody changed the draft meanwhile." in refused.content.decode()
    assert len(refused.context["changes"]) == 2
    assert rows(*DRAFTS) == before
    assert apply_import(client, refused).status_code == 302


def test_a_wizard_made_by_somebody_else_meanwhile_is_not_overwritten():
    client = editor()
    proposal = upload(client, graph(*TOY))
    toy()
    assert apply_import(client, proposal).status_code == 409


def test_an_editor_cannot_apply_another_editors_file():
    wizard, other = toy(), editor("other")
    proposal = upload(editor(), changed(wizard))
    response = other.post(
        url("import"),
        {"take_over": "yes", "file": proposal.context["file"], "seen": proposal.context["seen"]},
        follow=True,
    )
    assert "no longer available" in response.content.decode()
    assert Wizard.objects.get().title == "Toy"


def test_a_file_chosen_in_another_tab_is_not_imported_instead():
    wizard, client = toy(), editor()
    proposal = upload(client, changed(wizard))
    upload(client, changed(wizard).model_copy(update={"title": "A third title"}))
    assert apply_import(client, proposal).status_code == 302
    assert Wizard.objects.get().title == "Toy"


def test_a_file_is_imported_once():
    wizard, client = toy(), editor()
    proposal = upload(client, changed(wizard))
    apply_import(client, proposal)
    assert apply_import(client, proposal).url == url("import")


def test_other_wizards_whose_procedures_would_change_are_named():
    toy()
    proposal = upload(
        editor(), graph("q[press] worked:ok failed:ok blocked:ok", "ok = solved", "press: other", slug="b")
    )
    assert proposal.context["shared"] == ["Toy"]


def test_problems_are_listed_with_line_and_path_and_nothing_is_changed():
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
    ("content", "problem"),
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
def test_a_bad_file_is_refused_in_plain_words(content, problem):
    response = upload(editor(), content)
    assert response.status_code == 422
    assert problem in response.content.decode()


@pytest.mark.parametrize("name", ["toy.txt", "toy", "toy.yaml.exe"])
def test_other_kinds_of_files_are_refused_by_their_names(name):
    response = upload(editor(), graph(*TOY), name)
    assert response.status_code == 422
    assert "must end in .yaml, .yml or .json." in response.content.decode()


def test_a_files_texts_are_escaped():
    document = graph(*TOY).model_copy(update={"title": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in upload(editor(), document).content.decode()


def test_a_file_is_required():
    response = editor().post(url("import"), {})
    assert (response.status_code, "Choose a file first." in response.content.decode()) == (422, True)


def test_an_unreadable_draft_is_reported_and_unchanged():
    wizard, client = toy(), editor()
    document = changed(wizard)
    Node.objects.filter(key="q").update(title="x" * 299 + "\u0958")
    response = upload(client, document)
    assert response.status_code == 409
    assert "cannot be read" in response.content.decode()


def test_the_list_of_wizards_leads_to_the_import():
    assert f'href="{url("import")}"' in editor().get("/admin/wizards/wizard/").content.decode()
