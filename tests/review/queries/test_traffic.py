"""The map's traffic: figures that add up at each node, and the edges between them."""

from __future__ import annotations

from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.graphs import graph
from tests.review.walking import Desk
from tests.versions import publish
from tests.walks import TOY
from wizards import publishing
from wizards.models import Wizard
from wizards.review.queries.traffic import Traffic, TrafficNode, drawn_version, traffic_graph, wizard_traffic

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(monkeypatch) -> Desk:
    publish(TOY)
    return Desk(monkeypatch)


def toy_traffic(desk: Desk, **choice) -> Traffic:
    chosen = desk.filters(wizard="toy", **choice)
    return wizard_traffic(chosen, drawn_version(chosen))


def nodes_of(desk: Desk, **choice) -> dict[str, TrafficNode]:
    return {node.id: node for node in toy_traffic(desk, **choice).nodes}


def edges_of(node: TrafficNode) -> dict[str, int]:
    return {edge.to: edge.sessions for edge in node.edges}


# The figures


def test_each_node_counts_reached_moved_ended_left_and_still_open(desk):
    desk.people(3, "yes")
    desk.people(2, "no")
    desk.people(1)
    desk.hour_passes()
    desk.people(4, "no")
    traffic = {
        node: (each.figures.reached, each.figures.moved, each.figures.ended, each.figures.left, each.figures.still)
        for node, each in nodes_of(desk).items()
    }
    assert traffic == {"q": (10, 9, 0, 1, 0), "why": (6, 0, 0, 2, 4), "ok": (3, 0, 3, 0, 0)}


def test_the_figures_of_each_node_add_up_whatever_people_do(desk):
    dice = Random(3)
    for number in range(40):
        walker = desk.person(seconds=number % 7 + 1)
        for _ in range(dice.randrange(12)):
            if not walker.legal:
                break
            walker.back() if dice.random() < 0.2 else walker.answer(dice.choice(walker.legal))
        if number == 25:
            desk.hour_passes()
    traffic = nodes_of(desk)
    assert len(traffic) > 4
    for node in traffic.values():
        each = node.figures
        assert each.reached == each.moved + each.ended + each.left + each.still, node.id


def test_a_node_with_causes_and_steps_is_one_node(desk):
    desk.people(2, "no", "worn", "next")
    assert nodes_of(desk)["why"].figures.reached == 2


def test_edges_count_sessions_busiest_first(desk):
    desk.people(3, "yes")
    desk.people(5, "no")
    assert list(edges_of(nodes_of(desk)["q"]).items()) == [("why", 5), ("ok", 3)]
    assert edges_of(nodes_of(desk)["ok"]) == {}


def test_the_busiest_node_comes_first_and_unvisited_ones_are_separate(desk):
    desk.people(2, "yes")
    desk.people(1, "no")
    traffic = toy_traffic(desk)
    assert [node.id for node in traffic.nodes] == ["q", "ok", "why"]
    assert {label.title for label in traffic.unvisited} == {"Do fix", "Do ask", "End human", "End tip"}


def test_only_the_selected_wizard_counts(desk):
    other = publish(graph("q? yes:ok no:ok", "ok = solved", slug="other"))
    desk.people(2, "yes", version=other)
    desk.people(1, "yes", version=Wizard.objects.get(slug="toy").current)
    assert nodes_of(desk)["q"].figures.reached == 1


# Which version is drawn


def test_the_current_version_is_drawn_with_the_sessions_of_all(desk):
    desk.people(2, "no")
    desk.people(3, "no", version=publish(graph("q? yes:ok no:why", "why? a:ok b:ok", "ok = solved")))
    traffic = toy_traffic(desk)
    assert traffic.version.number == 2
    assert {node.id: node.figures.reached for node in traffic.nodes} == {"q": 5, "why": 5}


def test_the_selected_version_is_drawn_with_its_own_sessions(desk):
    desk.people(2, "no")
    desk.people(3, "no", version=publish(graph("q? yes:ok no:why", "why? a:ok b:ok", "ok = solved")))
    traffic = toy_traffic(desk, version=1)
    assert traffic.version.number == 1
    assert {node.id: node.figures.reached for node in traffic.nodes} == {"q": 2, "why": 2}


