"""The benchmark asks what it says it asks. Nothing here looks at how long something takes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.bench import __main__ as bench
from tests.bench import filling, measure
from tests.bench.questions import questions
from tests.versions import publish
from tests.walks import TOY
from wizards import journal, simulation, tallies
from wizards.models import Session


@pytest.fixture
def log(db):
    """A small log with a reviewer and agents."""
    publish(TOY)
    filling.make_people()
    now = timezone.now()
    journal.load(simulation.sessions(simulation.Plan(300, now - timedelta(days=20), now)))
    tallies.roll_up()


def test_every_page_and_every_query_answers(log):
    client, asked = measure.reviewer(), questions()
    for question in asked:
        assert measure.page(client, question) > 0
        measure.query(question)
    assert len({question.name for question in asked}) == len(asked)


def test_the_queries_answer_what_the_pages_show(log):
    asked = {question.name: question for question in questions()}
    with connection.cursor() as cursor:
        cursor.execute(asked["overview"].sql, asked["overview"].values)
        assert sum(row[3] for row in cursor.fetchall()) == Session.objects.count()
        cursor.execute(asked["sessions left at a node"].sql, asked["sessions left at a node"].values)
        assert {row[8] for row in cursor.fetchall()} == {"open"}


def test_a_stream_is_read_no_further_than_its_rows():
    class Answer:
        streaming_content = iter([b"a\n", b"b\nc\n", b"d\n"])

    assert list(measure.first(Answer(), 2)) == [b"a\n", b"b\nc\n"]
    assert list(Answer.streaming_content) == [b"d\n"]


def test_the_95th_percentile_leaves_out_one_of_twenty():
    assert measure.percentile([float(number) for number in range(20, 0, -1)], 0.95) == 19


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        ({"ratio": 0.5, "goal": 1, "p95_ms": 299, "p95_goal_ms": 300}, ""),
        ({"ratio": 0.5, "goal": 1, "p95_ms": 301, "p95_goal_ms": 300}, "too slow"),
        ({"ratio": 1.5, "goal": 1, "p95_ms": 1, "p95_goal_ms": 300}, "ratio"),
        ({"ratio": 1.5, "goal": 1}, "ratio"),
    ],
)
def test_the_table_says_which_goal_is_missed(measured, words):
    assert bench.misses(measured) == words
    about = {"database": "SQLite", "events": 10, "sessions": 1, "machine": "1 x that", "name": "overview"}
    line = bench.table([about | {"page_ms": 2.0, "query_ms": 4.0} | measured]).splitlines()[-1]
    assert line.startswith("overview")
    assert line.endswith(words or f"{measured['goal']:.1f}")
