"""Previews: the draft as it is, for the editor alone, counted nowhere."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.admin.forms.editing import editor
from tests.admin.walking import retarget, url
from wizards import publishing
from wizards.models import Cause, Choice, Event, Node, Session, Version, Wizard

pytestmark = pytest.mark.django_db


def begin_preview(wizard: Wizard, key: str = "q", client: Client | None = None):
    """Begin a preview; return the client and the first page."""
    client = client or editor()
    response = client.post(url("preview", wizard.pk, key))
    assert response.status_code == 303
    return client, client.get(response.url)


def test_a_preview_starts_at_any_symptom_and_at_any_node(wizard):
    groups = editor().get(url("previews", wizard.pk)).context["starts"]
    assert {group["label"]: [item["key"] for item in group["nodes"]] for group in groups} == {
        "By symptom": ["q"],
        "From a question": ["q"],
        "From a diagnosis": ["why"],
        "From a procedure page": ["fix"],
        "From an outcome": ["ok", "human"],
    }


@pytest.mark.parametrize("key", ["q", "why", "fix", "ok"])
def test_a_preview_shows_the_page_of_the_node_it_starts_at(wizard, key):
    _, page = begin_preview(wizard, key)
    session = Session.objects.get()
    assert (page.status_code, session.node, session.channel) == (200, key, Session.Channel.TEST)


def test_a_preview_walks_the_draft_and_not_what_is_published(wizard):
    retarget("yes", "human")
    client, page = begin_preview(wizard)
    client.post(page.request["PATH_INFO"], {"answer": "yes"})
    assert Session.objects.get().node == "human"


def test_a_preview_shows_what_the_agent_says_and_what_only_agents_read(wizard):
    Node.objects.filter(key="q").update(say="Ask **kindly**.", note="Do not guess.")
    text = begin_preview(wizard)[1].content.decode()
    assert "Ask <strong>kindly</strong>." in text
    assert "Do not guess." in text


def test_the_note_of_a_cause_is_shown_with_its_procedure(wizard):
    Cause.objects.filter(key="loose").update(note="Often after a move.")
    client, page = begin_preview(wizard, "why")
    shown = client.post(page.request["PATH_INFO"], {"answer": "loose"}, follow=True)
    assert "Often after a move." in shown.content.decode()


def test_a_customer_sees_nothing_of_the_agents_words(wizard):
    Node.objects.filter(key="q").update(say="Ask kindly.", note="Do not guess.")
    publishing.publish(wizard)
    text = Client().post("/begin/toy/s/", follow=True).content.decode()
    assert "Ask kindly." not in text
    assert "preview" not in text


def test_a_draft_with_faults_can_be_walked_up_to_them(wizard):
    Choice.objects.filter(key="yes").update(to=None)
    client, page = begin_preview(wizard)
    response = client.post(page.request["PATH_INFO"], {"answer": "yes"})
    assert "This answer leads nowhere yet." in response.content.decode()


def test_a_node_that_cannot_be_entered_is_reported(wizard):
    Node.objects.filter(key="fix").update(procedure=None)
    client = editor()
    response = client.post(url("preview", wizard.pk, "fix"), follow=True)
    assert "There is nothing to preview there yet." in response.content.decode()
    assert not Session.objects.exists()


def test_a_node_that_is_not_there_is_not_found(wizard):
    assert editor().post(url("preview", wizard.pk, "nowhere")).status_code == 404


def test_a_get_begins_no_preview(wizard):
    assert editor().get(url("preview", wizard.pk, "q")).status_code == 405
    assert not Session.objects.exists()


def test_the_same_draft_previewed_again_is_frozen_once(wizard):
    client, _ = begin_preview(wizard)
    begin_preview(wizard, client=client)
    begin_preview(wizard, client=editor("another"))
    assert Version.objects.filter(number=None).count() == 1


def test_two_previews_frozen_at_the_same_moment_do_not_stop_the_next(wizard):
    begin_preview(wizard)
    twin = Version.objects.get(number=None)
    twin.pk = None
    twin.save()
    assert begin_preview(wizard)[1].status_code == 200


def test_nobody_else_sees_a_preview(wizard):
    _, page = begin_preview(wizard)
    others = (Client(), editor("another"))
    assert [other.get(page.request["PATH_INFO"]).status_code for other in others] == [404, 404]


def test_a_preview_offers_nothing_to_other_visitors(wizard):
    Wizard.objects.update(current=None)
    begin_preview(wizard)
    assert Client().get("/w/toy/").status_code == 404
    assert Client().post("/begin/toy/preview/").status_code == 404


def test_a_preview_is_not_among_the_open_sessions_at_home(wizard):
    client, _ = begin_preview(wizard)
    assert client.get("/").context["open_sessions"] == []


@pytest.mark.parametrize("path", ["", "told/"])
def test_every_link_of_a_preview_of_an_unpublished_wizard_leads_somewhere(wizard, path):
    Wizard.objects.update(current=None)
    client, page = begin_preview(wizard)
    text = client.get(page.request["PATH_INFO"] + path).content.decode()
    assert "/w/toy/" not in text
    assert url("previews", wizard.pk) in text


def test_a_preview_leads_back_to_its_node_on_the_map(wizard):
    assert f'{url("map", wizard.pk)}#q"' in begin_preview(wizard)[1].content.decode()


def test_a_previews_log_is_a_log_like_any_other(wizard):
    client, page = begin_preview(wizard)
    client.post(page.request["PATH_INFO"], {"answer": "yes"})
    assert [event.kind for event in Event.objects.order_by("number")] == ["begin", "answer", "end"]


@pytest.mark.parametrize("of", ["node/", "node/x/", "node/999/", "wizard/", "wizard/x/", f"wizard/{2**70}/"])
def test_an_action_on_a_missing_object_is_not_found(wizard, of):
    tool = "preview" if of.startswith("node") else "export"
    for send in (editor().get, editor().post):
        response = send(f"/admin/wizards/{of}actions/{tool}/", follow=True)
        assert response.status_code == 404 or response.redirect_chain[-1][0] == "/admin/"
    assert editor().get(f"/admin/wizards/{of}change/", follow=True).redirect_chain[-1][0] == "/admin/"
