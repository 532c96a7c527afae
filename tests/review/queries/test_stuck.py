"""Stuck points: what happened on each page, joined, ranked and judged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.graphs import graph
from tests.review.walking import Desk
from tests.versions import publish_draft
from tests.walks import TOY
from wizards import flow, publishing
from wizards.analytics import Histogram, Place, PlaceFigures
from wizards.models import Session, Wizard
from wizards.review.formatting import format_seconds
from wizards.review.labels import node_label, place_label
from wizards.review.queries.stuck import (
    MAX_REMARKS,
    StuckPoint,
    Times,
    draft_rows,
    latest_place_label,
    ranking_verdict,
    remarks_at,
    stands_out,
    stuck_points,
    stuck_verdict,
    with_times,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(monkeypatch) -> Desk:
    publish_draft(TOY)
    return Desk(monkeypatch)


def points_by_title(desk: Desk, by_version: bool = False, **choice) -> dict[str, StuckPoint]:
    points = with_times(stuck_points(desk.filters(**choice), by_version), desk.filters(**choice), by_version)
    return {point.label.title: point for point in points}


# What is counted


def test_a_session_left_at_a_page_is_lost_there(desk):
    desk.people(2, "no")
    desk.people(3, "yes")
    desk.hour_passes()
    points = points_by_title(desk)
    assert (points["Why why"].lost.count, points["Why why"].lost.out_of) == (2, 2)
    assert (points["Question q?"].lost.count, points["Question q?"].lost.out_of) == (0, 5)


def test_an_open_session_is_not_lost(desk):
    desk.people(2, "no")
    assert points_by_title(desk)["Why why"].lost.count == 0


def test_the_page_where_most_were_lost_comes_first(desk):
    desk.people(1)
    desk.people(3, "no", "loose")
    desk.people(2, "no")
    desk.hour_passes()
    assert [(point.label.title, point.figures.left) for point in stuck_points(desk.filters())] == [
        ("Step turn", 3),
        ("Why why", 2),
        ("Question q?", 1),
    ]


def test_going_back_help_and_remarks_are_counted_separately(desk):
    desk.person().answer("no").back()
    desk.person().answer("no").ask()
    desk.person().answer("no").remark("no lamp")
    desk.person().answer("no")
    point = points_by_title(desk)["Why why"]
    assert [rate.count for rate in (point.backs, point.helps, point.remarks)] == [1, 1, 1]
    assert {rate.out_of for rate in (point.backs, point.helps, point.remarks)} == {4}


def test_an_end_is_not_listed(desk):
    desk.people(2, "yes")
    assert list(points_by_title(desk)) == ["Question q?"]


def test_a_page_that_nobody_reached_is_not_listed(desk):
    desk.people(2, "no")
    assert list(points_by_title(desk)) == ["Question q?", "Why why"]


def test_a_page_whose_figures_are_zero_is_not_listed(desk, monkeypatch):
    place = Place(publish_draft(TOY).pk, "q")
    monkeypatch.setattr("wizards.analytics.place_figures", lambda scope, timed: {place: PlaceFigures()})
    assert points_by_title(desk) == {}


def test_sessions_outside_the_filter_are_not_counted(desk):
    desk.people(2, "no")
    desk.person(channel=Session.Channel.AGENT).answer("no")
    desk.hour_passes()
    assert points_by_title(desk, channel="agent")["Why why"].lost.count == 1
    assert points_by_title(desk, since=desk.filters().until, until=desk.filters().until) == {}


def test_previews_are_not_counted(desk):
    desk.person(channel=Session.Channel.TEST).answer("no")
    desk.hour_passes()
    assert points_by_title(desk) == {}


# What is one row


def test_a_shared_step_is_one_row_with_its_places(desk):
    version = publish_draft(graph("q? a:one b:two", "one[press] worked:ok failed:q blocked:q",
                            "two{loose=press/5/5 worn=press/1/5} worked:ok failed:q", "ok = solved", "press: hold",
                            slug="shared"))  # fmt: skip
    desk.people(2, "a", version=version)
    desk.people(3, "b", "loose", version=version)
    desk.people(1, "b", "worn", version=version)
    desk.hour_passes()
    point = points_by_title(desk)["Step hold"]
    assert (point.lost.count, point.lost.out_of) == (6, 6)
    assert [(use.label.node_title, use.figures.left) for use in point.uses] == [
        ("Why two: Cause loose", 3), ("Do one", 2), ("Why two: Cause worn", 1),
    ]  # fmt: skip


def test_the_same_step_in_another_wizard_is_another_row(desk):
    lines = ("q? a:one b:ok", "one[press] worked:ok failed:q blocked:q", "ok = solved", "press: hold")
    for slug in ("first", "second"):
        desk.people(1, "a", version=publish_draft(graph(*lines, slug=slug)))
    points = [point for point in stuck_points(desk.filters()) if point.label.title == "Step hold"]
    assert sorted(point.wizard.slug for point in points) == ["first", "second"]


def test_a_confirmation_is_a_page_of_its_own(desk):
    desk.people(2, "no", "lost")
    desk.people(1, "no", "lost", "confirm")
    desk.hour_passes()
    points = {(point.label.title, point.label.kind): point.lost.count for point in stuck_points(desk.filters())}
    assert points["Procedure wipe", "Confirmation"] == 2
    assert points["Step erase", "Step"] == 1


# Versions


def reworded(title: str, **changes: object) -> flow.Document:
    """The toy with its first question reworded."""
    first, *others = TOY.nodes
    return TOY.model_copy(update={"nodes": (first.model_copy(update={"title": title, **changes}), *others)})


def test_versions_are_joined_by_the_ids_of_their_parts(desk):
    desk.people(2)
    desk.people(3, version=publish_draft(reworded("Is it on?")))
    desk.hour_passes()
    point = points_by_title(desk)["Is it on?"]
    assert (point.lost.count, point.version, point.gone) == (5, None, False)


def test_versions_can_be_listed_separately_in_their_own_words(desk):
    desk.people(2)
    desk.people(3, version=publish_draft(reworded("Is it on?")))
    desk.hour_passes()
    points = points_by_title(desk, by_version=True)
    assert [(title, point.version.number, point.lost.count) for title, point in points.items()] == [
        ("Is it on?", 2, 3), ("Question q?", 1, 2),
    ]  # fmt: skip


def test_the_title_is_the_current_versions_even_if_it_has_no_sessions(desk):
    desk.people(2)
    publish_draft(reworded("Is it on?"))
    assert list(points_by_title(desk)) == ["Is it on?"]


def test_a_removed_page_is_marked_and_keeps_its_last_title(desk):
    desk.people(1, "no", "worn")
    publish_draft(graph("q? yes:ok no:ok", "ok = solved"))
    points = points_by_title(desk)
    assert {title: point.gone for title, point in points.items()} == {
        "Question q?": False, "Why why": True, "Step open": True,
    }  # fmt: skip


def test_a_step_removed_from_one_of_its_places_is_not_gone(desk):
    lines = ("one[press] worked:ok failed:one blocked:one", "ok = solved", "press: hold")
    first = publish_draft(graph("q? a:one b:two", "two[press] worked:ok failed:q blocked:q", *lines, slug="shared"))
    desk.people(1, "a", version=first)
    desk.people(1, "b", version=first)
    publish_draft(graph("q? a:one b:one", *lines, slug="shared"))
    assert not points_by_title(desk)["Step hold"].gone


# Time


def about(seconds: float) -> str:
    """A time in words, with the histogram's precision."""
    return format_seconds(Histogram.of(seconds).quantile(0.5))


