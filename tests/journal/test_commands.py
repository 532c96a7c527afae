"""The log's only writer: what each act leaves in the log and in the session's row."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.graphs import graph
from tests.versions import freeze, publish
from tests.walks import TOY
from wizards import flow, journal
from wizards.analytics import audit
from wizards.journal import commands
from wizards.models import OPEN, Event, Session, Version, Words

pytestmark = pytest.mark.django_db


@pytest.fixture
def version():
    return publish(TOY)


@pytest.fixture
def session(version):
    """A session that stands at its beginning; every log and row must be sound when the test is over."""
    yield journal.begin(version, "s", "visitor")
    assert list(audit.find_violations()) == []


def query_for(session: Session):
    """Return the session as the query that the journal takes."""
    return Session.objects.filter(pk=session.pk)


def give_answers(session: Session, *answers: str) -> Session:
    """Give answers on the current page, one after another."""
    for given in answers:
        session = journal.answer(query_for(session), session.count, given)
    return session


def log(session: Session) -> list[str]:
    """Return the session's log, a line for each event."""
    return [str(event) for event in session.events.order_by("number")]


def row(session: Session) -> dict:
    return Session.objects.filter(pk=session.pk).values().get()


# --- beginning --------------------------------------------------------------------------------------------------


def test_beginning_logs_the_symptom_and_starts_at_its_node(session):
    assert log(session) == ["1 begin s"]
    assert session.position == flow.Position("q")
    assert (session.status, session.count, session.symptom) == (OPEN, 1, "s")
    assert session.begun_at == session.seen_at == session.events.get().at


def test_beginning_again_reuses_a_session_that_has_not_moved(version, session):
    assert journal.begin(version, "s", "visitor") == session
    assert Session.objects.count() == 1


def test_a_session_that_has_moved_is_not_reused(version, session):
    give_answers(session, "no")
    assert journal.begin(version, "s", "visitor") != session


def test_another_visitor_gets_a_new_session(version, session):
    other = journal.begin(version, "s", "somebody else")
    assert other != session
    assert other.code != session.code


def test_another_version_makes_another_session(version, session):
    assert journal.begin(freeze(TOY), "s", "visitor") != session


def test_an_unknown_symptom_begins_nothing(version):
    with pytest.raises(flow.IllegalMoveError):
        journal.begin(version, "t", "visitor")
    assert not Session.objects.exists()
    assert not Event.objects.exists()


def test_a_symptom_that_leads_to_an_outcome_begins_and_ends_a_session():
    session = journal.begin(publish(graph("ok = advice")), "s", "visitor")
    assert log(session) == ["1 begin s", "2 end advice"]
    assert session.status == "advice"
    assert list(audit.find_violations()) == []


def test_codes_can_be_read_out_and_name_nothing(version):
    codes = {journal.begin(version, "s", f"visitor {number}").code for number in range(20)}
    assert len(codes) == 20
    assert all(len(code) == 12 and not set(code) & set("01ilo") for code in codes)


# --- answers ----------------------------------------------------------------------------------------------------


def test_an_answer_is_logged_and_moves_the_row(session):
    session = give_answers(session, "no", "stuck")
    assert log(session) == ["1 begin s", "2 answer no", "3 answer stuck"]
    assert session.position == flow.Position("why", "stuck", "hold")
    assert Session.objects.get().position == session.position
    assert session.events.get(number=3).offered == ["stuck", "loose", "worn", "lost"]


def test_the_same_answer_again_logs_nothing_and_gives_the_current_page(session):
    give_answers(session, "no", "stuck")
    before = row(session)
    repeated = journal.answer(query_for(session), 1, "no")
    assert repeated.count == 3
    assert repeated.position == flow.Position("why", "stuck", "hold")
    assert row(session) == before
    assert len(log(session)) == 3


def test_another_answer_to_an_earlier_page_logs_back_and_the_answer(session):
    give_answers(session, "no", "stuck")
    session = journal.answer(query_for(session), 1, "again")
    assert log(session) == ["1 begin s", "2 answer no", "3 answer stuck", "4 back", "5 answer again"]
    assert session.position == flow.Position("q")


@pytest.mark.parametrize("number", [0, -1, 3, 2**31, 10**30])
def test_a_page_not_reached_logs_nothing(session, number):
    give_answers(session, "no")
    calls = (
        lambda: journal.answer(query_for(session), number, "stuck"),
        lambda: journal.back(query_for(session), number),
        lambda: journal.restart(query_for(session), number),
        lambda: journal.remark(query_for(session), number, "words"),
        lambda: journal.feedback(query_for(session), number, "yes", ""),
    )
    before = row(session)
    for command in calls:
        with pytest.raises(flow.IllegalMoveError):
            command()
    assert row(session) == before
    assert len(log(session)) == 2
    assert not Words.objects.exists()


