"""Two editors at the same row: the second one gets a message, and nothing is silently overwritten."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction

from tests.admin.forms.editing import Form, address, editor, form_errors, messages, toy
from tests.races import racing
from tests.reading import read
from wizards import publishing
from wizards.models import Choice, Node, Procedure, Wizard

pytestmark = pytest.mark.django_db


def row_of(wizard, kind):
    if kind == "wizard":
        return Wizard.objects.get(pk=wizard.pk)
    return Node.objects.get(wizard=wizard, key="q") if kind == "node" else Procedure.objects.get(key="press")


KINDS = pytest.mark.parametrize("kind", ["wizard", "node", "procedure"])


@KINDS
def test_a_save_counts(wizard, kind):
    row = row_of(wizard, kind)
    Form(editor(), address(row)).save()
    assert row_of(wizard, kind).revision == row.revision + 1


@KINDS
def test_the_second_save_is_refused_and_changes_nothing(wizard, kind):
    row = row_of(wizard, kind)
    first, second = (Form(editor(name), address(row)) for name in ("ada", "ben"))
    first["title"], second["title"] = "Ada was here", "Ben was here"
    assert first.save().status_code == 302
    assert second.save().status_code == 200
    assert row_of(wizard, kind).title == "Ada was here"


@KINDS
def test_the_second_editor_sees_who_saved_first_and_keeps_their_input(wizard, kind):
    row = row_of(wizard, kind)
    first, second = (Form(editor(name), address(row)) for name in ("ada", "ben"))
    second["title"] = "Ben typed this"
    first.save()
    page = read(second.save())
    assert f"Meanwhile ada saved this {kind}" in page.text
    assert {"href": address(row), "target": "_blank", "rel": "noopener"} in page.all("a")
    assert page.all("input", name="title")[0]["value"] == "Ben typed this"


def test_trying_again_from_the_old_form_is_refused_again(wizard):
    row = row_of(wizard, "node")
    first, second = (Form(editor(name), address(row)) for name in ("ada", "ben"))
    first.save()
    second.save()
    assert second.save().status_code == 200


@pytest.mark.parametrize("revision", ["", "x", "-1", "99"])
def test_a_save_without_the_current_revision_is_refused(wizard, revision):
    row = row_of(wizard, "node")
    page = Form(editor(), address(row))
    page["revision"], page["title"] = revision, "Forged"
    assert page.save().status_code == 200
    assert row_of(wizard, "node").title != "Forged"


def test_a_change_of_the_choices_alone_makes_a_form_stale(wizard):
    row = row_of(wizard, "node")
    first, second = (Form(editor(name), address(row)) for name in ("ada", "ben"))
    first["choices-0-label"], second["choices-0-label"] = "Ada’s", "Ben’s"
    first.save()
    assert second.save().status_code == 200
    assert Choice.objects.get(node=row, key="yes").label == "Ada’s"


def test_a_choice_that_was_deleted_meanwhile_still_shows_what_was_typed_into_it(wizard):
    row = row_of(wizard, "node")
    first, second = (Form(editor(name), address(row)) for name in ("ada", "ben"))
    second["choices-0-label"], second["choices-1-label"] = "Typed into the lost one", "Typed into the other"
    first.save(**{"choices-0-DELETE": "on"})
    page = read(second.save())
    assert page.all("input", name="choices-0-label")[0]["value"] == "Typed into the lost one"
    assert page.all("input", name="choices-1-label")[0]["value"] == "Typed into the other"
    assert [choice.key for choice in row.choices.all()] == ["no"]


def test_a_form_is_stale_after_the_draft_was_restored(wizard):
    page = Form(editor(), address(row_of(wizard, "node")))
    publishing.restore(Wizard.objects.get(pk=wizard.pk).current)
    assert page.save().status_code == 200


def test_saving_a_deleted_node_says_that_it_is_gone(wizard):
    client, row = editor(), row_of(wizard, "node")
    page = Form(client, address(row))
    row.delete()
    response = page.save()
    assert "Perhaps it was deleted?" in read(client.get(response.url)).text


def test_a_save_keeps_a_version_published_meanwhile(wizard, monkeypatch):
    page = Form(editor(), address(wizard))
    Node.objects.filter(wizard=wizard, key="q").update(title="Changed")
    publish = publishing.publish

    def publish_meanwhile(row, seen):
        publish(Wizard.objects.get(pk=wizard.pk))

    monkeypatch.setattr("wizards.locking.claim_revision", publish_meanwhile)
    page.save()
    assert Wizard.objects.get(pk=wizard.pk).current.number == 2


@KINDS
def test_the_deletion_of_a_changed_row_is_refused(wizard, kind):
    row = Wizard.objects.create(slug="bare") if kind == "wizard" else row_of(wizard, kind)
    if kind == "procedure":
        row = Procedure.objects.create(key="unused")
    client = editor()
    page = read(client.get(address(row, "delete")))
    seen = page.all("input", name="revision")[0]["value"]
    Form(editor("ada"), address(row)).save()
    response = client.post(address(row, "delete"), {"post": "yes", "revision": seen})
    assert f"Meanwhile ada saved this {kind}" in messages(client, response)
    assert type(row).objects.filter(pk=row.pk).exists()


def test_an_unchanged_row_is_deleted(wizard):
    row = Procedure.objects.create(key="unused")
    response = editor().post(address(row, "delete"), {"post": "yes", "revision": row.revision})
    assert response.status_code == 302
    assert not Procedure.objects.filter(pk=row.pk).exists()


def test_a_procedure_in_use_cannot_be_deleted_and_the_page_says_where_it_is_used(wizard):
    row = row_of(wizard, "procedure")
    page = read(editor().get(address(row, "delete")))
    assert "Toy › Do fix" in page.text
    assert not page.all("input", name="post")


def test_a_published_wizard_cannot_be_deleted(wizard):
    page = read(editor().get(address(wizard, "delete")))
    assert "Archive it instead" in page.text
    assert editor().post(address(wizard, "delete"), {"post": "yes", "revision": wizard.revision}).status_code == 200
    assert Wizard.objects.filter(pk=wizard.pk).exists()


@pytest.mark.parametrize("model", ["wizard", "node", "procedure", "version"])
def test_nothing_is_deleted_in_bulk(wizard, model):
    everything = {"action": "delete_selected", "_selected_action": range(1, 20), "post": "yes"}
    counts = [each.objects.count() for each in (Wizard, Node, Procedure)]
    editor().post(f"/admin/wizards/{model}/", everything)
    assert [each.objects.count() for each in (Wizard, Node, Procedure)] == counts


@KINDS
def test_a_save_is_in_the_history(wizard, kind):
    row = row_of(wizard, kind)
    client = editor()
    page = Form(client, address(row))
    page["title"] = "New words"
    page.save()
    entry = LogEntry.objects.latest("pk")
    assert (entry.user.username, entry.object_id, entry.get_change_message()) == ("ed", str(row.pk), "Changed Title.")
    assert "Changed Title." in read(client.get(address(row, "history"))).text


def test_an_addition_and_a_deletion_are_in_the_history(wizard):
    client = editor()
    page = Form(client, f"/admin/wizards/node/add/?wizard={wizard.pk}&kind=question")
    page.save()
    row = Node.objects.latest("pk")
    client.post(address(row, "delete"), {"post": "yes", "revision": row.revision})
    assert list(LogEntry.objects.order_by("pk").values_list("action_flag", flat=True)) == [1, 3]


@pytest.mark.django_db(transaction=True)
@KINDS
def test_of_concurrent_saves_one_succeeds(kind):
    wizard = toy()
    row = row_of(wizard, kind)
    pages = [Form(editor(f"editor{number}"), address(row)) for number in range(4)]
    for number, page in enumerate(pages):
        page["title"] = f"Saved by {number}"
    with racing(4) as race:
        answers = [answer.status_code for answer in race(*[page.save for page in pages])]
    winner = answers.index(302)
    assert sorted(answers) == [200, 200, 200, 302]
    assert row_of(wizard, kind).title == f"Saved by {winner}"
    assert row_of(wizard, kind).revision == row.revision + 1
    assert LogEntry.objects.filter(object_id=str(row.pk)).count() == 1


@pytest.mark.django_db(transaction=True)
def test_nodes_added_at_once_get_different_keys():
    wizard = toy()
    pages = [Form(editor(), f"/admin/wizards/node/add/?wizard={wizard.pk}&kind=question") for _ in range(2)]
    for page in pages:
        page["title"] = "The same"
    with racing(2) as race:
        answers = race(*[page.save for page in pages])
    assert [answer.status_code for answer in answers] == [302, 302], [form_errors(answer) for answer in answers]
    assert set(wizard.nodes.filter(title="The same").values_list("key", flat=True)) == {"the-same", "the-same-2"}


@pytest.mark.django_db(transaction=True)
def test_two_questions_that_are_led_to_each_other_at_once_are_both_saved():
    wizard = toy()
    pages = {}
    for key in ("q", "why"):
        page = pages[key] = Form(editor(key), address(Node.objects.get(wizard=wizard, key=key)))
        target = Node.objects.get(wizard=wizard, key="why" if key == "q" else "q").pk
        page["choices-0-to" if key == "q" else "failed"] = target
    with racing(2) as race:
        answers = race(*[page.save for page in pages.values()])
    assert [answer.status_code for answer in answers] == [302, 302]


def test_the_row_is_locked_from_the_check_to_the_save(wizard):
    from wizards import locking

    row = row_of(wizard, "node")
    with transaction.atomic():
        assert locking.lock_if_current(row, row.revision)
        locking.claim_revision(row, row.revision)
        with pytest.raises(locking.StaleRevisionError):
            locking.claim_revision(row, row.revision - 1)
