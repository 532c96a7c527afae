"""The benchmark asks what it says it asks. Nothing here looks at how long something takes."""

from __future__ import annotations

import zlib
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.versions import publish
from tests.walks import TOY
from tools.bench.review import filling, measure
from tools.bench.review.questions import questions
from wizards import analytics, devtools, journal
from wizards.models import Session


@pytest.fixture
def log(db):
    """A small log with a reviewer and agents."""
    publish(TOY)
    filling.make_people()
    now = timezone.now()
    journal.load_sessions(devtools.sessions(devtools.Plan(300, now - timedelta(days=20), now)))
    analytics.roll_up()
    filling.make_findings()


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


class Answer:
    """A stream of five lines."""

    lines = (b"a\n", b"b\nc\n", b"d\n", b"e\n")

    def __init__(self, zipped: bool = False) -> None:
        self.headers = {"Content-Encoding": "gzip"} if zipped else {}
        self.streaming_content = self.pieces(zlib.compressobj(wbits=zlib.MAX_WBITS | 16) if zipped else None)

    def pieces(self, zipping):
        for line in self.lines:
            yield zipping.compress(line) + zipping.flush(zlib.Z_SYNC_FLUSH) if zipping else line


@pytest.mark.parametrize("zipped", [False, True])
def test_a_stream_is_read_no_further_than_its_rows(zipped):
    answer = Answer(zipped)
    assert len(list(measure.read_lines(answer, 2))) == 2
    assert len(list(answer.streaming_content)) == 2
