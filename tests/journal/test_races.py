"""Acts on one session at the same moment: threads, each with its own connection, on whatever database runs."""

from __future__ import annotations

from itertools import count

import pytest

from tests.graphs import graph
from tests.races import POSTGRES, racing
from tests.versions import publish
from tests.walks import TOY
from wizards import journal
from wizards.analytics import audit
from wizards.models import Event, Session

pytestmark = pytest.mark.django_db(transaction=True)

# SQLite lets one writer in at a time: fewer rounds show as much there.
ROUNDS = 200 if POSTGRES else 30
FORKS = graph("q? left:l right:r", "l? on:ok back:q", "r? on:ok back:q", "ok = solved")

_VISITORS = count(1)


def begin(version) -> Session:
    """Begin a session for a new visitor."""
    return journal.begin(version, "s", f"visitor {next(_VISITORS)}")


def query_for(session: Session):
    return Session.objects.filter(pk=session.pk)


def log(session: Session) -> list[str]:
    return [f"{event.kind} {event.answer}".strip() for event in session.events.order_by("number")]


def test_two_answers_to_one_page_at_once_are_one_answer_and_then_the_other():
    version = publish(FORKS)
    with racing(2) as race:
        for _ in range(ROUNDS):
            session = begin(version)
            results = race(
                lambda session=session: journal.answer(query_for(session), 1, "left"),
                lambda session=session: journal.answer(query_for(session), 1, "right"),
            )
            logged = log(session)
            assert logged in (
                ["begin s", "answer left", "back", "answer right"],
                ["begin s", "answer right", "back", "answer left"],
            )
            assert sorted(result.count for result in results) == [2, 4]
            assert Session.objects.get(pk=session.pk).node == logged[-1].removeprefix("answer ")[0]
    assert list(audit.find_violations()) == []


def test_the_same_answer_eight_times_at_once_is_logged_once():
    version = publish(FORKS)
    with racing(8) as race:
        for _ in range(ROUNDS // 6):
            session = begin(version)
            results = race(*[lambda session=session: journal.answer(query_for(session), 1, "left")] * 8)
            assert [result.count for result in results] == [2] * 8
            assert [result.node for result in results] == ["l"] * 8
            assert log(session) == ["begin s", "answer left"]
    assert list(audit.find_violations()) == []


def test_the_same_step_back_at_once_is_logged_once():
    version = publish(FORKS)
    with racing(4) as race:
        for _ in range(ROUNDS // 6):
            session = journal.answer(query_for(begin(version)), 1, "left")
            race(*[lambda session=session: journal.back(query_for(session), 2)] * 4)
            assert log(session) == ["begin s", "answer left", "back"]
    assert list(audit.find_violations()) == []


def test_concurrent_commands_leave_no_gap_and_the_log_replays():
    version = publish(TOY)
    with racing(6) as race:
        for _ in range(ROUNDS // 6):
            session = journal.answer(query_for(begin(version)), 1, "no")
            query = query_for(session)
            race(
                lambda query=query: journal.answer(query, 2, "stuck"),
                lambda query=query: journal.answer(query, 2, "none"),
                lambda query=query: journal.remark(query, 2, "Words."),
                lambda query=query: journal.request_help(query),
                lambda query=query: journal.back(query, 2),
                lambda query=query: journal.answer(query, 1, "yes"),
            )
            numbers = list(session.events.order_by("number").values_list("number", flat=True))
            assert numbers == list(range(1, len(numbers) + 1))
            assert Session.objects.get(pk=session.pk).count == len(numbers) >= 5
    assert list(audit.find_violations()) == []


def test_beginning_twice_at_once_begins_once():
    version = publish(FORKS)
    with racing(4) as race:
        for number in range(ROUNDS // 6):
            results = race(*[lambda number=number: journal.begin(version, "s", f"hasty visitor {number}")] * 4)
            assert len({result.code for result in results}) == 1, results
    assert Session.objects.count() == Event.objects.count() == ROUNDS // 6