@pytest.mark.parametrize("given", ["", "maybe", "next", "a\0b", "\ud800", "x" * 100_000])
@pytest.mark.parametrize("number", [1, 2])
def test_an_answer_that_the_page_does_not_offer_logs_nothing(session, number, given):
    give_answers(session, "no")
    before = row(session)
    with pytest.raises(flow.IllegalMoveError):
        journal.answer(query_for(session), number, given)
    assert row(session) == before
    assert len(log(session)) == 2


def test_a_session_outside_the_query_does_not_exist(session):
    no_session = Session.objects.filter(visitor="somebody else", code=session.code)
    calls = (
        lambda: journal.answer(no_session, 1, "no"),
        lambda: journal.back(no_session, 1),
        lambda: journal.restart(no_session, 1),
        lambda: journal.remark(no_session, 1, ""),
        lambda: journal.feedback(no_session, 1, "yes", ""),
        lambda: journal.request_help(no_session),
    )
    for command in calls:
        with pytest.raises(Session.DoesNotExist):
            command()
    assert len(log(session)) == 1


def test_an_answer_takes_at_most_three_statements(session):
    session = give_answers(session, "no")
    with CaptureQueriesContext(connection) as queries:
        session = journal.answer(query_for(session), session.count, "stuck")
    control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    statements = [query["sql"] for query in queries if not query["sql"].startswith(control)]
    assert len(statements) <= 3, statements


def test_an_answer_takes_as_many_queries_late_in_a_long_session(session):
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            session = journal.answer(query_for(session), session.count, "again")
        counts.append(len(queries))
        session = give_answers(session, *["again"] * 20)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("statement", ["INSERT", "UPDATE"])
def test_an_answer_and_the_update_of_the_row_are_one_transaction(session, statement):
    def refuse(execute, sql, *more):
        if sql.startswith(statement):
            raise RuntimeError("the disk is full")
        return execute(sql, *more)

    before = row(session)
    with connection.execute_wrapper(refuse), pytest.raises(RuntimeError):
        journal.answer(query_for(session), 1, "no")
    assert log(session) == ["1 begin s"]
    assert row(session) == before


def test_reaching_an_outcome_ends_the_session(session):
    session = give_answers(session, "yes")
    assert log(session) == ["1 begin s", "2 answer yes", "3 end solved"]
    assert Session.objects.get().status == "solved"


def test_going_back_from_an_outcome_opens_the_session_again(session):
    session = give_answers(session, "yes")
    session = journal.back(query_for(session), 3)
    assert session.status == Session.objects.get().status == OPEN
    assert session.position == flow.Position("q")


def test_the_log_never_goes_back_in_time(session, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: session.begun_at - timedelta(hours=1))
    later = give_answers(session, "no")
    assert later.seen_at == session.begun_at


# --- back, starting over ----------------------------------------------------------------------------------------


def test_back_is_logged_once_however_often_it_is_posted(session):
    session = give_answers(session, "no", "stuck")
    for _ in range(3):
        repeated = journal.back(query_for(session), 3)
    assert log(repeated) == ["1 begin s", "2 answer no", "3 answer stuck", "4 back"]
    assert repeated.position == flow.Position("why")


def test_starting_over_is_logged_once_and_loses_nothing(session):
    session = give_answers(session, "no", "stuck")
    for _ in range(3):
        repeated = journal.restart(query_for(session), 3)
    assert log(repeated) == ["1 begin s", "2 answer no", "3 answer stuck", "4 back"]
    assert repeated.position == flow.Position("q")


def test_back_on_the_first_page_logs_nothing(session):
    assert journal.back(query_for(session), 1).count == 1
    assert journal.restart(query_for(session), 1).count == 1


# --- remarks, help, feedback ------------------------------------------------------------------------------------


def test_a_remark_is_logged_and_its_words_are_stored_separately(session):
    session = journal.remark(query_for(session), 1, "There is no light at all.")
    assert log(session) == ["1 begin s", "2 remark"]
    assert session.events.get(number=2).words.text == "There is no light at all."
    assert session.position == flow.Position("q")


