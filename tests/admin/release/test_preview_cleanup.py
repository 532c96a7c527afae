"""Previews are deleted with a wizard that was never published, and after a day without use."""

from __future__ import annotations

import importlib
import threading
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.admin.forms.editing import address, editor, toy
from tests.admin.walking import retarget, url
from tests.graphs import TOY, graph
from tests.races import SECONDS, racing
from tests.reading import read
from wizards import journal, publishing
from wizards.models import Event, Node, Session, Version, Wizard

pytestmark = pytest.mark.django_db

AGO = timedelta(days=1, minutes=1)


@pytest.fixture
def unpublished() -> Wizard:
    return publishing.import_document(graph(*TOY))


def begin_preview(wizard: Wizard, key: str = "q", client: Client | None = None) -> Version:
    """Begin a preview at a node; return its version."""
    assert (client or editor()).post(url("preview", wizard.pk, key)).status_code == 303
    return Version.objects.filter(number=None).latest("published_at")


def grow_old(version: Version, walked: timedelta = AGO) -> None:
    """Make a preview and its sessions a day old; `walked` is the age of the last answer."""
    Version.objects.filter(pk=version.pk).update(published_at=timezone.now() - AGO)
    version.sessions.update(begun_at=timezone.now() - AGO, seen_at=timezone.now() - walked)


def delete(wizard: Wizard, client: Client | None = None):
    fields = {"post": "yes", "revision": wizard.revision}
    return (client or editor()).post(address(wizard, "delete"), fields)


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Wizard, Version, Session, Event))


# --- deleting a wizard --------------------------------------------------------------------------------------------


def test_a_wizard_that_was_only_previewed_is_deleted_with_its_previews_and_test_sessions(unpublished):
    begin_preview(unpublished)
    begin_preview(unpublished, "why", editor("ada"))
    page = read(editor().get(address(unpublished, "delete")))
    assert page.all("input", name="post")
    assert "Archive it instead" not in page.text
    assert delete(unpublished).status_code == 302
    assert counts() == (0, 0, 0, 0)


def test_a_deletion_leaves_the_previews_of_other_wizards_alone(unpublished):
    other = publishing.import_document(graph(*TOY, slug="other"))
    begin_preview(other)
    begin_preview(unpublished)
    delete(unpublished)
    assert counts() == (1, 1, 1, 1)


def test_a_wizard_that_was_published_is_not_deleted_and_keeps_its_previews():
    wizard = toy()
    begin_preview(wizard)
    Wizard.objects.update(current=None)  # which would protect the version by itself
    assert "Archive it instead" in delete(wizard).content.decode()
    assert counts() == (1, 2, 1, 1)


def test_a_preview_that_somebody_else_walked_keeps_its_wizard(unpublished):
    version = begin_preview(unpublished)
    journal.begin(version, publishing.PREVIEW, "a customer")
    assert "Archive it instead" in delete(unpublished).content.decode()
    assert counts() == (1, 1, 2, 2)


def test_several_wizards_are_not_deleted_at_once_even_if_they_were_only_previewed(unpublished):
    begin_preview(unpublished)
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    chosen = {"action": "delete_selected", "_selected_action": [unpublished.pk], "post": "yes"}
    root.post("/admin/wizards/wizard/", chosen)
    assert counts() == (1, 1, 1, 1)


def run_concurrently(monkeypatch, where: str, first, second) -> list:
    """Run `first`; when it has called the function `where`, start `second`; return both responses."""
    module, ready = importlib.import_module(where.rpartition(".")[0]), threading.Event()
    name = where.rpartition(".")[2]
    original = getattr(module, name)

    def paused(*args):
        result = original(*args)
        ready.set()
        time.sleep(0.5)  # so long that the other has begun, or waits
        return result

    monkeypatch.setattr(module, name, paused)

    def wait():
        ready.wait(SECONDS)
        return second()

    with racing(2) as race:
        return race(first, wait)


