"""The reviewers' pages about sessions by HTTP: who gets in, what they show, what is noted."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.graphs import graph
from tests.reading import read
from tests.tallies.walkers import Clock, Walker
from tests.versions import publish
from tests.visitor import rows
from tests.walks import TOY
from wizards import journal
from wizards.models import Disclosure, Event, Session, Wizard
from wizards.views.review.export import note_export

pytestmark = pytest.mark.django_db

LIST, EXPORT = "/review/sessions/", "/review/export/"


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def toy():
    return publish(TOY)


def staff(*rights: str, group: str = "", name: str = "rev") -> Client:
    """Return the browser of a member of staff with these rights."""
    user = User.objects.create(username=name, is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    if group:
        user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def reviewer():
    return staff(group="reviewers")


def pages_of(session: Session) -> list[str]:
    return [LIST, f"{LIST}{session.code}/", f"{LIST}{session.code}/1/"]


# Who gets in


def test_nobody_but_reviewers_sees_sessions(clock, toy):
    session = Walker(clock, toy).session
    other = staff("view_wizard", name="other")
    for address in pages_of(session):
        assert Client().get(address).status_code == 302
        assert other.get(address).status_code == 404


def test_looking_changes_nothing(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").remark("words").session
    before = rows()
    for address in pages_of(session):
        assert reviewer.get(address).status_code == 200
    assert {**rows(), "sessions.Session": None} == {**before, "sessions.Session": None}
    assert not Disclosure.objects.exists()


def test_pages_about_sessions_are_not_stored(clock, toy, reviewer):
    for address in pages_of(Walker(clock, toy).session):
        assert reviewer.get(address)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", [f"{LIST}222222222222/", f"{LIST}222222222222/1/", f"{LIST}short/"])
def test_a_session_that_is_not_there_is_a_404(reviewer, address):
    assert reviewer.get(address).status_code == 404


def test_a_test_by_an_editor_is_a_404(clock, toy, reviewer):
    session = Walker(clock, toy, channel=Session.Channel.TEST).session
    for address in pages_of(session)[1:]:
        assert reviewer.get(address).status_code == 404


# The list


def test_the_list_shows_each_session_with_a_link_and_its_marks(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").back().remark().ask().session
    page = read(reviewer.get(LIST))
    assert f"{LIST}{session.code}/" in page.links
    assert "Question q?" in page.text
    assert "back asked for a person 1 remark" in page.text


def test_moments_are_shown_in_the_readers_zone(clock, toy, reviewer):
    Walker(clock, toy)
    reviewer.cookies["zone"] = "Asia%2FTokyo"
    assert "2 Mar 2026, 21:00" in read(reviewer.get(LIST)).text


def test_a_wrong_choice_is_said_and_the_rest_still_counts(clock, toy, reviewer):
    Walker(clock, toy, "a").answer("yes")
    Walker(clock, toy, "b").answer("no")
    response = reviewer.get(LIST, {"status": "solved", "reference": "1", "agent": "nobody"})
    page = read(response)
    assert response.status_code == 422
    assert "No reference has “1” in it" in page.text
    assert "One session fits this filter." in page.text
    assert page.all("input", name="reference")[0]["value"] == "1"


def test_a_place_in_the_list_that_cannot_be_read_is_said_and_the_beginning_shown(clock, toy, reviewer):
    session = Walker(clock, toy).session
    page = read(reviewer.get(LIST, {"older": "x"}))
    assert "Here is the beginning" in page.text
    assert f"{LIST}{session.code}/" in page.links


def test_the_links_to_older_sessions_keep_the_filter(clock, toy, reviewer, monkeypatch):
    monkeypatch.setattr("wizards.review.sessions.PAGE", 1)
    for name in "abc":
        Walker(clock, toy, name).answer("no")
    page = read(reviewer.get(LIST, {"wizard": "toy", "status": "still"}))
    (older,) = [link for link in page.links if "older=" in link]
    assert "wizard=toy" in older
    assert "status=still" in older
    assert any("newer=" in link for link in read(reviewer.get(LIST + older)).links)


def test_the_list_takes_the_same_queries_for_one_session_as_for_many(clock, toy, reviewer):
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


def test_a_break_is_said_as_one(clock, toy):
    walker = Walker(clock, toy, seconds=0)
    clock.pass_(hours=26)
    walker.answer("no")
    text = read(staff(group="reviewers").get(f"{LIST}{walker.session.code}/")).text
    assert "A break: nothing happened here for 1 day 2 h." in text


def test_a_session_takes_the_same_queries_however_long_it_is(clock, toy, reviewer):
    counts = []
    for name, answers in (("a", ["again"]), ("b", ["again"] * 20)):
        session = Walker(clock, toy, name).answer(*answers).remark().session
        reviewer.get(LIST)  # the clock has moved: a sign of life is noted, once a minute
        for address in pages_of(session)[1:]:
            with CaptureQueriesContext(connection) as queries:
                reviewer.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_editors_are_led_to_the_forms_of_the_place_where_it_stands(clock, reviewer):
    version = publish(TOY)
    session = Walker(clock, version).answer("no", "worn", "next").session
    editor = staff(group="reviewers", name="both")
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
    assert not [link for link in read(reviewer.get(f"{LIST}{session.code}/")).links if "/change/" in link]


def test_the_way_back_to_the_list_and_the_tabs_keep_the_filter_all_along(clock, toy, reviewer):
    session = Walker(clock, toy).session
    query = "?since=2026-03-01&until=2026-03-02&wizard=toy"
    own = f"{LIST}{session.code}/"
    listed, shown, seen = (read(reviewer.get(address + query)).links for address in (LIST, own, f"{own}1/"))
    assert own + query in listed
    assert {LIST + query, f"{own}1/{query}", f"/review/stuck/{query}"} <= shown
    assert own + query in seen


@pytest.mark.parametrize("query", ["channel=agent", "remarked=on", "agent=99"])
def test_what_is_rarely_chosen_is_folded_away_until_it_says_something(reviewer, query):
    assert "open" not in read(reviewer.get(LIST)).all("details", **{"class": "more"})[0]
    assert "open" in read(reviewer.get(f"{LIST}?{query}")).all("details", **{"class": "more"})[0]


def test_where_the_node_is_gone_from_the_draft_editors_are_led_to_the_map(clock, toy):
    session = Walker(clock, toy).answer("no").session
    publish(graph("q? yes:ok no:ok", "ok = solved"))
    editor = staff("change_node", "view_session", name="both")
    wizard = Wizard.objects.get(slug="toy")
    assert f"/admin/wizards/wizard/{wizard.pk}/map/" in read(editor.get(f"{LIST}{session.code}/")).links


def test_a_broken_log_is_said_plainly_and_shown_as_it_is(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no", "loose").session
    Event.objects.filter(number=2).update(answer="nonsense")
    response = reviewer.get(f"{LIST}{session.code}/")
    text = read(response).text
    assert response.status_code == 200
    assert "This log cannot be replayed" in text
    assert "nonsense" in text
    assert reviewer.get(f"{LIST}{session.code}/1/")["Location"] == f"{LIST}{session.code}/"


# What people wrote


def test_what_people_wrote_is_shown_only_when_asked_for_and_noted(clock, toy, reviewer):
    session = Walker(clock, toy).remark("my name is Ann").session
    address = f"{LIST}{session.code}/"
    assert b"Ann" not in reviewer.get(address).content
    page = read(reviewer.post(address))
    assert "my name is Ann" in page.text
    noted = Disclosure.objects.get()
    assert (noted.user.username, noted.what, noted.count) == ("rev", "words", 1)
    assert noted.where.replace(" ", "").lower() == session.code


def test_without_the_right_nobody_reads_what_people_wrote(clock, toy):
    session = Walker(clock, toy).remark("my name is Ann").session
    client = staff("view_session")
    page = read(client.get(f"{LIST}{session.code}/"))
    assert "Show what they wrote" not in page.text
    assert "You have no right to read them" in page.text
    response = client.post(f"{LIST}{session.code}/")
    assert response.status_code == 404
    assert b"Ann" not in response.content
    assert not Disclosure.objects.exists()


def test_nothing_is_shown_where_it_cannot_be_noted(clock, toy, reviewer, monkeypatch):
    session = Walker(clock, toy).remark("my name is Ann").session

    def fail(**_):
        raise RuntimeError("no room")

    monkeypatch.setattr(Disclosure.objects, "create", fail)
    with pytest.raises(RuntimeError):
        reviewer.post(f"{LIST}{session.code}/")


def test_what_was_not_shown_in_the_end_is_not_noted(clock, toy, reviewer, monkeypatch):
    session = Walker(clock, toy).remark("my name is Ann").session

    def fail(*_, **__):
        raise RuntimeError("no page")

    monkeypatch.setattr("wizards.views.review.sessions.walk_page", fail)
    with pytest.raises(RuntimeError):
        reviewer.post(f"{LIST}{session.code}/")
    assert not Disclosure.objects.exists()


def test_what_people_wrote_cannot_become_markup(clock, toy, reviewer):
    session = Walker(clock, toy).remark("<script>alert(1)</script>").session
    assert b"<script>alert" not in reviewer.post(f"{LIST}{session.code}/").content


# Step by step


def seen(reviewer, session, number):
    return read(reviewer.get(f"{LIST}{session.code}/{number}/"))


def test_each_page_is_shown_as_the_person_saw_it(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no", "worn", "next", "next", "worked").session
    headings = [seen(reviewer, session, number).h1 for number in range(1, 7)]
    assert headings == ["Question q?", "Why why", "Step open", "Step change", "Step close", "End ok"]


def test_stepping_through_shows_the_old_words_after_the_wizard_has_changed(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no", "loose").session
    changed = TOY.plain()
    for part in (*changed["nodes"], *changed["procedures"]):
        part["title"] = "Now it is called otherwise"
    changed["nodes"][0]["choices"][1]["label"] = "Another answer"
    publish(type(TOY).model_validate(changed))
    for number in (1, 2, 3):
        page = seen(reviewer, session, number)
        assert "otherwise" not in page.text
        assert "Another answer" not in page.text
    assert "Choose no" in seen(reviewer, session, 1).text
    assert "Procedure tighten" in seen(reviewer, session, 3).text


def test_the_answer_given_is_marked_on_its_card(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no", "worn").session
    first, second = seen(reviewer, session, 1), seen(reviewer, session, 2)
    assert [radio["value"] for radio in first.all("input", type="radio") if "checked" in radio] == ["no"]
    assert [radio["value"] for radio in second.all("input", type="radio") if "checked" in radio] == ["worn"]
    assert first.html.count('class="given"') == second.html.count('class="given"') == 1


@pytest.mark.parametrize(
    ("answers", "label"),
    [
        (["lost", "decline"], "No, show me another way"),
        (["loose", "failed"], "It did not work"),
        (["none"], "None of these fits"),
    ],
)
def test_the_answer_given_is_marked_on_its_button(clock, toy, reviewer, answers, label):
    session = Walker(clock, toy).answer("no", *answers).session
    html = seen(reviewer, session, len(answers) + 1).html
    assert html.count('class="given"') == 1
    assert f'{label}<b class="given">' in html


def test_whether_it_helped_is_marked_at_the_end(clock, toy, reviewer):
    session = Walker(clock, toy).answer("yes").feedback("no").session
    assert 'No<b class="given">' in seen(reviewer, session, 2).html


def test_a_page_that_was_not_answered_has_no_mark(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").session
    page = seen(reviewer, session, 2)
    assert 'class="given"' not in page.html
    assert "Nothing was answered here yet" in page.text


def test_nothing_on_a_page_that_is_stepped_through_does_anything(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no", "lost", "confirm", "next", "worked").feedback("yes").session
    for number in range(1, 7):
        page = seen(reviewer, session, number)
        assert page.whole
        assert not page.all("form")
        assert not page.all("script")
        assert all(button["type"] == "button" and "formaction" not in button for button in page.all("button"))
        assert all("disabled" in field for field in page.all("input"))
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("hx-")]
        own = (LIST, "#")
        assert not [link for link in page.links if not link.startswith(own)]


def test_the_bar_leads_to_the_pages_before_and_after(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").remark().back().answer("yes").session
    # begin, answer, remark, back, answer, end: pages 1, 2, 4, 5
    page = seen(reviewer, session, 2)
    ways = {link.get("rel"): link["href"] for link in page.all("a") if "rel" in link}
    assert ways == {"prev": f"{LIST}{session.code}/1/", "next": f"{LIST}{session.code}/4/"}
    assert f"{LIST}{session.code}/5/" in page.links
    assert "Page 2 of 4" in page.text
    assert "after 20 s" in page.text


def test_the_first_page_has_none_before_and_the_last_none_after(clock, toy, reviewer):
    session = Walker(clock, toy).answer("yes").session
    assert [link["rel"] for link in seen(reviewer, session, 1).all("a") if "rel" in link] == ["next"]
    assert [link["rel"] for link in seen(reviewer, session, 3).all("a") if "rel" in link] == ["prev"]


@pytest.mark.parametrize("number", [0, 3, 10**12])
def test_a_page_that_was_not_reached_is_a_404(clock, toy, reviewer, number):
    session = Walker(clock, toy).answer("no").session
    assert reviewer.get(f"{LIST}{session.code}/{number}/").status_code == 404


# Export


def export(client, what="sessions", query="", **form):
    response = client.post(f"{EXPORT}?{query}", {"what": what, **form})
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_an_export_streams_what_the_filter_chooses_as_a_file(clock, toy, reviewer):
    Walker(clock, toy, "a").answer("yes")
    Walker(clock, toy, "b").answer("no")
    response = reviewer.post(f"{EXPORT}?status=solved", {"what": "sessions"})
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="sessions-2026-03-02.csv"'
    assert response["Cache-Control"] == "no-store"
    assert [line["state"] for line in export(reviewer, query="status=solved")] == ["solved"]


def test_every_export_is_noted_before_its_first_line(clock, toy, reviewer):
    Walker(clock, toy).answer("yes").remark("hello")
    reviewer.post(f"{EXPORT}?status=solved", {"what": "sessions"})
    reviewer.post(f"{EXPORT}?status=solved", {"what": "events", "words": "on"})
    first, second = Disclosure.objects.order_by("pk")
    assert (first.what, first.user.username, first.count) == ("export", "rev", 1)
    assert first.where.startswith("sessions: ")
    assert "status=solved" in first.where
    assert second.where.startswith("events with words: ")
    assert second.count == 4


def test_the_note_of_a_long_export_says_in_the_end_how_many_lines_it_had(clock, toy, reviewer, monkeypatch):
    monkeypatch.setattr("wizards.review.export.MOST_COUNTED", 1)
    for name in "abc":
        Walker(clock, toy, name)
    response = reviewer.post(EXPORT, {"what": "sessions"})
    assert Disclosure.objects.get().count == 2
    assert len(b"".join(response.streaming_content).splitlines()) == 4
    assert Disclosure.objects.get().count == 3


def test_the_note_of_an_export_that_was_broken_off_keeps_what_was_asked_for(rf, reviewer):
    request = rf.post(EXPORT)
    request.user = User.objects.get()
    told = note_export(request, "sessions: ", least=5)
    told(3)
    assert Disclosure.objects.get().count == 5
    told(7)
    assert Disclosure.objects.get().count == 7


def test_a_long_filter_is_noted_as_far_as_there_is_room(clock, toy, reviewer):
    Walker(clock, toy)
    query = "wizard=toy&version=1&channel=self&language=en&status=still&node=why&cause=lost&step=erase"
    query += "&remarked=on&helped=on&backed=on&since=2026-01-01&until=2026-12-31"
    assert export(reviewer, query=query) == []
    assert len(Disclosure.objects.get().where) <= 200


def test_words_are_exported_only_with_the_right_to_read_them(clock, toy, reviewer):
    Walker(clock, toy).remark("my name is Ann")
    assert "words" not in export(reviewer, "events")[0]
    assert export(reviewer, "events", words="on")[1]["words"] == "my name is Ann"
    client = staff("view_session", name="other")
    assert client.post(EXPORT, {"what": "events", "words": "on"}).status_code == 404
    assert "words" not in export(client, "events")[0]


def test_a_wrong_filter_exports_nothing_and_is_said(clock, toy, reviewer):
    response = reviewer.post(f"{EXPORT}?status=sideways", {"what": "sessions"})
    assert response.status_code == 422
    assert "There is no “sideways”" in read(response).text
    assert not Disclosure.objects.exists()


def test_an_unknown_export_is_a_404(clock, toy, reviewer):
    assert reviewer.post(EXPORT, {"what": "everything"}).status_code == 404


def test_export_is_a_post_of_reviewers(clock, toy, reviewer):
    assert reviewer.get(EXPORT).status_code == 405
    assert Client().post(EXPORT, {"what": "sessions"}).status_code == 302
    assert staff("view_wizard", name="other").post(EXPORT, {"what": "sessions"}).status_code == 404


def test_the_columns_are_described_beside_the_button(clock, toy, reviewer):
    Walker(clock, toy)
    text = read(reviewer.get(LIST)).text
    assert "The session’s reference, in groups" in text
    assert "What the person wrote with it" in text


def test_an_export_does_not_write_the_log(clock, toy, reviewer):
    Walker(clock, toy).answer("no")
    before = rows()
    export(reviewer, "events")
    assert rows() == before


def test_the_log_still_holds_after_all_this(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").session
    for address in pages_of(session):
        reviewer.get(address)
    assert len(journal.history_of(session)) == 2
