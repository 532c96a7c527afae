"""The overview's figures, against the period before, by day and by wizard."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.rows import tally
from tests.analytics.walkers import NOON, Clock, Walker
from tests.visitor import publish
from wizards.models import Session, Version, Wizard
from wizards.review import charts, formatting
from wizards.review.confidence import compare_rates, rate
from wizards.review.filters import Filter, FilterForm
from wizards.review.glossary import DEFINITIONS
from wizards.review.queries import overview

LINES = ("q? yes:ok no:human maybe:tip", "ok = solved", "human = unsolved", "tip = advice")
TODAY = NOON.date()


@pytest.fixture
def clock(db, monkeypatch) -> Clock:
    """The clock at noon of TODAY."""
    return Clock(monkeypatch)


@pytest.fixture
def version(clock) -> Version:
    """A published version with one question that leads to each kind of end."""
    return publish(*LINES)


def overview_of(since: date = TODAY, until: date = TODAY, **choice) -> overview.Overview:
    """The overview of a period, by default of today."""
    return overview.overview(Filter(since, until, **choice))


def values(page: overview.Overview) -> dict[str, str]:
    return {each.key: each.value for each in (page.begun, *page.ends, *page.other_figures)}


def walk(clock: Clock, version: Version, *answers: str, times: int = 1) -> None:
    """Walk a version several times with the same answers."""
    for _ in range(times):
        Walker(clock, version, name=f"visitor {Session.objects.count()}").answer(*answers)


# Figures


def test_each_session_counts_by_its_state(clock, version):
    walk(clock, version, times=5)
    clock.pass_(hours=2)
    walk(clock, version, "yes", times=4)
    walk(clock, version, "no", times=3)
    walk(clock, version, "maybe", times=2)
    walk(clock, version)
    figures = values(overview_of())
    assert {key: figures[key] for key in ("begun", *overview.ENDS)} == {
        "begun": "15",
        "solved": "4",
        "unsolved": "3",
        "advice": "2",
        "left": "5",
        "still": "1",
    }


def test_the_ends_add_up_to_what_began(clock, version):
    for answers in (("yes",), ("no",), ("maybe",), (), ()):
        walk(clock, version, *answers)
    page = overview_of()
    assert sum(int(end.value) for end in page.ends) == int(page.begun.value) == 5


def test_the_share_solved_counts_only_sessions_that_are_over(clock, version):
    walk(clock, version, "yes", times=3)
    walk(clock, version, "no")
    walk(clock, version)
    assert values(overview_of())["share"] == "75 %"


def test_the_share_solved_comes_with_its_interval(clock, version):
    walk(clock, version, "yes", times=3)
    walk(clock, version, "no")
    likely = rate(3, 4)
    (share,) = (each for each in overview_of().other_figures if each.key == "share")
    assert share.note == f"3 of 4, likely {likely.low_percent} to {likely.high_percent} %"


def test_without_finished_sessions_there_is_no_share(clock, version):
    walk(clock, version)
    page = overview_of()
    assert values(page)["share"] == "–"
    assert page.summary == "1 session began, and none is over yet."


def test_the_median_counts_only_solved_sessions(clock, version):
    Walker(clock, version, seconds=60).answer("yes")
    Walker(clock, version, seconds=3000).answer("no")
    assert values(overview_of())["median"].startswith(("58 s", "59 s", "1 min", "57 s"))


def test_a_session_that_asked_for_a_person_twice_counts_once(clock, version):
    Walker(clock, version).ask().ask()
    walk(clock, version)
    assert values(overview_of())["helps"] == "1"


def test_the_share_helped_counts_only_sessions_with_feedback(clock, version):
    for answer in ("yes", "yes", "yes", "no"):
        Walker(clock, version).answer("yes").feedback(answer)
    walk(clock, version, "yes", times=3)
    (figure,) = (each for each in overview_of().other_figures if each.key == "said")
    assert figure.value == "75 %"
    assert figure.note.startswith("3 of 4, likely")


def test_the_latest_feedback_counts(clock, version):
    Walker(clock, version).answer("yes").feedback("no").back().answer("yes").feedback("yes")
    assert values(overview_of())["said"] == "100 %"


def test_feedback_on_an_end_that_was_left_is_not_counted(clock, version):
    Walker(clock, version).answer("yes").feedback("no").back().answer("yes")
    assert values(overview_of())["said"] == "–"


def test_without_feedback_only_the_previous_share_is_shown(clock, version):
    Walker(clock, version).answer("yes").feedback("yes")
    clock.pass_(days=1)
    walk(clock, version, "yes")
    tomorrow = TODAY + timedelta(days=1)
    (figure,) = (each for each in overview_of(tomorrow, tomorrow).other_figures if each.key == "said")
    assert (figure.value, figure.change, figure.note) == ("–", "100 % before", "nobody has said it yet")


def test_previews_are_not_counted(clock, version):
    Walker(clock, version, channel=Session.Channel.TEST).answer("yes")
    assert values(overview_of())["begun"] == "0"


@pytest.mark.parametrize("key", ["begun", *overview.ENDS, "share", "median", "helps", "said"])
def test_each_figure_has_a_definition(clock, version, key):
    page = overview_of()
    (figure,) = (each for each in (page.begun, *page.ends, *page.other_figures) if each.key == key)
    assert figure.definition in [each for group in DEFINITIONS.values() for each in group.values()]


def test_definition_keys_are_unique():
    keys = [key for group in DEFINITIONS.values() for key in group]
    assert len(keys) == len(set(keys))


# Against the period before


def test_the_period_before_is_equally_long_and_adjacent(version):
    for day, begun in ((1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32)):
        tally(version, date(2026, 3, day), begun, 0)
    assert overview_of(date(2026, 3, 4), date(2026, 3, 5)).begun.change == "18 more than the 6 before"


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (0, 0, "also 0 before"),
        (5, 0, "none before"),
        (5, 5, "same as before (5)"),
        (1500, 2500, "1,000 fewer than the 2,500 before"),
    ],
)
def test_a_change_is_formatted(now, before, words):
    assert formatting.format_change(now, before) == words


def test_an_insignificant_difference_is_called_about_as_before():
    assert formatting.format_comparison(rate(3, 4), rate(2, 4)) == "about as before (50 %)"


@pytest.mark.parametrize(("now", "words"), [(600, "higher than the 50 % before"), (400, "lower than the 50 % before")])
def test_a_significant_difference_is_named(now, words):
    assert formatting.format_comparison(rate(now, 1000), rate(500, 1000)) == words


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 60), st.integers(1, 60))
def test_comparing_rates_is_antisymmetric(a_count, b_count, a_total, b_total):
    a, b = rate(min(a_count, a_total), a_total), rate(min(b_count, b_total), b_total)
    assert compare_rates(a, b) == -compare_rates(b, a)
    assert compare_rates(a, a) == 0
    if a.low > b.high:
        assert compare_rates(a, b) == 1


def test_the_summary_compares_the_share_with_the_period_before(version):
    tally(version, TODAY, 100, 80)
    tally(version, TODAY - timedelta(days=1), 100, 50)
    assert overview_of().summary == (
        "80 of the 100 sessions that are over were solved: 80 %, higher than the 50 % before. "
        "20 were left, and 0 were handed to a person."
    )


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (("yes",), "was solved"),
        (("no",), "was handed to a person"),
        (("maybe",), "ended with advice"),
        ((), "was left"),
    ],
)
def test_a_single_session_has_its_own_summary(clock, version, answers, words):
    walk(clock, version, *answers)
    clock.pass_(hours=2)
    assert overview_of().summary == f"One session is over: it {words}."


# By day


def test_each_day_has_a_row_even_without_sessions(version):
    tally(version, TODAY, 3, 1)
    rows = overview_of(TODAY - timedelta(days=6), TODAY).chart.rows
    assert [sum(row.values) for row in rows] == [0, 0, 0, 0, 0, 0, 3]


def test_a_day_shows_the_states_of_its_sessions(version):
    tally(version, TODAY, 3, 1)
    assert overview_of().chart.rows[0].values == (1, 0, 0, 2, 0)


def test_a_session_counts_for_the_day_in_the_help_desks_zone(settings, clock, version):
    clock.now = datetime.fromisoformat("2026-07-01T23:30:00+00:00")  # half past midnight in London
    walk(clock, version, "yes")
    rows = overview_of(date(2026, 7, 1), date(2026, 7, 2)).chart.rows
    assert [sum(row.values) for row in rows] == [0, 1]


def test_the_day_of_a_publication_is_annotated(version):
    publish(*LINES)
    Version.objects.filter(number=2).update(published_at=NOON - timedelta(days=3))
    Version.objects.filter(number=1).update(published_at=NOON - timedelta(days=30))
    chart = overview_of(TODAY - timedelta(days=6), TODAY).chart
    title = version.wizard.title
    assert [row.annotation for row in chart.rows] == ["", "", "", f"{title} version 2", "", "", ""]
    assert [(each.day, each.text) for each in chart.annotations] == [(TODAY - timedelta(days=3), f"{title} version 2")]


def test_without_publications_there_is_no_annotation_column(version):
    Version.objects.update(published_at=NOON - timedelta(days=30))
    assert overview_of().chart.annotation_label == ""


def test_the_charts_title_names_the_busiest_day(version):
    tally(version, TODAY - timedelta(days=1), 3)
    tally(version, TODAY, 2)
    assert overview_of(TODAY - timedelta(days=2), TODAY).chart.title == (
        "Sessions by the day they began: most on Sunday 1 March 2026, 3."
    )


@pytest.mark.parametrize(("days", "rows", "step"), [(92, 92, "day"), (93, 15, "week"), (800, 28, "month")])
def test_long_periods_are_shown_by_week_or_month(days, rows, step):
    until = date(2026, 3, 2)
    since = until - timedelta(days=days - 1)
    assert charts.interval_unit(since, until) == step
    assert len(charts.intervals(since, until)) == rows


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 1200))
def test_each_day_belongs_to_one_interval(since, days):
    until = since + timedelta(days=days)
    spans = charts.intervals(since, until)
    covered = [each.since + timedelta(days=n) for each in spans for n in range((each.until - each.since).days + 1)]
    assert covered == [since + timedelta(days=n) for n in range(days + 1)]


# By wizard, by version


def test_wizards_are_listed_with_their_figures_busiest_first(version):
    kettle = publish(*LINES, slug="kettle", title="Kettle")
    tally(version, TODAY, 3, 1)
    tally(kettle, TODAY, 5, 4)
    parts = overview_of().breakdown
    assert [(part.figures.begun, part.solved_rate.percent) for part in parts] == [(5, 80), (3, 33)]
    assert parts[0].title == "Kettle"
    assert "wizard=kettle" in parts[0].query


def test_versions_are_added_up_by_wizard_and_listed_within_one(version):
    newer = publish(*LINES)
    tally(version, TODAY, 3)
    tally(newer, TODAY, 5)
    assert [part.figures.begun for part in overview_of().breakdown] == [8]
    within = overview_of(wizard="toy")
    assert [part.figures.begun for part in within.breakdown] == [5, 3]
    assert [part.title.split(",")[0] for part in within.breakdown] == ["Version 2", "Version 1"]
    assert within.breakdown_by == "Version"


def test_a_breakdown_link_keeps_the_rest_of_the_filter(version):
    tally(version, TODAY, 3)
    (part,) = overview_of(channel="self").breakdown
    assert part.query == f"since={TODAY}&until={TODAY}&wizard=toy&channel=self"


def test_the_language_filter_uses_the_versions_language(version):
    tally(version, TODAY, 5, 2)
    Wizard.objects.update(language="de")  # in the draft, which is not published
    assert [overview_of(language=each).begun.value for each in ("en", "de")] == ["5", "0"]
    form = FilterForm({})
    assert [value for value, _ in form.fields["language"].choices] == ["", "en"]


def test_the_channel_filter_excludes_other_channels(version):
    tally(version, TODAY, 3)
    tally(version, TODAY, 5, channel="agent")
    assert values(overview_of(channel="agent"))["begun"] == "5"


# Cost


def test_the_queries_do_not_grow_with_versions_days_and_sessions(clock, version):
    walk(clock, version, "yes")
    with CaptureQueriesContext(connection) as few:
        overview_of()
    for number in range(12):
        each = publish(*LINES, slug=f"toy{number % 3}")
        for back in range(40):
            tally(each, TODAY - timedelta(days=back))
        walk(clock, each, "yes", times=2)
    with CaptureQueriesContext(connection) as many:
        overview_of(TODAY - timedelta(days=29), TODAY)
    assert len(many) - len(few) <= 1, "the period before has sessions now"
    assert len(many) <= 12
