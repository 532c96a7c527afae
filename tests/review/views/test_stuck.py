"""Stuck points and the map by HTTP: who gets in, what they show, where they lead, what is noted."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.graphs import graph
from tests.reading import Reading, read
from tests.review.walking import Desk
from tests.staff import staff
from tests.versions import publish_draft
from tests.visitor import HTMX, rows
from tests.walks import TOY
from wizards.models import Disclosure, Finding, Node, Procedure, Session, Wizard
from wizards.review import findings

pytestmark = pytest.mark.django_db

STUCK, MAP, DATA, WORDS = "/review/stuck/", "/review/map/", "/review/map/traffic.json", "/review/stuck/words/"
PAGES = (STUCK, MAP, DATA)


@pytest.fixture
def desk(monkeypatch) -> Desk:
    publish_draft(TOY)
    return Desk(monkeypatch)


@pytest.fixture
def reviewer(desk) -> Client:
    return staff(groups="reviewers")


def page(client: Client, address: str = STUCK, **query: Any) -> Reading:
    response = client.get(address, query)
    assert response.status_code == 200
    return read(response)


def links(found: Reading, start: str) -> list[dict[str, list[str]]]:
    """Return the queries of the links that lead there, but for the filter's dates and the tabs."""
    queries = [parse_qs(urlsplit(link).query) for link in sorted(found.links) if link.startswith(start)]
    mine = [{name: each[0] for name, each in query.items() if name not in ("since", "until")} for query in queries]
    return [query for query in mine if "node" in query]


# Who gets in


