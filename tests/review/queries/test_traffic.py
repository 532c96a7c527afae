"""The traffic through a wizard: figures that add up at each node, and the ways between them."""

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
from wizards.review.queries.traffic import Traffic, TrafficNode, drawn_version, traffic
from wizards.review.queries.traffic import traffic_graph as drawing_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(monkeypatch) -> Desk:
    publish(TOY)
    return Desk(monkeypatch)


def of_toy(desk: Desk, **choice) -> Traffic:
    chosen = desk.chosen(wizard="toy", **choice)
    return traffic(chosen, drawn_version(chosen))


def stops(desk: Desk, **choice) -> dict[str, TrafficNode]:
    return {stop.node: stop for stop in of_toy(desk, **choice).stops}


def ways(stop: TrafficNode) -> dict[str, int]:
    return {way.to: way.sessions for way in stop.ways}


# The figures


def test_each_node_says_who_came_moved_on_ended_left_and_is_still_there(desk):
    desk.people(3, "yes")
    desk.people(2, "no")
    desk.people(1)
    desk.hour_passes()
    desk.people(4, "no")
    found = {
        node: (each.figures.reached, each.figures.moved, each.figures.ended, each.figures.left, each.figures.still)
        for node, each in stops(desk).items()
    }
    assert found == {"q": (10, 9, 0, 1, 0), "why": (6, 0, 0, 2, 4), "ok": (3, 0, 3, 0, 0)}


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
    found = stops(desk)
    assert len(found) > 4
    for stop in found.values():
        each = stop.figures
        assert each.reached == each.moved + each.ended + each.left + each.still, stop.node


def test_a_node_with_parts_is_one_node(desk):
    desk.people(2, "no", "worn", "next")
    assert stops(desk)["why"].figures.reached == 2


def test_the_ways_say_how_many_took_them_the_busiest_first(desk):
    desk.people(3, "yes")
    desk.people(5, "no")
    assert list(ways(stops(desk)["q"]).items()) == [("why", 5), ("ok", 3)]
    assert ways(stops(desk)["ok"]) == {}


def test_the_busiest_node_comes_first_and_where_nobody_came_is_named_apart(desk):
    desk.people(2, "yes")
    desk.people(1, "no")
    found = of_toy(desk)
    assert [stop.node for stop in found.stops] == ["q", "ok", "why"]
    assert {name.title for name in found.quiet} == {"Do fix", "Do ask", "End human", "End tip"}


def test_only_the_chosen_wizard_counts(desk):
    other = publish(graph("q? yes:ok no:ok", "ok = solved", slug="other"))
    desk.people(2, "yes", version=other)
    desk.people(1, "yes", version=Wizard.objects.get(slug="toy").current)
    assert stops(desk)["q"].figures.reached == 1


# Which version is drawn


def test_the_current_version_is_drawn_with_the_sessions_of_all(desk):
    desk.people(2, "no")
    desk.people(3, "no", version=publish(graph("q? yes:ok no:why", "why? a:ok b:ok", "ok = solved")))
    found = of_toy(desk)
    assert found.version.number == 2
    assert {stop.node: stop.figures.reached for stop in found.stops} == {"q": 5, "why": 5}


def test_the_chosen_version_is_drawn_with_its_own_sessions(desk):
    desk.people(2, "no")
    desk.people(3, "no", version=publish(graph("q? yes:ok no:why", "why? a:ok b:ok", "ok = solved")))
    found = of_toy(desk, version=1)
    assert found.version.number == 1
    assert {stop.node: stop.figures.reached for stop in found.stops} == {"q": 2, "why": 2}


def test_a_version_put_back_is_the_current_one_again(desk):
    publish(graph("q? yes:ok no:ok", "ok = solved"))
    wizard = Wizard.objects.get(slug="toy")
    wizard.current = wizard.versions.get(number=1)
    wizard.save()
    assert of_toy(desk).version.number == 1


def test_where_no_version_fits_none_is_drawn(desk):
    assert drawn_version(desk.chosen(wizard="unknown")) is None


def test_nodes_and_ways_that_the_drawn_version_has_no_more_say_so(desk):
    desk.people(2, "no", "none", "worked")
    publish(graph("q? yes:ok no:fix", "fix[press] worked:ok failed:q blocked:q", "ok = solved", "press: hold"))
    found = of_toy(desk)
    assert {stop.node: stop.gone for stop in found.stops} == {"q": False, "why": True, "fix": False, "ok": False}
    assert found.gone == 1
    gone = stops(desk)["why"]
    assert gone.name.title == "Why why"
    assert [(way.to, way.known) for way in gone.ways] == [("fix", False)]
    assert [(way.to, way.name.title, way.known) for way in stops(desk)["q"].ways] == [("why", "Why why", False)]
    assert "why" not in {node["id"] for node in drawing_of(found)["nodes"]}


# The drawing


def test_each_node_and_way_of_the_drawing_has_its_numbers(desk):
    desk.people(12, "no")
    desk.people(3, "yes")
    desk.hour_passes()
    drawn = drawing_of(of_toy(desk))
    nodes = {node["id"]: node for node in drawn["nodes"]}
    assert nodes["why"] | {"reached": 12, "left": 12, "percent": 100, "level": 4} == nodes["why"]
    assert (nodes["ok"]["reached"], nodes["ok"]["ended"], nodes["ok"]["level"]) == (3, 3, 0)
    assert (nodes["human"]["reached"], nodes["human"]["level"]) == (0, 0)
    edges = {(edge["from"], edge["to"]): edge["sessions"] for edge in drawn["edges"]}
    assert (edges["q", "why"], edges["q", "ok"], edges["why", "fix"]) == (12, 3, 0)
    assert edges["symptom s", "q"] is None


@pytest.mark.parametrize(("left", "moved", "level"), [(0, 5, 0), (1, 2, 2), (1, 40, 0), (3, 0, 4), (3, 20, 1)])
def test_the_colour_of_a_node_follows_what_is_lost_there_at_least(desk, left, moved, level):
    desk.people(left)
    desk.people(moved, "yes")
    desk.hour_passes()
    assert stops(desk)["q"].level == level


def test_it_says_where_most_are_lost_where_the_numbers_can_tell(desk):
    desk.people(3, "no")
    desk.hour_passes()
    assert (of_toy(desk).verdict.leaders, of_toy(desk).verdict.lost) == ([], 3)
    desk.people(5, "no")
    desk.hour_passes()
    assert [stop.node for stop in of_toy(desk).verdict.leaders] == ["why"]


# What it costs


def test_the_queries_do_not_grow_with_versions_nodes_and_days(desk):
    def queries() -> int:
        publishing.document_of.cache_clear()
        with CaptureQueriesContext(connection) as captured:
            of_toy(desk)
        return len(captured)

    desk.people(1, "no")
    publish(graph("q? yes:ok no:ok", "ok = solved"))
    few = queries()
    for number in range(3):
        lines = [f"n{each}? yes:n{each + 1} no:ok" for each in range(number, 4)]
        version = publish(graph("q? yes:ok no:n3", *lines, "n4? yes:ok no:ok", "ok = solved"))
        desk.clock.pass_(hours=20)
        desk.people(2, "no", "yes", version=version)
    assert len(stops(desk)) > 3
    assert queries() == few
