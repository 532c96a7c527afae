"""Versions: the list, comparison, restoring, export and archiving; and that no walked version is deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.db.models import ProtectedError
from django.test import Client
from django.utils import timezone

from tests.admin.forms.editing import editor, toy
from tests.admin.walking import retarget, url, walk
from tests.graphs import graph
from tests.races import racing
from wizards import flow, journal, publishing
from wizards.models import Event, Node, Procedure, Session, Step, Version, Wizard
from wizards.privacy import retention

pytestmark = pytest.mark.django_db


@pytest.fixture
def wizard() -> Wizard:
    """A wizard with two versions; the second says “Is it on?”."""
    made = toy()
    Node.objects.filter(key="q").update(title="Is it on?")
    publishing.publish(made, note="Clearer")
    made.refresh_from_db()
    return made


def draft(wizard: Wizard) -> flow.Document:
    return publishing.compile_draft(wizard)


def version(number: int) -> flow.Document:
    return publishing.document_of(Version.objects.get(number=number).pk)


def restore(wizard: Wizard, number: int = 1, client: Client | None = None, **fields: str):
    client = client or editor()
    address = url("restore", wizard.pk, number)
    return client.post(address, {"seen": client.get(address).context["seen"]} | fields)


# --- the list -----------------------------------------------------------------------------------------------------


def test_versions_are_listed_newest_first_with_note_and_sessions(wizard):
    walk(wizard, "yes")
    walk(wizard)
    listed = editor().get(url("versions", wizard.pk)).context["versions"]
    assert [(each.number, each.note, begun) for each, begun in listed] == [(2, "Clearer", 2), (1, "", 0)]


def test_previews_are_neither_versions_nor_sessions_of_the_list(wizard):
    client = editor()
    client.post(url("preview", wizard.pk, "q"))
    journal.begin(wizard.current, "s", "an editor", Session.Channel.TEST)
    listed = client.get(url("versions", wizard.pk)).context["versions"]
    assert [(each.number, begun) for each, begun in listed] == [(2, 0), (1, 0)]


def test_sessions_that_were_deleted_since_still_count_on_the_list(wizard):
    walk(wizard, "yes")
    Session.objects.update(seen_at=timezone.now() - timedelta(days=400), begun_at=timezone.now() - timedelta(days=400))
    Event.objects.update(at=timezone.now() - timedelta(days=400))
    retention.purge_expired()
    assert not Session.objects.exists()
    listed = editor().get(url("versions", wizard.pk)).context["versions"]
    assert [(each.number, begun) for each, begun in listed] == [(2, 1), (1, 0)]


# --- comparing ----------------------------------------------------------------------------------------------------


def test_any_two_versions_are_compared_in_words(wizard):
    changes = editor().get(url("compare", wizard.pk, "1", "2")).context["changes"]
    assert [str(change) for change in changes] == [
        "node “Is it on?” › title reworded from “Question q?” to “Is it on?”"
    ]


def test_the_draft_is_compared_with_a_version(wizard):
    retarget("yes", "human")
    text = editor().get(url("compare", wizard.pk, "2", "draft")).content.decode()
    assert "<del>ok</del>" in text
    assert "<ins>human</ins>" in text


def test_two_chosen_versions_redirect_to_their_comparison(wizard):
    response = editor().get(url("choose", wizard.pk), {"before": "1", "after": "draft"})
    assert response.url == url("compare", wizard.pk, "1", "draft")


@pytest.mark.parametrize("number", ["0", "3", "9999999999", "x", "²"])
def test_a_version_that_is_not_there_is_not_found(wizard, number):
    assert editor().get(url("compare", wizard.pk, "1", number)).status_code == 404


# --- loading back -------------------------------------------------------------------------------------------------


def test_restoring_first_shows_what_the_draft_loses(wizard):
    text = editor().get(url("restore", wizard.pk, 1)).content.decode()
    assert "<del>Is it on?</del>" in text
    assert draft(wizard) == version(2)


def test_restoring_makes_the_draft_equal_to_the_version(wizard):
    assert restore(wizard).url == url("publish", wizard.pk)
    assert draft(wizard) == version(1)


def test_restoring_publishes_nothing(wizard):
    restore(wizard)
    wizard.refresh_from_db()
    assert (wizard.current.number, Version.objects.count()) == (2, 2)


def test_restoring_is_in_the_history(wizard):
    restore(wizard)
    assert LogEntry.objects.get().change_message == "Restored version 1 into the draft"


def test_restoring_makes_open_forms_stale(wizard):
    before = dict(Node.objects.values_list("key", "revision"))
    restore(wizard)
    after = dict(Node.objects.values_list("key", "revision"))
    assert after.keys() == before.keys() == {"q", "why", "fix", "ok", "human"}
    assert all(after[key] > before[key] for key in before)
    assert Wizard.objects.get(pk=wizard.pk).revision > wizard.revision
    assert not Procedure.objects.filter(revision__lte=1).exists()


def test_a_draft_that_changed_meanwhile_is_not_overwritten(wizard):
    client = editor()
    seen = client.get(url("restore", wizard.pk, 1)).context["seen"]
    retarget("yes", "human")
    response = restore(wizard, client=client, seen=seen)
    assert response.status_code == 409
    assert "Somebody changed the draft meanwhile." in response.content.decode()
    assert draft(wizard) != version(1)


def test_restoring_needs_the_fingerprint_that_was_shown(wizard):
    assert restore(wizard, seen="").status_code == 409
    assert draft(wizard) == version(2)


def test_a_wizard_whose_slug_was_changed_stays_the_same_wizard(wizard):
    Wizard.objects.update(slug="renamed")
    assert restore(wizard).status_code == 302
    assert [each.slug for each in Wizard.objects.all()] == ["renamed"]


def test_other_wizards_whose_procedures_would_change_are_named(wizard):
    other = graph("q[press] worked:ok failed:ok blocked:ok", "ok = solved", "press: hold release", slug="other")
    publishing.import_document(other)
    Step.objects.filter(key="hold").update(title="Hold it")
    assert editor().get(url("restore", wizard.pk, 1)).context["shared"] == ["Other"]


@pytest.mark.django_db(transaction=True)
def test_of_two_concurrent_restores_one_is_refused():
    wizard = toy()
    Node.objects.filter(key="q").update(title="Is it on?")
    publishing.publish(wizard)
    outcomes = []
    with racing(2) as race:
        for number in (1, 2, 1, 2):
            Node.objects.filter(key="q").update(title=f"Or {number}?")
            seen, back = draft(wizard).content_hash(), Version.objects.get(number=number)
            results = race(*[lambda back=back, seen=seen: publishing.restore(back, seen)] * 2)
            outcomes.append(sorted(type(result).__name__ for result in results))
    assert outcomes == [["StaleRevisionError", "Wizard"]] * 4


# --- export -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_an_exported_version_reads_back_with_the_same_hash(wizard, form):
    response = editor().get(url("export", wizard.pk, "1", form))
    assert response.headers["Content-Disposition"] == f'attachment; filename="toy-v1.{form}"'
    assert flow.parse_document(response.content, form).content_hash() == version(1).content_hash()


def test_a_draft_with_faults_can_be_exported(wizard):
    Node.objects.filter(key="q").update(title="")
    response = editor().get(url("export", wizard.pk, "draft", "yaml"))
    assert flow.parse_document(response.content) == draft(wizard)


def test_there_is_no_other_form(wizard):
    assert editor().get(url("export", wizard.pk, "1", "xml")).status_code == 404


# --- the archive --------------------------------------------------------------------------------------------------


def archive(wizard: Wizard, archived: str = "yes"):
    return editor().post(url("archive", wizard.pk), {"archived": archived})


def test_an_archived_wizard_is_on_no_page_and_takes_no_session(wizard):
    archive(wizard)
    visitor = Client()
    assert "Toy" not in visitor.get("/").content.decode()
    assert visitor.get("/w/toy/").status_code == 404
    assert "It does not work" not in visitor.get("/search/", {"q": "does not work"}).content.decode()
    assert visitor.post("/begin/toy/s/").status_code == 404
    assert not Session.objects.exists()


def test_sessions_of_an_archived_wizard_go_on_to_their_end(wizard):
    visitor = Client()
    address = visitor.post("/begin/toy/s/").url
    archive(wizard)
    assert visitor.post(address, {"answer": "yes"}).status_code == 303
    assert Session.objects.get().status == "solved"


def test_an_archived_wizard_can_be_brought_back(wizard):
    archive(wizard)
    archive(wizard, "no")
    assert Client().get("/w/toy/").status_code == 200


def test_archiving_twice_archives_and_is_in_the_history_once(wizard):
    archive(wizard)
    archive(wizard)
    assert Wizard.objects.get().archived
    assert LogEntry.objects.count() == 1


# --- nothing deletes what was walked ------------------------------------------------------------------------------


def test_a_version_with_sessions_is_not_deleted(wizard):
    walk(wizard)
    Wizard.objects.update(current=None)  # which would protect the version by itself
    with pytest.raises(ProtectedError):
        Version.objects.get(number=2).delete()


def test_versions_with_sessions_are_not_deleted_in_bulk(wizard):
    walk(wizard)
    Wizard.objects.update(current=None)  # which would protect the version by itself
    with pytest.raises(ProtectedError):
        Version.objects.all().delete()
    assert Version.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_database_itself_keeps_a_version_with_sessions():
    session = walk(toy())
    Wizard.objects.update(current=None)
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM wizards_version WHERE id = %s", [session.version_id])


def test_a_wizard_with_versions_is_not_deleted(wizard):
    walk(wizard)
    Wizard.objects.update(current=None)  # which would protect the version by itself
    with pytest.raises(ProtectedError):
        Wizard.objects.all().delete()


def superuser() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_the_admin_deletes_no_wizard_with_versions(wizard):
    walk(wizard)
    fields = {"post": "yes", "revision": str(wizard.revision)}
    superuser().post(f"/admin/wizards/wizard/{wizard.pk}/delete/", fields)
    assert (Wizard.objects.count(), Version.objects.count(), Session.objects.count()) == (1, 2, 1)


@pytest.mark.parametrize("model", ["wizard", "version"])
def test_the_admins_bulk_action_deletes_neither_wizards_nor_versions(wizard, model):
    walk(wizard)
    chosen = [wizard.pk] if model == "wizard" else list(Version.objects.values_list("pk", flat=True))
    fields = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    superuser().post(f"/admin/wizards/{model}/", fields)
    assert (Wizard.objects.count(), Version.objects.count()) == (1, 2)


def test_the_admin_deletes_no_version(wizard):
    first = Version.objects.get(number=1)
    assert superuser().post(f"/admin/wizards/version/{first.pk}/delete/", {"post": "yes"}).status_code == 403


def test_when_an_author_goes_the_version_stays(wizard):
    author = User.objects.create(username="gone")
    Version.objects.update(author=author)
    author.delete()
    assert Version.objects.filter(author=None).count() == 2
