"""One session's timeline: pages, answers, annotations, durations."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from tests.analytics.walkers import Walker
from tests.versions import publish
from tests.walks import TOY
from wizards import analytics, flow, journal, presenters
from wizards.models import Event, HandoffCode, Session, format_code
from wizards.review.formatting import format_duration
from wizards.review.queries.session_timeline import position_label, session_timeline
from wizards.support import join_codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def walker(clock):
    publish(TOY)
    return Walker(clock)


def pages(walker: Walker, **options) -> list[tuple[str, str, float | None]]:
    """Title, answer and seconds of each visit."""
    return [
        (visit.label.title, visit.answer, visit.seconds)
        for visit in session_timeline(walker.mine.get(), **options).visits
    ]


def test_each_visit_has_its_title_answer_and_seconds(walker):
    walker.answer("no", "loose", "worked")
    assert pages(walker) == [
        ("Question q?", "Choose no", 10),
        ("Why why", "Cause loose", 10),
        ("Step turn", "It worked", 10),
        ("End ok", "", None),
    ]


def test_going_back_is_shown_where_it_happened(walker):
    walker.answer("no").back().answer("yes")
    visits = session_timeline(walker.mine.get()).visits
    assert [(visit.label.title, visit.arrival, visit.back_to) for visit in visits] == [
        ("Question q?", "begin", ""),
        ("Why why", "answer", "Question q?"),
        ("Question q?", "back", ""),
        ("End ok", "answer", ""),
    ]


def test_remarks_and_requests_are_annotations_of_their_page(walker):
    walker.answer("no").remark("it is green").ask().answer("loose")
    visits = session_timeline(walker.mine.get()).visits
    assert [[annotation.kind for annotation in visit.annotations] for visit in visits] == [[], ["remark", "help"], []]


def test_a_remark_about_an_earlier_page_is_attached_to_it(walker):
    walker.answer("no", "loose").act(journal.remark, 1, "")
    assert [len(visit.annotations) for visit in session_timeline(walker.mine.get()).visits] == [1, 0, 0]


def test_annotations_do_not_split_the_time_on_a_page(walker):
    walker.remark().remark("again").answer("no")
    assert session_timeline(walker.mine.get()).visits[0].seconds == 30


def test_the_end_has_its_outcome_and_feedback(walker):
    walker.answer("yes").feedback("no")
    end = session_timeline(walker.mine.get()).visits[-1]
    assert (end.outcome, end.feedback, end.seconds) == ("solved", "no", None)


def test_what_people_wrote_is_read_only_on_request(walker):
    walker.remark("my name is Ann")
    quiet, loud = session_timeline(walker.mine.get()), session_timeline(walker.mine.get(), with_words=True)
    assert (quiet.words_count, quiet.visits[0].annotations[0].has_words, quiet.visits[0].annotations[0].words) == (
        1,
        True,
        "",
    )
    assert loud.visits[0].annotations[0].words == "my name is Ann"


def test_a_remark_without_words_has_none(walker):
    walker.remark()
    assert not session_timeline(walker.mine.get()).visits[0].annotations[0].has_words


@pytest.mark.parametrize(("minutes", "is_break"), [(59, False), (60, False), (61, True)])
def test_a_visit_longer_than_an_hour_is_a_break(walker, settings, minutes, is_break):
    settings.LEFT_AFTER = timedelta(hours=1)
    walker.seconds = 60 * minutes
    walker.answer("no")
    assert session_timeline(walker.mine.get()).visits[0].is_break is is_break


def test_breaks_do_not_count_as_time_spent(walker):
    walker.answer("no")
    walker.clock.pass_(hours=5)
    walker.answer("loose", "worked")
    timeline = session_timeline(walker.mine.get())
    assert (timeline.seconds, len(timeline.breaks)) == (20, 1)
    assert [(visit.duration, visit.counted_time) for visit in timeline.visits] == [
        ("10 s", "10 s"),
        ("5 h", ""),
        ("10 s", "10 s"),
        ("", ""),
    ]


def test_the_time_spent_matches_the_figures(walker):
    walker.answer("no").back().answer("no")
    walker.clock.pass_(hours=5)
    walker.answer("loose", "worked")
    walker.clock.pass_(minutes=10)
    analytics.roll_up()
    version = Session.objects.get().version_id
    day = walker.session.begun_at.date()
    (figures,) = analytics.day_figures(analytics.Scope(day, day, (version,), ("self",))).versions.values()
    median = figures.times.quantile(0.5)
    assert median == pytest.approx(session_timeline(walker.mine.get()).seconds, rel=0.1)


def test_every_event_number_belongs_to_a_visit(walker):
    walker.answer("no").remark().back().answer("yes").feedback("yes")
    timeline = session_timeline(walker.mine.get())
    # begin, answer, remark, back, answer, end, feedback
    assert [timeline.visit_index(number) for number in range(1, 8)] == [0, 1, 1, 2, 3, 3, 3]


@pytest.mark.parametrize("number", [0, 3, 99])
def test_a_page_that_was_not_reached_raises(walker, number):
    walker.answer("no")
    with pytest.raises(flow.IllegalMoveError):
        session_timeline(walker.mine.get()).visit_index(number)


@pytest.mark.parametrize(
    ("answers", "places"),
    [(("no", "lost"), 3), (("no", "worn", "next", "next"), 5), (("no", "none"), 3), (("no", "loose", "failed"), 4)],
)
def test_titles_match_the_customers_headings(walker, answers, places):
    walker.answer(*answers)
    timeline = session_timeline(walker.mine.get())
    views = [
        presenters.Page(timeline.session, timeline.document, visit.position, visit.number, True)
        for visit in timeline.visits
    ]
    assert [visit.label.title for visit in timeline.visits] == [presenters.heading(view) for view in views]
    assert len(views) == places


def test_a_broken_log_says_where_it_breaks_and_keeps_its_events(walker):
    walker.answer("no", "loose")
    Event.objects.filter(number=2).update(answer="nonsense")
    timeline = session_timeline(walker.mine.get())
    assert timeline.broken.startswith("event 2: ")
    assert (timeline.visits, len(timeline.events)) == ([], 3)


def test_an_empty_log_is_broken(walker):
    Event.objects.all().delete()
    assert session_timeline(walker.mine.get()).broken == "event 1: the log is empty"


def test_a_log_without_its_end_event_is_broken(walker):
    walker.answer("yes")
    Event.objects.filter(kind="end").delete()
    assert "no end event follows" in session_timeline(walker.mine.get()).broken


def test_the_queries_do_not_grow_with_the_walk(walker, django_assert_num_queries):
    walker.answer(*["again"] * 12).remark("x").back()
    session = walker.mine.get()
    with django_assert_num_queries(2):
        session_timeline(session)


def test_a_place_missing_in_the_version_is_labelled_by_its_id():
    assert position_label(TOY, flow.Position("gone")).title == "gone"
    assert position_label(TOY, flow.Position("fix", "", "shake")).title == "shake"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (-1, "0 s"),
        (8.4, "8 s"),
        (95, "1 min 35 s"),
        (3 * 3600 + 1200, "3 h 20 min"),
        (86_400, "1 day"),
        (2 * 86_400 + 4 * 3600, "2 days 4 h"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds, words):
    assert format_duration(seconds) == words


def test_a_reference_matches_the_customers(walker):
    assert format_code(walker.session.code) == presenters.reference(walker.session)


def test_a_timeline_has_the_agents_actions(clock):
    walker = Walker(clock, publish(TOY)).answer("no")
    sam = User.objects.create(username="sam", first_name="Sam")
    join_codes.join(join_codes.create(walker.session, HandoffCode.For.AGENT), sam)
    number = walker.mine.get().count
    journal.note(walker.mine, number, "Speaks from a ladder.", sam)
    journal.answer(walker.mine, number, "stuck", by=sam)
    join_codes.end(walker.mine.get())
    visits = session_timeline(walker.mine.get()).visits
    assert [annotation.description for visit in visits for annotation in visit.annotations] == [
        "Sam joined",
        "Sam noted",
        "Asked the agent to leave",
    ]
    assert [visit.by for visit in visits] == ["", "Sam", ""]