def test_the_time_spent_comes_with_that_of_the_period_before(desk):
    desk.people(4, "no", seconds=20)
    desk.clock.pass_(days=7)
    desk.people(4, "no", seconds=100)
    later = desk.filters().since + timedelta(days=7)
    times = points_by_title(desk, since=later, until=later + timedelta(days=6))["Question q?"].times
    assert (times.median, times.median_before) == (about(100), about(20))
    assert (times.p90, times.p90_before) == (about(100), about(20))


@pytest.mark.parametrize(
    ("now", "before", "trend"),
    [
        ([100] * 30, [20] * 30, "longer"),
        ([20] * 30, [100] * 30, "shorter"),
        ([100] * 2 + [10], [20] * 2 + [200], ""),
        ([20] * 30, [20] * 30, ""),
        ([100] * 30, [], ""),
        ([], [100] * 30, ""),
    ],
)
def test_a_time_is_longer_than_before_only_if_significant(now, before, trend):
    assert Times(Histogram.of(*now), Histogram.of(*before)).trend == trend


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (95, "1 min 35 s"), (3600, "1 h"), (7500, "2 h 5 min")],
)
def test_a_time_has_at_most_two_units(seconds, words):
    assert format_seconds(seconds) == words


# What it tells


def leaders(*lost: int) -> list[int]:
    """How many were lost at each leader of a ranking."""
    return list(ranking_verdict([(each, each) for each in lost]).leaders)


def test_the_verdict_names_the_page_where_most_are_lost(desk):
    desk.people(8, "no")
    desk.people(1)
    desk.hour_passes()
    points_by_title = stuck_verdict(stuck_points(desk.filters()))
    assert [point.label.title for point in points_by_title.leaders] == ["Why why"]
    assert points_by_title.lost == 9


