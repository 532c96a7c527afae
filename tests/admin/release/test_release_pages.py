"""What the release pages share: permissions, and a constant number of queries."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.admin.forms.editing import editor, large, toy
from tests.admin.walking import url
from tests.staff import staff
from wizards import publishing
from wizards.models import Node, Session, Version, Wizard

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def page_urls(wizard: Wizard) -> dict[str, str]:
    """Return the URLs of pages."""
    return {
        "check": url("check", wizard.pk),
        "previews": url("previews", wizard.pk),
        "publish": url("publish", wizard.pk),
        "versions": url("versions", wizard.pk),
        "compare": url("compare", wizard.pk, "1", "draft"),
        "restore": url("restore", wizard.pk, 1),
        "export": url("export", wizard.pk, "draft", "yaml"),
        "import": url("import"),
    }


def action_urls(wizard: Wizard) -> dict[str, str]:
    """Return the URLs that act on a POST."""
    return {
        "preview": url("preview", wizard.pk, "q"),
        "publish": url("publish", wizard.pk),
        "restore": url("restore", wizard.pk, 1),
        "archive": url("archive", wizard.pk),
        "import": url("import"),
    }


def changed(wizard: Wizard) -> Wizard:
    """Publish a wizard, and change every node of its draft."""
    publishing.document_of.cache_clear()
    publishing.publish(wizard)
    for node in Node.objects.filter(wizard=wizard):
        Node.objects.filter(pk=node.pk).update(title=f"{node.title} now")
    return Wizard.objects.get(pk=wizard.pk)


@pytest.mark.parametrize("page", ["check", "previews", "publish", "versions", "compare", "restore", "export"])
def test_a_page_asks_as_often_for_300_nodes_as_for_10(page):
    counts = []
    large(10, slug="shares-procedures")
    for size in (10, 300):
        wizard, client = changed(large(size, slug=f"large-{size}")), editor()
        client.get(page_urls(wizard)[page])
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page_urls(wizard)[page]).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25


def test_the_list_of_versions_asks_as_often_for_many_as_for_one():
    wizard, client = toy(), editor()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(url("versions", wizard.pk))
        counts.append(len(queries))
        for number in range(10):
            Node.objects.filter(key="q").update(title=f"Is it on {number}?")
            publishing.publish(wizard, author=User.objects.create(username=f"a{len(counts)}-{number}"))
    assert counts[0] + 1 >= counts[1]


@pytest.mark.parametrize("page", ["check", "previews", "publish", "versions", "compare", "restore", "export", "import"])
def test_editors_open_every_page(page):
    assert editor().get(page_urls(toy())[page]).status_code == 200


@pytest.mark.parametrize("group", ["agents", "reviewers"])
def test_agents_and_reviewers_open_none_and_do_nothing(group):
    wizard, client = toy(), staff(groups=group)
    assert {client.get(address).status_code for address in page_urls(wizard).values()} == {403}
    assert {client.post(address).status_code for address in action_urls(wizard).values()} == {403}
    assert not Session.objects.exists()


def test_anonymous_visitors_are_sent_to_sign_in():
    wizard, client = toy(), Client()
    for address in page_urls(wizard).values():
        assert client.get(address).url.startswith("/admin/login/")
    for address in action_urls(wizard).values():
        assert client.post(address).url.startswith("/admin/login/")
    assert (Session.objects.count(), Version.objects.count()) == (0, 1)


def test_every_action_needs_the_csrf_token():
    wizard, client = toy(), Client(enforce_csrf_checks=True)
    editor()
    client.force_login(User.objects.get(username="ed"))
    assert {client.post(address).status_code for address in action_urls(wizard).values()} == {403}


def test_a_wizard_that_is_not_there_is_not_found():
    wizard = toy()
    client = editor()
    wizard.pk += 1000
    assert client.get(url("check", wizard.pk)).status_code == 404


@pytest.mark.parametrize("page", ["check", "previews", "publish", "versions", "compare", "restore", "import"])
def test_no_page_has_inline_scripts_or_styles(page):
    text = editor().get(page_urls(changed(toy()))[page]).content.decode()
    assert " style=" not in text
    assert "<style" not in text
    scripts = text.split("<script")[1:]
    assert scripts
    assert all("src=" in tag or "application/json" in tag for tag in scripts)
