"""How a node's page looks while its form is being filled in."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.admin.forms import editor
from tests.graphs import TOY, graph
from wizards import publishing
from wizards.models import Choice, Event, Node, Session, Version

pytestmark = pytest.mark.django_db


def address(key="q", *lines):
    publishing.load(graph(*(lines or TOY)))
    return reverse("admin:wizards_look", args=[Node.objects.get(key=key).pk])


def test_the_page_shows_what_is_typed_and_not_saved():
    page = editor().post(address(), {"title": "Is it lit?", "text": "Look *closely*."}).content.decode()
    assert "<h1" in page
    assert "Is it lit?" in page
    assert "<em>closely</em>" in page
    assert Node.objects.get(key="q").title == "Question q?"


def test_the_agents_words_stand_below():
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
def test_every_kind_of_node_can_be_looked_at(key):
    response = editor().post(address(key), {})
    assert response.status_code == 200
    assert "<script" not in response.content.decode()


@pytest.mark.parametrize("form", [{"title": "x" * 301}, {"text": "a\0b"}, {"text": "x" * 8001}])
def test_what_cannot_be_shown_is_said(form):
    response = editor().post(address(), form)
    assert response.status_code == 422
    assert "cannot be shown yet" in response.content.decode()


def test_a_procedure_that_is_missing_is_said():
    response = editor().post(address("fix", "fix[] worked:ok failed:ok blocked:ok", "ok = solved"), {})
    assert response.status_code == 422
    assert "not ready yet" in response.content.decode()


def test_script_in_what_is_typed_is_text():
    page = editor().post(address(), {"title": "<script>alert(1)</script>", "text": "<img src=x>"}).content.decode()
    assert "<script" not in page
    assert "<img" not in page


def test_looking_stores_nothing():
    editor().post(address(), {"title": "Is it lit?"})
    assert not Session.objects.exists()
    assert not Event.objects.exists()
    assert not Version.objects.exists()


def test_only_editors_look():
    where = address()
    assert Client().post(where, {}).status_code == 302
    assert editor().get(where).status_code == 405