def test_two_or_three_close_pages_are_all_named():
    assert leaders(20, 18) == [20, 18]
    assert leaders(52, 40, 38, 9) == [52, 40, 38]
    assert leaders(31, 9, 8) == [31]


def test_small_numbers_name_no_page():
    assert leaders(3, 0, 0) == []
    assert leaders(3, 1, 0) == []
    assert leaders(9, 8, 8, 7) == []
    assert leaders(0, 0) == []
    assert leaders() == []


def test_a_count_stands_out_only_from_a_much_smaller_one():
    assert stands_out(31, 9)
    assert not stands_out(3, 0)
    assert not stands_out(9, 31)
    assert not stands_out(0, 0)


# Names


def test_an_unknown_place_has_no_label():
    for place in (("nowhere",), ("q", "loose"), ("q", "", "hold"), ("why", "unknown"), ("fix", "", "turn"), ("fix",)):
        assert place_label(TOY, *place) is None, place
    assert node_label(TOY, "nowhere") is None


def test_the_label_of_a_step_has_its_position():
    label = place_label(TOY, "why", "worn", "change")
    assert (label.title, label.kind, label.within) == ("Step change", "Step", "step 2 of 3 of “Procedure swap”")
    assert label.node_title == "Why why: Cause worn"


def test_a_page_is_labelled_as_in_the_newest_version_that_has_it(desk):
    publish_draft(reworded("Is it on?"))
    publish_draft(graph("other? yes:ok no:ok", "ok = solved"))
    assert latest_place_label(desk.filters(wizard="toy"), ("q", "", "")).title == "Is it on?"
    assert latest_place_label(desk.filters(wizard="toy"), ("nowhere", "", "")) is None


# What they wrote


def texts(desk: Desk, *spots, **choice) -> list[str]:
    return [words.text for words in remarks_at(desk.filters(**choice), spots)]


def test_remarks_at_a_page_are_listed_newest_first(desk):
    desk.person().remark("at the question")
    desk.person().answer("no").remark("first")
    desk.person().answer("no").remark("second")
    desk.person().answer("no").remark()
    assert texts(desk, ("why", "", "")) == ["second", "first"]
    assert texts(desk) == []


def test_remarks_outside_the_filter_are_not_read(desk):
    desk.person(channel=Session.Channel.AGENT).remark("on the phone")
    assert texts(desk, ("q", "", ""), channel="self") == []
    assert texts(desk, ("q", "", ""), channel="agent") == ["on the phone"]
    assert texts(desk, ("q", "", ""), until=desk.filters().since) == []


def test_the_number_of_remarks_is_limited(desk):
    walker = desk.person(seconds=1)
    for number in range(MAX_REMARKS + 2):
        walker.remark(f"remark {number}")
    read = texts(desk, ("q", "", ""))
    assert len(read) == MAX_REMARKS
    assert read[0] == f"remark {MAX_REMARKS + 1}"


# Where it is mended


def test_the_rows_of_the_draft_behind_a_point_are_found(desk):
    desk.people(1, "no", "worn", "next")
    wizard = Wizard.objects.get(slug="toy")
    rows = draft_rows(stuck_points(desk.filters()))
    assert rows.nodes[wizard.pk, "why"] == wizard.nodes.get(key="why").pk
    assert rows.procedures == {"swap": wizard.procedures.get(key="swap").pk}
    assert [rows.steps["swap", step] for step in ("open", "change", "close")] == [0, 1, 2]


def test_rows_missing_in_the_draft_are_left_out(desk):
    desk.people(1, "no")
    wizard = Wizard.objects.get(slug="toy")
    wizard.nodes.get(key="why").delete()
    assert (wizard.pk, "why") not in draft_rows(stuck_points(desk.filters())).nodes


# What it costs


def queries(desk: Desk) -> int:
    publishing.document_of.cache_clear()
    with CaptureQueriesContext(connection) as captured:
        draft_rows(stuck_points(desk.filters()))
    return len(captured)


def test_the_queries_do_not_grow_with_versions_nodes_and_days(desk):
    desk.people(1, "no", "worn")
    few = queries(desk)
    for number in range(3):
        version = publish_draft(reworded(f"Is it on, {number}?"))
        desk.clock.pass_(hours=20)
        desk.people(1, "no", "loose", version=version)
        desk.people(1, "no", "worn", "next", version=version)
    other = publish_draft(graph("far? yes:ok no:near", "near? yes:ok no:far", "ok = solved", slug="other"))
    desk.people(1, "no", version=other)
    assert len(stuck_points(desk.filters())) > 5
    assert queries(desk) == few
