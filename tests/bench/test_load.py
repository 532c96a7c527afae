"""The light client sees what came back: whole answers, in chunks or zipped, and nothing but the right next page."""

from __future__ import annotations

import gzip
from unittest import mock

import pytest

from tools.bench.answers import load, ring_wizard
from tools.bench.answers.load import Answer, WrongPageError
from wizards import flow

HEAD = b"HTTP/1.1 200 OK\r\nServer: gunicorn\r\n"
PAGE = b"<h1>Hello</h1>"


def test_an_answer_is_whole_when_it_has_its_length():
    raw = HEAD + b"content-length: %d\r\n\r\n" % len(PAGE) + PAGE
    assert load.whole(raw)
    assert {load.whole(raw[:cut]) for cut in range(len(raw))} == {False}


def test_an_answer_in_chunks_is_whole_after_the_empty_one():
    raw = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<h1>H\r\n9\r\nello</h1>\r\n0\r\n\r\n"
    assert load.whole(raw)
    assert not load.whole(raw[:-5])
    Answer(raw).want(200, "<h1>Hello</h1>")


def test_an_answer_without_a_length_is_refused():
    with pytest.raises(WrongPageError):
        load.whole(HEAD + b"\r\n" + PAGE)


def test_a_zipped_answer_is_read():
    Answer(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(PAGE)).want(200, "Hello")


@pytest.mark.parametrize(("status", "words"), [(303, "Hello"), (200, "Good-bye")])
def test_what_is_not_the_right_page_is_no_answer(status, words):
    with pytest.raises(WrongPageError):
        Answer(HEAD + b"\r\n" + PAGE).want(status, words)


def walk(kind, **state):
    """Return a walk without a connection."""
    made = kind.__new__(kind)
    made.state = {"cookies": {"visitor": "v"}, "token": "t", "at": 3, "code": "abc"} | state
    made.counts = True
    return made


def test_a_session_answers_its_page_and_wants_the_next_one():
    own = walk(load.Sessions)
    assert own.next().startswith(b"POST /s/abc/3/ HTTP/1.1\r\n")
    right = HEAD + b"HX-Push-Url: /s/abc/4/\r\n\r\n<h1>" + ring_wizard.title(3).encode() + b"</h1>"
    own.check(4, Answer(right))
    for wrong in (right.replace(b"/4/", b"/5/"), right.replace(b"light 3", b"light 4")):
        with pytest.raises(WrongPageError):
            own.check(4, Answer(wrong))


def test_a_walk_through_forms_begins_anew_before_the_last_and_that_does_not_count():
    own = walk(load.Forms, forms=5)
    assert own.next().startswith(b"POST / ")
    assert own.counts
    assert own.next().startswith(b"GET / ")
    assert not own.counts
    assert own.state["at"] == 0


def drawn(workers, people):
    """Return so many walks whose connections fall to these workers, one after the other."""
    draw = (worker.encode() for worker in workers)

    class Drawn(load.Walk):
        def connect(self):
            self.socket, self.worker = mock.Mock(), next(draw)
            return self.worker

    return [Drawn(0, {}) for _ in range(people)]


def test_each_worker_gets_as_many_connections_as_the_others():
    walks = drawn("------" + "AAAABAABB", 6)
    load.connect(walks, 2)
    assert [each.worker for each in walks] == [b"A", b"A", b"A", b"B", b"B", b"B"]


def test_connections_that_stay_uneven_end_the_measurement():
    with pytest.raises(WrongPageError, match="uneven"):
        load.connect(drawn("A" * 1000, 2), 2)


def test_the_ring_is_a_wizard_without_faults_that_one_can_walk_for_ever():
    document = flow.Document.model_validate(ring_wizard.document(ring_wizard.QUESTIONS + 1))
    assert flow.find_errors(document) == []
    position = flow.Position(ring_wizard.node(0))
    for number in range(1, 2 * ring_wizard.QUESTIONS):
        position = flow.node_at(document, position).move(document, position, "steady")
        assert flow.node_at(document, position).title == ring_wizard.title(number % ring_wizard.QUESTIONS)
