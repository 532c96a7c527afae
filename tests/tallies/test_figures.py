"""Figures add up, and say what the logs say, rolled up or not."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graphs import graph
from tests.tallies.walkers import NOON, Clock, Walker
from tests.versions import publish
from tests.walks import TOY
from wizards import flow, journal, tallies
from wizards.models import DayTally, PlaceTally, Rolling, Session, Version, WayTally
from wizards.tallies import Histogram, Place, Scope, figures, logs

pytestmark = pytest.mark.django_db

CHANNELS = ("self", "agent", "embed")


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def everything(**narrower) -> Scope:
    versions = tuple(Version.objects.filter(number__isnull=False).values_list("pk", flat=True))
    return Scope(
        **{"since": date(2026, 1, 1), "until": date(2026, 12, 31), "versions": versions, "channels": CHANNELS}
        | narrower
    )


def day() -> tallies.DayFigures:
    scope = everything(since=NOON.date(), until=NOON.date())
    return tallies.DayFigures.sum(tallies.summary(scope).versions.values())


def place(node: str, cause: str = "", step: str = "", whole: bool = False) -> tallies.PlaceFigures:
    found = tallies.places(everything(), whole)
    return next(figures for where, figures in found.items() if where[1:] == (node, cause, step))


def roll(clock: Clock) -> int:
    """Roll up everything, also what is not quiet yet, without moving the clock for others."""
    clock.now += timedelta(minutes=6)
    done = tallies.roll_up()
    clock.now -= timedelta(minutes=6)
    return done


# How sessions end


def test_a_solved_session_counts_as_solved_on_the_day_on_which_it_began(clock):
    Walker(clock).answer("yes")
    assert (day().begun, day().solved, day().left, day().still) == (1, 1, 0, 0)


def test_each_result_has_its_figure(clock):
    version = publish(graph("q? a:ok b:human c:tip", "ok = solved", "human = unsolved", "tip = advice"))
    for number, answer in enumerate("aaabbc"):
        Walker(clock, version, name=f"v{number}").answer(answer)
    assert (day().begun, day().solved, day().unsolved, day().advice) == (6, 3, 2, 1)


def test_an_open_session_is_still_there_for_an_hour_and_was_left_after_it(clock):
    Walker(clock).answer("no")
    assert (day().still, day().left) == (1, 0)
    clock.pass_(minutes=61)
    assert (day().still, day().left) == (0, 1)


def test_a_session_that_was_left_and_goes_on_is_still_there_again(clock):
    walker = Walker(clock).answer("no")
    clock.pass_(hours=30)
    roll(clock)
    assert day().left == 1
    walker.answer("stuck")
    assert (day().begun, day().left, day().still) == (1, 0, 1)


def test_a_session_that_goes_on_after_it_was_rolled_up_counts_once(clock):
    walker = Walker(clock).answer("no", "stuck")
    clock.pass_(hours=2)
    assert tallies.roll_up() == 1
    walker.answer("failed")
    clock.pass_(hours=2)
    assert tallies.roll_up() == 1
    assert place("q").reached == 1
    assert [row.begun for row in DayTally.objects.all()] == [1, 1], "of the day and of the month"


def test_going_back_from_an_outcome_opens_the_session_again(clock):
    walker = Walker(clock).answer("yes")
    roll(clock)
    walker.back()
    assert (day().solved, day().still) == (0, 1)
    assert place("ok").moved == 1


def test_a_session_that_ends_while_figures_are_read_leaves_the_others_as_they_are(clock, monkeypatch):
    Walker(clock, name="gone")
    clock.pass_(hours=2)
    quick = Walker(clock, name="quick")

    def meanwhile():
        if quick.legal:
            quick.answer("yes")
        return logs.untallied()

    monkeypatch.setattr(figures, "untallied", meanwhile)
    assert (day().left, day().still, day().solved) == (1, 0, 1)
    assert {each.left for part in tallies.summary(everything())[:2] for each in part.values()} == {1}


def test_a_session_that_begins_while_figures_are_read_leaves_the_others_as_they_are(clock, monkeypatch):
    Walker(clock, name="gone")
    clock.pass_(hours=2)

    def meanwhile():
        known = list(logs.untallied())
        Walker(clock, name=f"new {len(known)}")
        return known

    monkeypatch.setattr(figures, "untallied", meanwhile)
    assert (day().begun, day().left) == (1, 1)


def test_previews_count_nowhere(clock):
    Walker(clock, channel=Session.Channel.TEST).answer("yes")
    assert roll(clock) == 0
    assert tallies.summary(everything()) == ({}, {}, {})
    assert tallies.places(everything()) == {}


def test_a_session_begun_before_midnight_in_london_counts_for_that_day(clock):
    clock.now = datetime(2026, 6, 1, 22, 59, tzinfo=UTC)  # 23:59 in London's summer
    Walker(clock, name="a")
    clock.pass_(minutes=2)
    Walker(clock, name="b")
    assert {when: figures.begun for when, figures in tallies.summary(everything()).days.items()} == {
        date(2026, 6, 1): 1,
        date(2026, 6, 2): 1,
    }


# What happens at a place


def test_the_time_to_solved_leaves_out_the_hours_for_which_the_session_was_left(clock):
    walker = Walker(clock, seconds=20).answer("no", "stuck")
    clock.pass_(hours=5)
    walker.answer("worked")
    assert abs(day().times.quantile(0.5) / 40 - 1) < 0.06


def test_the_time_at_a_place_is_that_of_all_stays_there(clock):
    Walker(clock, seconds=30).answer("no").back().answer("yes")
    assert abs(place("q").times.quantile(0.5) / 60 - 1) < 0.06


def test_a_place_from_which_somebody_went_back_says_so_also_when_they_moved_on_later(clock):
    Walker(clock).answer("no").back().answer("no", "stuck")
    assert (place("why").reached, place("why").backs, place("why").moved) == (1, 1, 1)


def test_a_node_as_a_whole_is_not_left_by_going_on_within_it(clock):
    Walker(clock).answer("no", "stuck", "failed")
    assert place("why", whole=True).moved == 0
    assert place("why", whole=True).still == 1
    assert place("why", "stuck", "hold").moved == 1


def test_a_remark_and_a_request_for_help_count_once_where_they_were_made(clock):
    Walker(clock).answer("no").remark("Hm.").remark("Other words.").ask()
    assert (place("why").remarks, place("why").helps, place("q").remarks) == (1, 1, 0)
    assert (day().remarks, day().helps) == (1, 1)


def test_sessions_that_did_everything_at_the_same_moment_are_kept_apart(clock):
    walkers = [Walker(clock, name=name, seconds=0) for name in "abcd"]
    for walker in walkers:
        walker.answer("yes")
    assert (day().begun, place("ok").reached, place("ok").ended) == (4, 4, 4)


def test_the_times_alone_are_those_of_the_places(clock):
    Walker(clock, name="a", seconds=20).answer("no", "stuck", "worked")
    roll(clock)
    Walker(clock, name="b", seconds=40).answer("no")
    found = {where: figures.times for where, figures in tallies.places(everything()).items() if figures.times.count}
    assert found
    nodes = {where.node for where in found}
    assert {where: each for where, each in tallies.times(everything(), nodes).items() if each.count} == found
    assert {where.node for where in tallies.times(everything(), {"q"})} == {"q"}
    assert not any(figures.times.count for figures in tallies.places(everything(), timed=False).values())


def test_the_ways_between_nodes_count_sessions(clock):
    for name in "abc":
        Walker(clock, name=name).answer("again", "again", "yes")
    assert {way[1:]: sessions for way, sessions in tallies.ways(everything()).items()} == {("q", "ok"): 3}


# The scope


def test_a_scope_holds_only_its_days_versions_and_channels(clock):
    Walker(clock, name="a").answer("yes")
    clock.pass_(days=3)
    Walker(clock, name="b", channel=Session.Channel.AGENT).answer("no")
    for _ in range(2):
        for narrower in ({"channels": ("agent",)}, {"until": NOON.date()}):
            for parts in tallies.summary(everything(**narrower))[:2]:
                assert sum(each.begun for each in parts.values()) == 1
        assert tallies.summary(everything(versions=())) == ({}, {}, {})
        roll(clock)


def test_the_queries_do_not_grow_with_days_and_sessions(clock):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            for figures in (tallies.summary, tallies.places, tallies.ways):
                figures(everything())
        return len(caught)

    Walker(clock, name="first").answer("no")
    few = queries()
    for number in range(30):
        clock.pass_(hours=7)
        Walker(clock, name=f"v{number}").answer("no", "stuck")
        if number == 20:
            roll(clock)
    assert queries() == few


# Rolling up


def rows() -> list[list[tuple]]:
    """Return what the tables hold, without the rows' own keys."""
    return [
        sorted(
            tuple(bytes(each) if isinstance(each, memoryview) else each for each in row[1:])
            for row in table.objects.values_list()
        )
        for table in (DayTally, PlaceTally, WayTally)
    ]


