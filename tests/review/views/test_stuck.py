"""Stuck points and the map by HTTP: access, content, links, records."""

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


def links(reading: Reading, start: str) -> list[dict[str, list[str]]]:
    """The queries of the links to places under an address, without the filter's dates."""
    queries = [parse_qs(urlsplit(link).query) for link in sorted(reading.links) if link.startswith(start)]
    relevant = [{name: each[0] for name, each in query.items() if name not in ("since", "until")} for query in queries]
    return [query for query in relevant if "node" in query]


# Who gets in


@pytest.mark.parametrize("address", PAGES)
def test_anonymous_visitors_are_sent_to_the_login(desk, address):
    response = Client().get(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/?next=/review/")


@pytest.mark.parametrize("address", PAGES)
def test_staff_without_the_right_get_a_404(desk, address):
    assert staff(groups="editors").get(address).status_code == 404


@pytest.mark.parametrize("address", PAGES)
def test_reading_writes_nothing(desk, reviewer, address):
    desk.person().answer("no").remark("no lamp")
    before = rows(*apps.get_models())
    assert reviewer.get(address).status_code == 200
    assert rows(*apps.get_models()) == before


@pytest.mark.parametrize("address", PAGES)
def test_the_pages_allow_only_their_methods(reviewer, address):
    assert reviewer.post(address).status_code == 405
    assert reviewer.get(WORDS).status_code == 405


# Stuck points


def test_the_page_names_where_most_people_are_lost(desk, reviewer):
    desk.people(8, "no")
    desk.people(2, "yes")
    desk.hour_passes()
    assert "Most people leave at Why why: 8 of 8 who reached it." in page(reviewer).text


def test_it_names_several_close_pages_and_none_if_numbers_are_small(desk, reviewer):
    desk.people(2, "no")
    desk.hour_passes()
    assert "Only 2 left: too few to say where most people leave." in page(reviewer).text
    desk.people(18, "no")
    desk.people(18)
    desk.hour_passes()
    assert "Most people leave at Why why: 20 of 20, or Question q?: 18 of 38" in page(reviewer).text


def test_without_sessions_the_page_says_so(reviewer):
    assert "No sessions match this filter." in page(reviewer).text


def test_a_row_has_every_rate_with_its_limits_and_the_time(desk, reviewer):
    desk.people(2, "no")
    desk.person().answer("no").back()
    desk.hour_passes()
    text = page(reviewer).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "2 of 3, likely 21 to 94 %" in text  # lost at the diagnosis
    assert "1 of 3, likely 6 to 79 %" in text  # went back from there
    assert "half 10 s" in text


def test_a_row_links_to_its_sessions_and_to_taking_it_up(desk, reviewer):
    desk.people(2, "no")
    desk.hour_passes()
    reading = page(reviewer)
    assert links(reading, "/review/sessions/") == [
        {"wizard": "toy", "node": "why", "cause": "-", "status": "left"},
    ]
    assert {"wizard": "toy", "node": "why"} in links(reading, "/review/queue/new/")
    assert reading.links
    assert not [link for link in reading.links if "/change/" in link]


def test_editors_get_links_to_the_forms_of_nodes_and_steps(desk):
    desk.people(1, "no", "worn", "next")
    desk.hour_passes()
    client = staff("view_session", "change_node", "change_procedure")
    reading = page(client).links
    why = f"/admin/wizards/node/{Node.objects.get(key='why').pk}/change/"
    assert why in reading
    assert f"/admin/wizards/procedure/{Procedure.objects.get(key='swap').pk}/change/#steps-1" in reading
    Node.objects.get(key="why").delete()
    assert why not in page(client).links


def test_links_of_steps_and_confirmations_name_them(desk, reviewer):
    desk.people(1, "no", "lost")
    desk.people(1, "no", "worn")
    desk.hour_passes()
    reading = links(page(reviewer), "/review/sessions/")
    assert {"wizard": "toy", "node": "why", "cause": "lost", "step": "-", "status": "left"} in reading
    assert {"wizard": "toy", "node": "why", "cause": "worn", "step": "open", "status": "left"} in reading


def test_the_links_find_the_sessions_that_are_counted(desk, reviewer):
    for answers in ((), ("no",), ("no", "lost"), ("no", "worn"), ("no", "worn", "next")):
        desk.people(1, *answers)
    desk.hour_passes()
    reading = [link for link in page(reviewer).links if "status=left" in link]
    assert len(reading) == 5
    for link in reading:
        listed = [
            each for each in read(reviewer.get(link)).links if re.fullmatch(r"/review/sessions/\w+/(\?.*)?", each)
        ]
        assert len(listed) == 1, link


def test_a_shared_step_links_the_sessions_of_each_place(desk, reviewer):
    lines = ("one[press] worked:ok failed:q blocked:q", "two[press] worked:ok failed:q blocked:q", "ok = solved")
    version = publish_draft(graph("q? a:one b:two", *lines, "press: hold", slug="shared"))
    desk.people(1, "a", version=version)
    desk.people(2, "b", version=version)
    desk.hour_passes()
    reading = page(reviewer)
    assert "In 2 places" in reading.text
    assert [each["node"] for each in links(reading, "/review/sessions/")] == ["one", "two"]


def test_versions_are_listed_separately_on_request(desk, reviewer):
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


def test_a_long_list_is_truncated_until_all_is_requested(desk, reviewer, monkeypatch):
    monkeypatch.setattr("wizards.review.views.stuck.MAX_ROWS", 1)
    desk.people(2, "no")
    reading = page(reviewer)
    assert "The first 1 of 2 pages" in reading.text
    assert len(page(reviewer, all=1).all("tr")) == len(reading.all("tr")) + 1


@pytest.mark.parametrize("address", [STUCK, MAP])
def test_an_invalid_filter_is_reported_and_the_rest_is_kept(desk, reviewer, address):
    response = reviewer.get(address, {"wizard": "toy", "since": "2026-05-01", "until": "2026-04-01"})
    assert response.status_code == 422
    assert "The end date is before the start date" in read(response).text
    assert read(response).all("option", value="toy", selected="")


# What they wrote


def test_words_are_shown_on_request_and_that_is_recorded(desk, reviewer):
    walker = desk.person().answer("no").remark("no lamp <b>at all</b>")
    assert "no lamp" not in page(reviewer).text
    response = reviewer.post(f"{WORDS}?wizard=toy", {"spot": "why//"})
    reading = read(response)
    assert "no lamp <b>at all</b>" in reading.text
    assert "What they wrote at “Why why”" in reading.text
    assert f"/review/sessions/{walker.session.code}/" in reading.links
    [record] = Disclosure.objects.all()
    assert (record.user.username, record.what, record.where, record.count) == ("rev", "words", "toy: why", 1)


def test_htmx_gets_the_words_as_a_fragment(desk, reviewer):
    desk.person().answer("no").remark("no lamp")
    reading = read(reviewer.post(f"{WORDS}?wizard=toy", {"spot": "why//"}, headers=HTMX))
    assert not reading.whole
    assert "no lamp" in reading.text


def test_the_button_requests_all_places_of_its_row(desk, reviewer):
    desk.person().answer("no", "worn").remark("no screw")
    reading = page(reviewer)
    assert [each["value"] for each in reading.all("input", name="spot")] == ["why/worn/open"]
    [form] = [each for each in reading.all("form", method="post") if "/words/" in each["action"]]
    assert "no screw" in read(reviewer.post(form["action"], {"spot": "why/worn/open"})).text


def test_without_the_right_to_read_words_there_is_no_button_and_no_page(desk):
    desk.person().answer("no").remark("no lamp")
    client = staff("view_session")
    assert "Show what they wrote" not in page(client).text
    assert client.post(f"{WORDS}?wizard=toy", {"spot": "why//"}).status_code == 404
    assert not Disclosure.objects.exists()


@pytest.mark.parametrize("spot", ["", "why", "why/", "/a/b", "a/b/c/d"])
def test_an_invalid_place_is_a_404_and_records_nothing(desk, reviewer, spot):
    assert reviewer.post(WORDS, {"spot": spot}).status_code == 404
    assert reviewer.post(WORDS).status_code == 404
    assert not Disclosure.objects.exists()


def test_an_unknown_place_has_no_words(desk, reviewer):
    assert "No remark here has text" in read(reviewer.post(WORDS, {"spot": "x" * 900 + "//"})).text
    assert len(Disclosure.objects.get().where) <= 200


# The map


def test_the_only_wizard_is_shown_and_several_are_offered(desk, reviewer):
    assert page(reviewer, MAP).h1 == "Map of Toy"
    publish_draft(graph("q? yes:ok no:ok", "ok = solved", slug="other"))
    reading = page(reviewer, MAP)
    assert reading.h1 == "Map"
    wizard_links = [link for link in reading.links if link.startswith("?") and "wizard=other" in link]
    assert page(reviewer, MAP + wizard_links[0]).h1 == "Map of Other"
    assert reviewer.get(DATA).status_code == 404


def test_without_a_published_wizard_the_map_says_so(db, monkeypatch):
    Desk(monkeypatch)
    assert "No published wizard fits this filter" in page(staff(groups="reviewers"), MAP).text


def test_the_table_matches_the_map_and_each_row_adds_up(desk, reviewer):
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


def test_the_map_data_link_the_sessions_of_each_node(desk, reviewer):
    desk.people(2, "no")
    graph = reviewer.get(DATA, {"wizard": "toy"}).json()
    nodes = {node["id"]: node for node in graph["nodes"]}
    assert "node=why" in nodes["why"]["url"]
    assert "wizard=toy" in nodes["why"]["url"]
    assert nodes["human"]["url"] == ""
    assert reviewer.get(nodes["why"]["url"]).status_code == 200


def test_the_map_data_url_keeps_the_filter(desk, reviewer):
    [room] = page(reviewer, MAP, wizard="toy", channel="agent").all("section", id="map-room")
    query = parse_qs(urlsplit(room["data-graph"]).query)
    assert (query["wizard"], query["channel"]) == (["toy"], ["agent"])
    assert room["data-edit"] == ""


def test_editors_get_a_link_to_the_drafts_map(desk):
    [room] = page(staff("view_session", "view_wizard"), MAP).all("section", id="map-room")
    assert room["data-edit"] == f"/admin/wizards/wizard/{Wizard.objects.get(slug='toy').pk}/map/"


def test_nothing_is_inline_on_these_pages(desk, reviewer):
    desk.person().answer("no").remark("no lamp")
    pages = (page(reviewer), page(reviewer, MAP), read(reviewer.post(WORDS, {"spot": "why//"})))
    assert [reading.inline for reading in pages] == [[], [], []]


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


def test_a_row_with_an_open_finding_links_to_it(desk, reviewer):
    desk.people(3, "no")
    desk.hour_passes()
    lead = User.objects.create(username="rita", first_name="Rita")
    finding = findings.open_finding(Wizard.objects.get(), ("why", "", ""), lead, "Reword it", lead)
    (row,) = [each for each in page(reviewer).links if each == f"/review/queue/{finding.pk}/"]
    assert "In the queue: Rita" in page(reviewer).text
    Finding.objects.update(closed_at=desk.clock.now)
    assert row not in page(reviewer).links


def test_findings_are_hidden_without_the_right_to_view_them(desk):
    desk.people(3, "no")
    desk.hour_passes()
    findings.open_finding(
        Wizard.objects.get(), ("why", "", ""), User.objects.create(username="rita"), "Reword it", None
    )
    assert "In the queue" not in page(staff("view_session")).text
