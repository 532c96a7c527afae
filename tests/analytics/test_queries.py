"""Figures add up and match the logs, rolled up or not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.analytics.rows import day, everything
from tests.analytics.walkers import NOON, Walker, roll
from tests.graphs import graph
from tests.versions import publish
from wizards import analytics
from wizards.analytics import queries, sessions
from wizards.models import DayTally, Session

pytestmark = pytest.mark.django_db


def place(node: str, cause: str = "", step: str = "", whole: bool = False) -> analytics.PlaceFigures:
    figures_by_place = analytics.place_figures(everything(), whole)
    return next(figures for place_key, figures in figures_by_place.items() if place_key[1:] == (node, cause, step))


# How sessions end


def test_a_solved_session_counts_on_the_day_it_began(clock):
    Walker(clock).answer("yes")
    assert (day().begun, day().solved, day().left, day().still) == (1, 1, 0, 0)


def test_each_result_has_its_figure(clock):
    version = publish(graph("q? a:ok b:human c:tip", "ok = solved", "human = unsolved", "tip = advice"))
    for number, answer in enumerate("aaabbc"):
        Walker(clock, version, name=f"v{number}").answer(answer)
    assert (day().begun, day().solved, day().unsolved, day().advice) == (6, 3, 2, 1)


def test_an_open_session_counts_as_abandoned_after_an_hour(clock):
    Walker(clock).answer("no")
    assert (day().still, day().left) == (1, 0)
    clock.pass_(minutes=61)
    assert (day().still, day().left) == (0, 1)


def test_an_abandoned_session_that_continues_is_open_again(clock):
    walker = Walker(clock).answer("no")
    clock.pass_(hours=30)
    roll(clock)
    assert day().left == 1
    walker.answer("stuck")
    assert (day().begun, day().left, day().still) == (1, 0, 1)


def test_a_session_that_continues_after_its_roll_up_counts_once(clock):
    walker = Walker(clock).answer("no", "stuck")
    clock.pass_(hours=2)
    assert analytics.roll_up() == 1
    walker.answer("failed")
    clock.pass_(hours=2)
    assert analytics.roll_up() == 1
    assert place("q").reached == 1
    assert [row.begun for row in DayTally.objects.all()] == [1, 1], "of the day and of the month"


def test_going_back_from_an_outcome_opens_the_session_again(clock):
    walker = Walker(clock).answer("yes")
    roll(clock)
    walker.back()
    assert (day().solved, day().still) == (0, 1)
    assert place("ok").moved == 1


def test_a_session_that_ends_during_the_read_does_not_change_the_others(clock, monkeypatch):
    Walker(clock, name="gone")
    clock.pass_(hours=2)
    quick = Walker(clock, name="quick")

    def meanwhile():
        if quick.legal:
            quick.answer("yes")
        return sessions.untallied_sessions()

    monkeypatch.setattr(queries, "untallied_sessions", meanwhile)
    assert (day().left, day().still, day().solved) == (1, 0, 1)
    assert {each.left for part in analytics.day_figures(everything())[:2] for each in part.values()} == {1}


def test_a_session_that_begins_during_the_read_does_not_change_the_others(clock, monkeypatch):
    Walker(clock, name="gone")
    clock.pass_(hours=2)

    def meanwhile():
        known = list(sessions.untallied_sessions())
        Walker(clock, name=f"new {len(known)}")
        return known

    monkeypatch.setattr(queries, "untallied_sessions", meanwhile)
    assert (day().begun, day().left) == (1, 1)


def test_previews_are_not_counted(clock):
    Walker(clock, channel=Session.Channel.TEST).answer("yes")
    assert roll(clock) == 0
    assert analytics.day_figures(everything()) == ({}, {}, {})
    assert analytics.place_figures(everything()) == {}


def test_a_session_begun_before_midnight_in_london_counts_for_that_day(clock):
    clock.now = datetime(2026, 6, 1, 22, 59, tzinfo=UTC)  # 23:59 in London's summer
    Walker(clock, name="a")
    clock.pass_(minutes=2)
    Walker(clock, name="b")
    assert {begun_on: figures.begun for begun_on, figures in analytics.day_figures(everything()).days.items()} == {
        date(2026, 6, 1): 1,
        date(2026, 6, 2): 1,
    }


# What happens at a place


def test_the_time_to_solved_leaves_out_long_pauses(clock):
    walker = Walker(clock, seconds=20).answer("no", "stuck")
    clock.pass_(hours=5)
    walker.answer("worked")
    assert abs(day().times.quantile(0.5) / 40 - 1) < 0.06


def test_the_time_at_a_place_is_the_sum_of_its_visits(clock):
    Walker(clock, seconds=30).answer("no").back().answer("yes")
    assert abs(place("q").times.quantile(0.5) / 60 - 1) < 0.06


def test_going_back_counts_even_if_the_session_moves_on_later(clock):
    Walker(clock).answer("no").back().answer("no", "stuck")
    assert (place("why").reached, place("why").backs, place("why").moved) == (1, 1, 1)


def test_moving_within_a_node_does_not_leave_it(clock):
    Walker(clock).answer("no", "stuck", "failed")
    assert place("why", whole=True).moved == 0
    assert place("why", whole=True).still == 1
    assert place("why", "stuck", "hold").moved == 1


def test_a_remark_and_a_request_for_help_count_once_where_they_were_made(clock):
    Walker(clock).answer("no").remark("Hm.").remark("Other words.").ask()
    assert (place("why").remarks, place("why").helps, place("q").remarks) == (1, 1, 0)
    assert (day().remarks, day().helps) == (1, 1)


def test_sessions_with_the_same_times_are_counted_separately(clock):
    walkers = [Walker(clock, name=name, seconds=0) for name in "abcd"]
    for walker in walkers:
        walker.answer("yes")
    assert (day().begun, place("ok").reached, place("ok").ended) == (4, 4, 4)


def test_place_times_match_place_figures(clock):
    Walker(clock, name="a", seconds=20).answer("no", "stuck", "worked")
    roll(clock)
    Walker(clock, name="b", seconds=40).answer("no")
    figures_by_place = {
        place_key: figures.times
        for place_key, figures in analytics.place_figures(everything()).items()
        if figures.times.count
    }
    assert figures_by_place
    pages = {place_key[1:] for place_key in figures_by_place}
    assert {
        place_key: each for place_key, each in analytics.place_times(everything(), pages).items() if each.count
    } == figures_by_place
    assert {figures.times.count for figures in analytics.place_figures(everything(), timed=False).values()} == {0}


def test_place_times_returns_only_the_requested_pages(clock):
    Walker(clock).answer("no", "stuck", "next", "failed", "none", "next")  # both steps at the cause, and at its node
    pages = {("why", "stuck", "release"), ("fix", "", "hold")}
    assert {place_key[1:] for place_key in analytics.place_times(everything(), pages)} == pages
    roll(clock)
    assert {place_key[1:] for place_key in analytics.place_times(everything(), pages)} == pages
    assert analytics.place_times(everything(), set()) == {}


def test_place_times_takes_any_number_of_pages(clock):
    Walker(clock).answer("no")
    roll(clock)
    many = {(f"n{number}", f"c{number}", f"s{number}") for number in range(100_000)}
    assert {place_key[1:] for place_key in analytics.place_times(everything(), many | {("q", "", "")})} == {
        ("q", "", "")
    }


def test_edges_count_sessions(clock):
    for name in "abc":
        Walker(clock, name=name).answer("again", "again", "yes")
    assert {edge[1:]: sessions for edge, sessions in analytics.edge_figures(everything()).items()} == {("q", "ok"): 3}


# The scope


@pytest.mark.parametrize("rolled", [False, True])
def test_a_scope_holds_only_its_days_versions_and_channels(clock, rolled):
    Walker(clock, name="a").answer("yes")
    clock.pass_(days=3)
    Walker(clock, name="b", channel=Session.Channel.AGENT).answer("no")
    if rolled:
        roll(clock)
    for narrower in ({"channels": ("agent",)}, {"until": NOON.date()}):
        parts = analytics.day_figures(everything(**narrower))[:2]
        assert [sum(each.begun for each in part.values()) for part in parts] == [1, 1]
    assert analytics.day_figures(everything(versions=())) == ({}, {}, {})


def test_the_queries_do_not_grow_with_days_and_sessions(clock):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            for figures in (analytics.day_figures, analytics.place_figures, analytics.edge_figures):
                figures(everything())
        return len(caught)

    Walker(clock, name="first").answer("no")
    query_count = queries()
    for number in range(30):
        clock.pass_(hours=7)
        Walker(clock, name=f"v{number}").answer("no", "stuck")
        if number == 20:
            roll(clock)
    assert queries() == query_count