def test_a_session_under_way_is_not_rolled_up(clock):
    Walker(clock)
    assert tallies.roll_up() == 0
    clock.pass_(minutes=6)
    assert tallies.roll_up() == 1
    assert tallies.roll_up() == 0


def test_rolling_up_in_small_portions_gives_the_same(clock):
    for number in range(7):
        Walker(clock, name=f"v{number}").answer("no", "stuck").back()
        clock.pass_(hours=5)
    tallies.roll_up(portion=2)
    small = rows()
    tallies.rebuild()
    assert rows() == [[], [], []]
    tallies.roll_up(portion=100)
    assert rows() == small


def test_a_rebuild_keeps_the_tallies_of_days_whose_sessions_were_deleted(clock):
    Walker(clock, name="old").answer("yes")
    roll(clock)
    Session.objects.all().delete()
    tallies.forgotten(NOON.date())
    clock.pass_(days=1)
    Walker(clock, name="new").answer("no")
    roll(clock)
    before = rows()
    tallies.rebuild()
    roll(clock)
    assert rows() == before
    assert day().solved == 1


def test_every_roll_up_that_changes_something_is_a_generation(clock):
    Walker(clock)
    roll(clock)
    one = Rolling.objects.get().generation
    roll(clock)
    assert Rolling.objects.get().generation == one


