"""The list of sessions and the page of one: access, content, links."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.analytics.walkers import Walker
from tests.graphs import graph
from tests.reading import read
from tests.staff import staff
from tests.versions import publish_draft
from tests.visitor import rows
from tests.walks import TOY
from wizards import journal
from wizards.models import Disclosure, Event, Session, Wizard
from wizards.review import findings

pytestmark = pytest.mark.django_db

LIST = "/review/sessions/"


def pages_of(session: Session) -> list[str]:
    return [LIST, f"{LIST}{session.code}/", f"{LIST}{session.code}/1/"]


# Who gets in


def test_only_reviewers_see_sessions(clock, toy):
    session = Walker(clock, toy).session
    stranger = staff("view_wizard", name="other")
    assert [Client().get(address).status_code for address in pages_of(session)] == [302, 302, 302]
    assert [stranger.get(address).status_code for address in pages_of(session)] == [404, 404, 404]


def test_reading_changes_nothing(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").remark("words").session
    before = rows()
    for address in pages_of(session):
        assert reviewer.get(address).status_code == 200
    assert {**rows(), "sessions.Session": None} == {**before, "sessions.Session": None}
    assert not Disclosure.objects.exists()


def test_pages_about_sessions_are_not_stored(clock, toy, reviewer):
    pages = [reviewer.get(address) for address in pages_of(Walker(clock, toy).session)]
    assert [page["Cache-Control"] for page in pages] == ["no-store"] * 3


@pytest.mark.parametrize("address", [f"{LIST}222222222222/", f"{LIST}222222222222/1/", f"{LIST}short/"])
def test_an_unknown_session_is_a_404(reviewer, address):
    assert reviewer.get(address).status_code == 404


def test_a_preview_is_a_404(clock, toy, reviewer):
    session = Walker(clock, toy, channel=Session.Channel.TEST).session
    assert [reviewer.get(address).status_code for address in pages_of(session)] == [200, 404, 404]


# The list


def test_the_list_shows_each_session_with_a_link_and_tags(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").back().remark().ask().session
    page = read(reviewer.get(LIST))
    assert f"{LIST}{session.code}/" in page.links
    assert "Question q?" in page.text
    assert "went back asked for a person 1 remark" in page.text


def test_moments_are_shown_in_the_readers_zone(clock, toy, reviewer):
    Walker(clock, toy)
    reviewer.cookies["zone"] = "Asia%2FTokyo"
    assert "2 Mar 2026, 21:00" in read(reviewer.get(LIST)).text


def test_an_invalid_filter_is_reported_and_the_rest_applies(clock, toy, reviewer):
    Walker(clock, toy, "a").answer("yes")
    Walker(clock, toy, "b").answer("no")
    response = reviewer.get(LIST, {"status": "solved", "reference": "1", "agent": "nobody"})
    page = read(response)
    assert response.status_code == 422
    assert "A reference cannot contain “1”" in page.text
    assert "One session fits this filter." in page.text
    assert page.all("input", name="reference")[0]["value"] == "1"


def test_an_invalid_cursor_is_reported_and_the_first_page_shown(clock, toy, reviewer):
    session = Walker(clock, toy).session
    page = read(reviewer.get(LIST, {"older": "x"}))
    assert "Showing the newest sessions" in page.text
    assert f"{LIST}{session.code}/" in page.links


def test_the_links_to_older_sessions_keep_the_filter(clock, toy, reviewer, monkeypatch):
    monkeypatch.setattr("wizards.review.queries.sessions.PAGE_SIZE", 1)
    for name in "abc":
        Walker(clock, toy, name).answer("no")
    page = read(reviewer.get(LIST, {"wizard": "toy", "status": "still"}))
    (older,) = [link for link in page.links if "older=" in link]
    assert "wizard=toy" in older
    assert "status=still" in older
    assert any("newer=" in link for link in read(reviewer.get(LIST + older)).links)


def test_the_queries_of_the_list_do_not_grow_with_sessions(clock, toy, reviewer):
    Walker(clock, toy, "x").answer("no")
    reviewer.get(LIST)
    with CaptureQueriesContext(connection) as one:
        reviewer.get(LIST)
    for number in range(15):
        Walker(clock, toy, f"v{number}").answer("no").remark()
    reviewer.get(LIST)  # the clock has moved: a sign of life is noted, once a minute
    with CaptureQueriesContext(connection) as many:
        reviewer.get(LIST)
    assert len(many) == len(one)


@pytest.mark.parametrize("query", ["channel=agent", "remarked=on", "agent=99"])
def test_advanced_fields_are_collapsed_until_they_are_used(reviewer, query):
    assert "open" not in read(reviewer.get(LIST)).all("details", **{"class": "more"})[0]
    assert "open" in read(reviewer.get(f"{LIST}?{query}")).all("details", **{"class": "more"})[0]


# A session


def test_a_session_shows_its_walk_in_order(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").back().answer("yes").feedback("yes").session
    text = read(reviewer.get(f"{LIST}{session.code}/")).text
    places = [
        "Choose no",
        "Why why",
        "Went back to",
        "Came back to",
        "Choose yes",
        "End ok",
        "They said that it helped",
    ]
    assert [text.index(each) for each in places] == sorted(text.index(each) for each in places)


def test_a_break_is_shown(clock, toy):
    walker = Walker(clock, toy, seconds=0)
    clock.pass_(hours=26)
    walker.answer("no")
    text = read(staff(groups="reviewers").get(f"{LIST}{walker.session.code}/")).text
    assert "A break: nothing happened here for 1 day 2 h." in text


def test_the_queries_of_a_session_do_not_grow_with_its_length(clock, toy, reviewer):
    counts = []
    for name, answers in (("a", ["again"]), ("b", ["again"] * 20)):
        session = Walker(clock, toy, name).answer(*answers).remark().session
        reviewer.get(LIST)  # the clock has moved: a sign of life is noted, once a minute
        for address in pages_of(session)[1:]:
            with CaptureQueriesContext(connection) as queries:
                reviewer.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_editors_get_links_to_the_forms_of_the_sessions_place(clock, reviewer):
    version = publish_draft(TOY)
    session = Walker(clock, version).answer("no", "worn", "next").session
    editor = staff(groups="reviewers", name="both")
    editor_user = User.objects.get(username="both")
    editor_user.groups.add(Group.objects.get(name="editors"))
    wizard = Wizard.objects.get(slug="toy")
    node = wizard.nodes.get(key="why")
    procedure = wizard.procedures.get(key="swap")
    links = read(editor.get(f"{LIST}{session.code}/")).links
    assert {
        f"/admin/wizards/node/{node.pk}/change/",
        f"/admin/wizards/procedure/{procedure.pk}/change/#steps-1",
    } <= links
    links = read(reviewer.get(f"{LIST}{session.code}/")).links
    assert links
    assert not [link for link in links if "/change/" in link]


def test_the_links_back_and_the_tabs_keep_the_filter(clock, toy, reviewer):
    session = Walker(clock, toy).session
    query = "?since=2026-03-01&until=2026-03-02&wizard=toy"
    session_url = f"{LIST}{session.code}/"
    list_links, detail_links, replay_links = (
        read(reviewer.get(address + query)).links for address in (LIST, session_url, f"{session_url}1/")
    )
    assert session_url + query in list_links
    assert {LIST + query, f"{session_url}1/{query}", f"/review/stuck/{query}"} <= detail_links
    assert session_url + query in replay_links


def test_editors_get_a_link_to_the_map_if_the_node_was_removed(clock, toy):
    session = Walker(clock, toy).answer("no").session
    publish_draft(graph("q? yes:ok no:ok", "ok = solved"))
    editor = staff("change_node", "view_session", name="both")
    wizard = Wizard.objects.get(slug="toy")
    assert f"/admin/wizards/wizard/{wizard.pk}/map/" in read(editor.get(f"{LIST}{session.code}/")).links


def test_a_broken_log_is_reported_and_its_events_are_shown(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no", "loose").session
    Event.objects.filter(number=2).update(answer="nonsense")
    response = reviewer.get(f"{LIST}{session.code}/")
    text = read(response).text
    assert response.status_code == 200
    assert "This log cannot be replayed" in text
    assert "nonsense" in text
    assert reviewer.get(f"{LIST}{session.code}/1/")["Location"] == f"{LIST}{session.code}/"


def test_reading_leaves_the_log_intact(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").session
    for address in pages_of(session):
        reviewer.get(address)
    assert len(journal.history_of(session)) == 2


def test_findings_are_shown_only_with_the_right_to_view_them(toy, clock):
    session = Walker(clock, toy).answer("no").session
    findings.open_session_finding(session, User.objects.create(username="lead"), "A secret plan", None)
    address = f"/review/sessions/{session.code}/"
    assert "A secret plan" not in read(staff("view_session").get(address)).text
    assert "A secret plan" in read(staff("view_session", "view_finding").get(address)).text