def test_a_restored_version_is_the_current_one(desk):
    publish(graph("q? yes:ok no:ok", "ok = solved"))
    wizard = Wizard.objects.get(slug="toy")
    wizard.current = wizard.versions.get(number=1)
    wizard.save()
    assert toy_traffic(desk).version.number == 1


def test_without_a_matching_version_none_is_drawn(desk):
    assert drawn_version(desk.filters(wizard="unknown")) is None


def test_nodes_and_edges_missing_in_the_drawn_version_are_marked(desk):
    desk.people(2, "no", "none", "worked")
    publish(graph("q? yes:ok no:fix", "fix[press] worked:ok failed:q blocked:q", "ok = solved", "press: hold"))
    traffic = toy_traffic(desk)
    assert {node.id: node.gone for node in traffic.nodes} == {"q": False, "why": True, "fix": False, "ok": False}
    assert traffic.gone == 1
    gone = nodes_of(desk)["why"]
    assert gone.label.title == "Why why"
    assert [(edge.to, edge.known) for edge in gone.edges] == [("fix", False)]
    assert [(edge.to, edge.label.title, edge.known) for edge in nodes_of(desk)["q"].edges] == [
        ("why", "Why why", False)
    ]
    assert "why" not in {node["id"] for node in traffic_graph(traffic)["nodes"]}


# The drawing


def test_each_node_and_edge_of_the_graph_has_its_figures(desk):
    desk.people(12, "no")
    desk.people(3, "yes")
    desk.hour_passes()
    graph = traffic_graph(toy_traffic(desk))
    nodes = {node["id"]: node for node in graph["nodes"]}
    assert nodes["why"] | {"reached": 12, "left": 12, "percent": 100, "level": 4} == nodes["why"]
    assert (nodes["ok"]["reached"], nodes["ok"]["ended"], nodes["ok"]["level"]) == (3, 3, 0)
    assert (nodes["human"]["reached"], nodes["human"]["level"]) == (0, 0)
    edges = {(edge["from"], edge["to"]): edge["sessions"] for edge in graph["edges"]}
    assert (edges["q", "why"], edges["q", "ok"], edges["why", "fix"]) == (12, 3, 0)
    assert edges["symptom s", "q"] is None


@pytest.mark.parametrize(("left", "moved", "level"), [(0, 5, 0), (1, 2, 2), (1, 40, 0), (3, 0, 4), (3, 20, 1)])
def test_the_level_of_a_node_follows_the_lower_limit_of_its_loss(desk, left, moved, level):
    desk.people(left)
    desk.people(moved, "yes")
    desk.hour_passes()
    assert nodes_of(desk)["q"].level == level


def test_the_verdict_names_a_node_only_if_significant(desk):
    desk.people(3, "no")
    desk.hour_passes()
    assert (toy_traffic(desk).verdict.leaders, toy_traffic(desk).verdict.lost) == ([], 3)
    desk.people(5, "no")
    desk.hour_passes()
    assert [node.id for node in toy_traffic(desk).verdict.leaders] == ["why"]


# What it costs


def test_the_queries_do_not_grow_with_versions_nodes_and_days(desk):
    def queries() -> int:
        publishing.document_of.cache_clear()
        with CaptureQueriesContext(connection) as captured:
            toy_traffic(desk)
        return len(captured)

    desk.people(1, "no")
    publish(graph("q? yes:ok no:ok", "ok = solved"))
    few = queries()
    for number in range(3):
        lines = [f"n{each}? yes:n{each + 1} no:ok" for each in range(number, 4)]
        version = publish(graph("q? yes:ok no:n3", *lines, "n4? yes:ok no:ok", "ok = solved"))
        desk.clock.pass_(hours=20)
        desk.people(2, "no", "yes", version=version)
    assert len(nodes_of(desk)) > 3
    assert queries() == few