def test_the_same_remark_posted_again_logs_nothing_and_another_one_is_logged(session):
    for words in ("A", "A", "B", "B"):
        session = journal.remark(query_for(session), 1, words)
    assert log(session) == ["1 begin s", "2 remark", "3 remark"]
    assert list(Words.objects.order_by("pk").values_list("text", flat=True)) == ["A", "B"]


def test_a_remark_needs_no_words(session):
    for _ in range(2):
        session = journal.remark(query_for(session), 1, "")
    assert log(session) == ["1 begin s", "2 remark"]
    assert not Words.objects.exists()


def test_words_can_be_erased_and_the_log_still_replays(session):
    session = journal.remark(query_for(session), 1, "My name is Anna.")
    session = give_answers(session, "yes")
    journal.feedback(query_for(session), session.count, "no", "Call me.")
    Words.objects.all().delete()
    assert flow.replay(TOY, journal.history_of(session).events).ended == "solved"
    assert list(audit.find_violations()) == []


def test_help_is_logged_once_for_each_page(session):
    for _ in range(2):
        session = journal.request_help(query_for(session))
    session = give_answers(session, "no")
    for _ in range(2):
        session = journal.request_help(query_for(session))
    assert log(session) == ["1 begin s", "2 help", "3 answer no", "4 help"]
    assert list(session.events.filter(kind="help").values_list("to", flat=True)) == [1, 3]


def test_feedback_is_logged_at_the_end_and_may_be_changed(session):
    session = give_answers(session, "yes")
    assert journal.latest_feedback(session) == ""
    for helped in ("yes", "yes", "no"):
        session = journal.feedback(query_for(session), 3, helped, "")
    assert log(session) == ["1 begin s", "2 answer yes", "3 end solved", "4 feedback yes", "5 feedback no"]
    assert journal.latest_feedback(session) == "no"


def test_feedback_is_refused_before_the_end(session):
    with pytest.raises(flow.IllegalMoveError):
        journal.feedback(query_for(session), 1, "yes", "")
    assert journal.latest_feedback(session) == ""


def test_the_row_rebuilds_from_the_log_alone(session):
    session = give_answers(session, "no", "stuck", "failed", "lost", "decline", "worn")
    journal.remark(query_for(session), 2, "Words.")
    journal.answer(query_for(session), 4, "loose")
    stored = Session.objects.get()
    repeated = journal.rebuild_row(stored)
    assert {name: getattr(repeated, name) for name in audit.DENORMALIZED_COLUMNS} == {
        name: getattr(stored, name) for name in audit.DENORMALIZED_COLUMNS
    }
    assert repeated.tried == [["stuck", "failed"]]


def test_a_session_stays_on_the_version_that_it_began_on(session):
    publish(graph("q? other:end", "end = advice"))
    session = give_answers(session, "no", "none", "next")
    assert session.position == flow.Position("fix", step="release")


# --- previews are forgotten ---------------------------------------------------------------------------------------


def test_only_test_sessions_of_previews_are_deleted_with_their_logs(version):
    previews = [
        Version.objects.create(wizard=version.wizard, document=version.document, content_hash=version.content_hash)
        for _ in range(2)
    ]
    test = Session.Channel.TEST
    deleted = journal.begin(previews[0], "s", "editor", test)
    journal.remark(query_for(deleted), 1, "not so")
    remaining = [
        journal.begin(previews[0], "s", "visitor"),
        journal.begin(previews[1], "s", "editor", test),
        journal.begin(version, "s", "editor", test),
    ]
    journal.delete_tests(Version.objects.filter(pk__in=[previews[0].pk, version.pk]))
    assert set(Session.objects.all()) == set(remaining)
    assert set(Event.objects.values_list("session", flat=True)) == {session.pk for session in remaining}
    assert not Words.objects.exists()


def test_a_log_at_its_limit_takes_no_moves_but_takes_a_help_request(session, monkeypatch):
    monkeypatch.setattr(commands, "MAX_EVENTS", 3)
    moved = give_answers(session, "no", "stuck")
    for move in (journal.back, journal.restart):
        with pytest.raises(flow.IllegalMoveError, match="too long"):
            move(query_for(session), moved.count)
    with pytest.raises(flow.IllegalMoveError, match="too long"):
        journal.answer(query_for(session), moved.count, "next")
    assert journal.request_help(query_for(session)).count == moved.count + 1


def test_a_move_repeated_at_the_limit_of_the_log_is_logged_once(session, monkeypatch):
    moved = give_answers(session, "no", "stuck")
    monkeypatch.setattr(commands, "MAX_EVENTS", moved.count)
    assert journal.answer(query_for(session), moved.count - 1, "stuck").position == moved.position