@pytest.mark.parametrize("address", PAGES)
def test_who_is_not_signed_in_may_do_so_first(desk, address):
    response = Client().get(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/?next=/review/")


@pytest.mark.parametrize("address", PAGES)
def test_staff_without_the_right_find_nothing(desk, address):
    assert staff(groups="editors").get(address).status_code == 404


@pytest.mark.parametrize("address", PAGES)
def test_looking_writes_nothing(desk, reviewer, address):
    desk.person().answer("no").remark("no lamp")
    before = rows(*apps.get_models())
    assert reviewer.get(address).status_code == 200
    assert rows(*apps.get_models()) == before


@pytest.mark.parametrize("address", PAGES)
def test_these_pages_only_take_looking(reviewer, address):
    assert reviewer.post(address).status_code == 405
    assert reviewer.get(WORDS).status_code == 405


# Stuck points


def test_the_page_says_on_top_where_most_people_are_lost(desk, reviewer):
    desk.people(8, "no")
    desk.people(2, "yes")
    desk.hour_passes()
    assert "Most people are lost at Why why: 8 of 8 who came there." in page(reviewer).text


def test_it_names_a_few_that_are_too_close_and_none_where_numbers_are_too_small(desk, reviewer):
    desk.people(2, "no")
    desk.hour_passes()
    assert "2 were lost on the way. The numbers are too small to tell" in page(reviewer).text
    desk.people(18, "no")
    desk.people(18)
    desk.hour_passes()
    assert "Most people are lost at Why why: 20 of 20, or Question q?: 18 of 38" in page(reviewer).text


def test_where_nobody_came_the_page_says_so(reviewer):
    assert "Nobody came by in this period" in page(reviewer).text


def test_a_row_has_every_rate_with_its_limits_and_the_time(desk, reviewer):
    desk.people(2, "no")
    desk.person().answer("no").back()
    desk.hour_passes()
    text = page(reviewer).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "2 of 3, likely 21 to 94 %" in text  # lost at the diagnosis
    assert "1 of 3, likely 6 to 79 %" in text  # went back from there
    assert "half 10 s" in text


def test_a_row_leads_to_its_sessions_to_its_form_and_to_the_queue(desk, reviewer):
    desk.people(2, "no")
    desk.hour_passes()
    found = page(reviewer)
    assert links(found, "/review/sessions/") == [
        {"wizard": "toy", "node": "why", "cause": "-", "status": "left"},
    ]
    assert {"wizard": "toy", "node": "why"} in links(found, "/review/queue/new/")
    assert found.links
    assert not [link for link in found.links if "/change/" in link]


def test_an_editor_who_reviews_finds_the_form_of_the_node_and_of_the_step(desk):
    desk.people(1, "no", "worn", "next")
    desk.hour_passes()
    client = staff("view_session", "change_node", "change_procedure")
    found = page(client).links
    why = f"/admin/wizards/node/{Node.objects.get(key='why').pk}/change/"
    assert why in found
    assert f"/admin/wizards/procedure/{Procedure.objects.get(key='swap').pk}/change/#steps-1" in found
    Node.objects.get(key="why").delete()
    assert why not in page(client).links


def test_the_links_of_steps_and_confirmations_name_them(desk, reviewer):
    desk.people(1, "no", "lost")
    desk.people(1, "no", "worn")
    desk.hour_passes()
    found = links(page(reviewer), "/review/sessions/")
    assert {"wizard": "toy", "node": "why", "cause": "lost", "step": "-", "status": "left"} in found
    assert {"wizard": "toy", "node": "why", "cause": "worn", "step": "open", "status": "left"} in found


def test_the_links_find_the_sessions_that_are_counted(desk, reviewer):
    for answers in ((), ("no",), ("no", "lost"), ("no", "worn"), ("no", "worn", "next")):
        desk.people(1, *answers)
    desk.hour_passes()
    found = [link for link in page(reviewer).links if "status=left" in link]
    assert len(found) == 5
    for link in found:
        listed = [
            each for each in read(reviewer.get(link)).links if re.fullmatch(r"/review/sessions/\w+/(\?.*)?", each)
        ]
        assert len(listed) == 1, link


def test_a_shared_step_leads_to_the_sessions_of_each_of_its_places(desk, reviewer):
    lines = ("one[press] worked:ok failed:q blocked:q", "two[press] worked:ok failed:q blocked:q", "ok = solved")
    version = publish_draft(graph("q? a:one b:two", *lines, "press: hold", slug="shared"))
    desk.people(1, "a", version=version)
    desk.people(2, "b", version=version)
    desk.hour_passes()
    found = page(reviewer)
    assert "In 2 places" in found.text
    assert [each["node"] for each in links(found, "/review/sessions/")] == ["one", "two"]


def test_versions_stand_apart_on_request(desk, reviewer):
    desk.people(1, "no")
    first, *others = TOY.nodes
    version = publish_draft(
        TOY.model_copy(update={"nodes": (first.model_copy(update={"title": "Is it on?"}), *others)})
    )
    desk.people(1, "no", version=version)
    desk.hour_passes()
    assert "version 1" not in page(reviewer).text
    apart = page(reviewer, apart=1)
    assert "version 1" in apart.text
    assert "version 2" in apart.text
    assert {each.get("version") for each in links(apart, "/review/sessions/")} == {"1", "2"}


def test_a_long_list_is_cut_and_can_be_shown_whole(desk, reviewer, monkeypatch):
    monkeypatch.setattr("wizards.review.views.stuck.MAX_ROWS", 1)
    desk.people(2, "no")
    found = page(reviewer)
    assert "The first 1 of 2 pages" in found.text
    assert len(page(reviewer, all=1).all("tr")) == len(found.all("tr")) + 1


@pytest.mark.parametrize("address", [STUCK, MAP])
def test_a_wrong_filter_is_said_and_the_rest_of_it_kept(desk, reviewer, address):
    response = reviewer.get(address, {"wizard": "toy", "since": "2026-05-01", "until": "2026-04-01"})
    assert response.status_code == 422
    assert "The period ends before it begins" in read(response).text
    assert read(response).all("option", value="toy", selected="")


# What they wrote


def test_the_words_are_shown_on_request_and_that_is_noted(desk, reviewer):
    walker = desk.person().answer("no").remark("no lamp <b>at all</b>")
    assert "no lamp" not in page(reviewer).text
    response = reviewer.post(f"{WORDS}?wizard=toy", {"spot": "why//"})
    found = read(response)
    assert "no lamp <b>at all</b>" in found.text
    assert "What they wrote at “Why why”" in found.text
    assert f"/review/sessions/{walker.session.code}/" in found.links
    [noted] = Disclosure.objects.all()
    assert (noted.user.username, noted.what, noted.where, noted.count) == ("rev", "words", "toy: why", 1)


def test_to_htmx_the_words_come_as_a_part_of_the_page(desk, reviewer):
    desk.person().answer("no").remark("no lamp")
    found = read(reviewer.post(f"{WORDS}?wizard=toy", {"spot": "why//"}, headers=HTMX))
    assert not found.whole
    assert "no lamp" in found.text


def test_the_button_asks_for_all_places_of_its_row(desk, reviewer):
    desk.person().answer("no", "worn").remark("no screw")
    found = page(reviewer)
    assert [each["value"] for each in found.all("input", name="spot")] == ["why/worn/open"]
    [form] = [each for each in found.all("form", method="post") if "/words/" in each["action"]]
    assert "no screw" in read(reviewer.post(form["action"], {"spot": "why/worn/open"})).text


def test_without_the_right_to_read_words_there_is_no_button_and_no_page(desk):
    desk.person().answer("no").remark("no lamp")
    client = staff("view_session")
    assert "Show what they wrote" not in page(client).text
    assert client.post(f"{WORDS}?wizard=toy", {"spot": "why//"}).status_code == 404
    assert not Disclosure.objects.exists()


@pytest.mark.parametrize("spot", ["", "why", "why/", "/a/b", "a/b/c/d"])
def test_a_place_that_cannot_be_is_a_404_and_notes_nothing(desk, reviewer, spot):
    assert reviewer.post(WORDS, {"spot": spot}).status_code == 404
    assert reviewer.post(WORDS).status_code == 404
    assert not Disclosure.objects.exists()


def test_a_place_that_is_not_there_has_no_words(desk, reviewer):
    assert "Nobody wrote anything" in read(reviewer.post(WORDS, {"spot": "x" * 900 + "//"})).text
    assert len(Disclosure.objects.get().where) <= 200


# The map


def test_without_a_choice_the_only_wizard_is_shown_and_of_several_one_can_choose(desk, reviewer):
    assert page(reviewer, MAP).h1 == "Map of Toy"
    publish_draft(graph("q? yes:ok no:ok", "ok = solved", slug="other"))
    found = page(reviewer, MAP)
    assert found.h1 == "Map"
    chosen = [link for link in found.links if link.startswith("?") and "wizard=other" in link]
    assert page(reviewer, MAP + chosen[0]).h1 == "Map of Other"
    assert reviewer.get(DATA).status_code == 404


def test_where_nothing_is_published_the_map_says_so(db, monkeypatch):
    Desk(monkeypatch)
    assert "No published wizard fits this filter" in page(staff(groups="reviewers"), MAP).text


def test_the_table_says_what_the_map_shows_and_each_row_adds_up(desk, reviewer):
    desk.people(3, "no")
    desk.people(2, "yes")
    desk.hour_passes()
    desk.people(1, "no")
    html = page(reviewer, MAP).html
    body = html[html.index("<tbody>") : html.index("</tbody>")]
    cells = [
        [int(cell) for cell in re.findall(r'<td class="number"[^>]*>(\d+)</td>', row)] for row in body.split("</tr>")
    ]
    assert [each for each in cells if each] == [[6, 6, 0, 0, 0], [4, 0, 0, 3, 1], [2, 0, 2, 0, 0]]


def test_the_data_of_the_map_lead_to_the_sessions_of_each_node(desk, reviewer):
    desk.people(2, "no")
    drawn = reviewer.get(DATA, {"wizard": "toy"}).json()
    nodes = {node["id"]: node for node in drawn["nodes"]}
    assert "node=why" in nodes["why"]["url"]
    assert "wizard=toy" in nodes["why"]["url"]
    assert nodes["human"]["url"] == ""
    assert reviewer.get(nodes["why"]["url"]).status_code == 200


def test_the_map_is_drawn_from_an_address_of_its_own_with_the_same_filter(desk, reviewer):
    [room] = page(reviewer, MAP, wizard="toy", channel="agent").all("section", id="map-room")
    query = parse_qs(urlsplit(room["data-graph"]).query)
    assert (query["wizard"], query["channel"]) == (["toy"], ["agent"])
    assert room["data-edit"] == ""


def test_whoever_edits_finds_the_drafts_map(desk):
    [room] = page(staff("view_session", "view_wizard"), MAP).all("section", id="map-room")
    assert room["data-edit"] == f"/admin/wizards/wizard/{Wizard.objects.get(slug='toy').pk}/map/"


def test_nothing_is_inline_on_these_pages(desk, reviewer):
    desk.person().answer("no").remark("no lamp")
    pages = (page(reviewer), page(reviewer, MAP), read(reviewer.post(WORDS, {"spot": "why//"})))
    assert [found.inline for found in pages] == [[], [], []]


# What they cost


@pytest.mark.parametrize("address", PAGES)
def test_the_queries_do_not_grow_with_versions_nodes_days_and_rows(desk, reviewer, address):
    client = Client()

    def queries() -> int:
        client.force_login(User.objects.get(username="rev"))  # days pass
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address, {"wizard": "toy"}).status_code == 200
        return len(captured)

    desk.people(1, "no", "worn")
    first = publish_draft(graph("q? yes:ok no:far", "far? yes:ok no:q", "ok = solved"))
    desk.people(1, "no", version=first)
    queries()
    few = queries()
    for number in range(3):
        lines = [f"n{each}? yes:n{each + 1} no:ok" for each in range(number, 5)]
        version = publish_draft(graph(f"q? yes:n{number} no:ok", *lines, "n5? yes:ok no:ok", "ok = solved"))
        desk.clock.pass_(hours=12)
        desk.people(2, "yes", "yes", version=version)
        desk.person(version, channel=Session.Channel.AGENT).answer("yes").remark("words")
    queries()
    assert queries() <= few


# What is taken up already


def test_a_row_that_was_taken_up_says_so_and_leads_to_the_queue(desk, reviewer):
    desk.people(3, "no")
    desk.hour_passes()
    lead = User.objects.create(username="rita", first_name="Rita")
    finding = findings.open_finding(Wizard.objects.get(), ("why", "", ""), lead, "Reword it", lead)
    (row,) = [each for each in page(reviewer).links if each == f"/review/queue/{finding.pk}/"]
    assert "In the queue: Rita" in page(reviewer).text
    Finding.objects.update(closed_at=desk.clock.now)
    assert row not in page(reviewer).links


def test_who_may_not_see_findings_is_not_told_of_them(desk):
    desk.people(3, "no")
    desk.hour_passes()
    findings.open_finding(
        Wizard.objects.get(), ("why", "", ""), User.objects.create(username="rita"), "Reword it", None
    )
    assert "In the queue" not in page(staff("view_session")).text