# The promise: what the figures say is what the logs say


def told(history: flow.History, moments: list[datetime]):
    """Return what a session did, read from its replay: (place, seconds, how) of each stay, in order."""
    moves = [i for i, event in enumerate(history.events) if event.kind in ("begin", "answer", "back")]
    for here, there in pairwise(moves):
        position = history.pages[here].position
        spent = (moments[there] - moments[here]).total_seconds()
        yield (position.node, position.cause, position.step), spent, str(history.events[there].kind)
    position = history.pages[moves[-1]].position
    yield (position.node, position.cause, position.step), 0, "ended" if history.ended else "open"


def expected(left_since: datetime):
    """Return reached, moved, ended, left, still, backs and times of each page by replaying every session."""
    figures: dict = defaultdict(Counter)
    times: dict = defaultdict(list)
    for session in Session.objects.exclude(channel="test"):
        history = journal.history_of(session)
        stays = list(told(history, [row.at for row in session.events.order_by("number")]))
        for spot in {stay[0] for stay in stays}:
            mine = [stay for stay in stays if stay[0] == spot]
            key, last = Place(session.version_id, *spot), mine[-1][2]
            figures[key]["reached"] += 1
            figures[key]["backs"] += any(how == "back" for *_, how in mine)
            figures[key]["helps"] += any(
                event.kind == "help" and (event.node, event.cause, event.step) == spot for event in history.events
            )
            figures[key]["remarks"] += any(
                event.kind == "remark" and (event.node, event.cause, event.step) == spot for event in history.events
            )
            opened = "still" if session.seen_at >= left_since else "left"
            figures[key][{"answer": "moved", "back": "moved", "ended": "ended", "open": opened}[last]] += 1
            if spent := sum(seconds for _, seconds, _ in mine if seconds <= 3600):
                times[key].append(spent)
    return figures, times


ACTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["answer", "answer", "answer", "back", "remark", "ask", "early", "roll", "wait"]),
        st.integers(0, 10),
    ),
    min_size=5,
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_figures_always_add_up_and_say_what_the_logs_say(clock, acts):
    with transaction.atomic():
        clock.now = NOON
        version = publish(TOY)
        walkers = [Walker(clock, version, f"v{number}", channel=CHANNELS[number % 3]) for number in range(4)]
        for who, act, number in acts:
            walker = walkers[who]
            walker.seconds = 1 + number * 700
            if act == "answer" and walker.legal:
                walker.answer(walker.legal[number % len(walker.legal)])
            elif act == "early":
                walker.act(journal.restart, walker.session.count)
            elif act == "roll":
                clock.pass_(minutes=6)
                tallies.roll_up()
            elif act == "wait":
                clock.pass_(hours=number)
            elif act in ("back", "remark", "ask"):
                getattr(walker, act)()
        check(clock)
        before = said()
        roll(clock)
        assert said() == before
        incremental = rows()
        tallies.rebuild()
        roll(clock)
        assert rows() == incremental, "rebuilt from the log, the tallies are others"
        transaction.set_rollback(True)


def said() -> tuple:
    """Return all figures."""
    return tallies.summary(everything()), tallies.places(everything()), tallies.places(everything(), True)


def check(clock: Clock) -> None:
    figures, times = expected(clock.now - timedelta(hours=1))
    found = tallies.places(everything())
    assert set(found) == set(figures)
    for where, figure in found.items():
        names = ("reached", "moved", "ended", "left", "still", "backs", "helps", "remarks")
        assert {name: getattr(figure, name) for name in names} == {name: figures[where][name] for name in names}
        assert figure.times == Histogram.of(*times[where])
    for each in (*found.values(), *tallies.places(everything(), whole=True).values()):
        assert each.reached == each.moved + each.ended + each.left + each.still
    statuses = Counter(Session.objects.values_list("status", flat=True))
    for parts in tallies.summary(everything())[:2]:
        figure = tallies.Ends(*(sum(getattr(part, end) for part in parts.values()) for end in tallies.Ends._fields))
        assert figure.begun == Session.objects.count()
        assert figure.begun == figure.solved + figure.unsolved + figure.advice + figure.left + figure.still
        assert (figure.solved, figure.unsolved, figure.advice) == tuple(
            statuses[name] for name in ("solved", "unsolved", "advice")
        )