@pytest.mark.django_db(transaction=True)
def test_a_preview_begun_while_its_wizard_is_being_deleted_finds_it_gone_and_says_so(unpublished, monkeypatch):
    begin_preview(unpublished)
    ed, ada = editor(), editor("ada")
    deleted, walked = run_concurrently(
        monkeypatch,
        "wizards.admin.release.preview_cleanup._delete_previews",
        lambda: delete(unpublished, ed),
        lambda: ada.post(url("preview", unpublished.pk, "q")),
    )
    assert (deleted.status_code, walked.status_code) == (302, 303)
    assert "was deleted a moment ago" in read(ada.get(walked.url)).text
    assert counts() == (0, 0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_wizard_deleted_while_a_preview_is_begun_goes_with_it(unpublished, monkeypatch):
    ed, ada = editor(), editor("ada")
    walked, deleted = run_concurrently(
        monkeypatch,
        "wizards.admin.release.preview_cleanup.delete_idle_previews",
        lambda: ada.post(url("preview", unpublished.pk, "q")),
        lambda: delete(unpublished, ed),
    )
    assert (walked.status_code, deleted.status_code) == (303, 302)
    assert ada.get(walked.url).status_code == 404
    assert counts() == (0, 0, 0, 0)


# --- dropping what nobody walks -----------------------------------------------------------------------------------


def test_a_preview_of_yesterday_goes_when_a_new_one_is_made(unpublished):
    old = begin_preview(unpublished)
    grow_old(old)
    retarget("yes", "human")
    new = begin_preview(unpublished)
    assert list(Version.objects.all()) == [new]
    assert [session.version_id for session in Session.objects.all()] == [new.pk]


@pytest.mark.parametrize("walked", [timedelta(0), timedelta(hours=23)])
def test_a_preview_of_yesterday_that_somebody_walks_stays(unpublished, walked):
    grow_old(begin_preview(unpublished), walked)
    retarget("yes", "human")
    begin_preview(unpublished)
    assert counts() == (1, 2, 2, 2)


def test_a_preview_of_today_stays(unpublished):
    begin_preview(unpublished)
    retarget("yes", "human")
    begin_preview(unpublished)
    assert counts() == (1, 2, 2, 2)


def test_a_preview_of_yesterday_that_is_asked_for_again_is_walked_again(unpublished):
    old = begin_preview(unpublished)
    grow_old(old)
    assert begin_preview(unpublished, client=editor("ada")) == old
    retarget("yes", "human")
    begin_preview(unpublished)
    assert Version.objects.filter(pk=old.pk).exists()


def test_a_preview_deleted_while_it_is_requested_is_created_again(unpublished, monkeypatch):
    publishing.create_preview(unpublished, "q")
    # Another editor's preview drops it between being found and being taken.
    monkeypatch.setattr("wizards.publishing.versions.timezone.now", lambda: Version.objects.all().delete() and ago())
    assert publishing.create_preview(unpublished, "q") in Version.objects.all()


def ago():
    return Version._meta.get_field("published_at").to_python("2026-01-01T00:00:00Z")


def test_published_versions_and_other_wizards_previews_stay_however_old_they_are():
    wizard, other = toy(), publishing.import_document(graph(*TOY, slug="other"))
    published, preview = Version.objects.get(), begin_preview(other)
    journal.begin(published, "s", "editor", Session.Channel.TEST)
    for version in (published, preview):
        grow_old(version)
    Node.objects.filter(wizard=wizard, key="q").update(title="New")
    begin_preview(wizard)
    assert {published, preview} <= set(Version.objects.all())
    assert Session.objects.count() == 3


def test_an_old_preview_that_somebody_else_walked_stays(unpublished):
    version = begin_preview(unpublished)
    journal.begin(version, publishing.PREVIEW, "a customer")
    grow_old(version)
    retarget("yes", "human")
    begin_preview(unpublished)
    assert version in Version.objects.all()
    assert version.sessions.count() == 2
