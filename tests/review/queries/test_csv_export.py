"""Sessions and events as CSV: content of the lines, no formulas, constant memory."""

from __future__ import annotations

import csv
import gc
import io
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from django.http import QueryDict

from tests.analytics.walkers import NOON, Walker
from wizards import journal
from wizards.models import CODE_ALPHABET, Session
from wizards.review.queries import csv_export
from wizards.review.queries.csv_export import (
    EVENT_COLUMNS,
    SESSION_COLUMNS,
    WORDS_COLUMN,
    escape_formula,
    events_csv,
    sessions_csv,
)
from wizards.review.queries.sessions import SessionFilter, SessionsForm

pytestmark = pytest.mark.django_db

SESSION_HEAD = ",".join(column.name for column in SESSION_COLUMNS).encode() + b"\r\n"
DOCS = Path(__file__).parents[3] / "docs" / "export.md"


def filters(**typed) -> SessionFilter:
    query = QueryDict(mutable=True)
    query.update(typed)
    return SessionsForm(query).filters


def lines(pieces) -> list[dict[str, str]]:
    text = b"".join(pieces).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


# What the lines hold


def test_a_session_line_matches_its_row(clock, toy):
    walker = Walker(clock, toy, seconds=30).answer("no", "worn", "next").back()
    (line,) = lines(sessions_csv(filters()))
    assert list(line) == [column.name for column in SESSION_COLUMNS]
    expected = {
        "session": walker.session.code, "wizard": "toy", "version": "1", "language": "en", "channel": "self",
        "symptom": "s", "begun_at": "2026-03-02T12:00:00.000000Z", "seen_at": "2026-03-02T12:02:00.000000Z",
        "seconds": "120", "events": "5", "state": "still", "node": "why", "cause": "worn", "step": "open",
        "page": "Step open", "backs": "1", "helps": "0", "remarks": "0", "agent": "",
    }  # fmt: skip
    assert {name: line[name] for name in expected} == expected
    assert line["reference"].replace(" ", "").lower() == walker.session.code


def test_the_events_are_the_whole_log_in_order(clock, toy):
    first = Walker(clock, toy, "a").answer("no").back().session
    second = Walker(clock, toy, "b").answer("yes").feedback("no").session
    found = [
        (line["session"], line["number"], line["kind"], line["answer"], line["page"])
        for line in lines(events_csv(filters()))
    ]
    assert found == [
        (first.code, "1", "begin", "s", ""),
        (first.code, "2", "answer", "no", ""),
        (first.code, "3", "back", "", "1"),
        (second.code, "1", "begin", "s", ""),
        (second.code, "2", "answer", "yes", ""),
        (second.code, "3", "end", "solved", ""),
        (second.code, "4", "feedback", "no", "3"),
    ]


def test_offered_causes_are_separated_by_spaces(clock, toy):
    Walker(clock, toy).answer("no", "loose")
    assert lines(events_csv(filters()))[-1]["offered"] == "stuck loose worn lost"


def test_what_people_wrote_is_exported_only_on_request(clock, toy):
    Walker(clock, toy).remark("I am Ann")
    assert b"Ann" not in b"".join(events_csv(filters()))
    assert [line["words"] for line in lines(events_csv(filters(), words=True))] == ["", "I am Ann"]


def test_the_filter_applies(clock, toy):
    Walker(clock, toy, "a").answer("yes")
    Walker(clock, toy, "b").answer("no")
    assert [line["state"] for line in lines(sessions_csv(filters(status="solved")))] == ["solved"]
    assert {line["kind"] for line in lines(events_csv(filters(status="solved")))} == {"begin", "answer", "end"}


def test_previews_are_not_exported(clock, toy):
    Walker(clock, toy, channel=Session.Channel.TEST)
    assert lines(sessions_csv(filters())) == lines(events_csv(filters())) == []


def test_the_counts_match_the_lines(clock, toy):
    for name in "abc":
        Walker(clock, toy, name).answer("no").remark()
    assert csv_export.session_count(filters()) == len(lines(sessions_csv(filters()))) == 3
    assert csv_export.event_count(filters()) == len(lines(events_csv(filters()))) == 9
    assert csv_export.event_count(filters(status="advice")) == 0


def test_sessions_are_read_in_batches_and_none_is_lost(clock, toy, monkeypatch):
    monkeypatch.setattr(csv_export, "MAX_SESSIONS", 3)
    monkeypatch.setattr(csv_export, "MAX_LINES", 2)
    for name in "abcdefgh":
        Walker(clock, toy, name).answer("no")
    assert len({line["session"] for line in lines(sessions_csv(filters()))}) == 8
    assert len(lines(events_csv(filters()))) == 16


def test_the_first_batches_are_small(clock, toy, monkeypatch):
    monkeypatch.setattr(csv_export, "INITIAL_SIZE", 2)
    load(toy, 20)
    sizes = [len(lines([SESSION_HEAD, piece])) for piece in list(sessions_csv(filters(since="2026-03-02")))[2:]]
    assert sizes == [2, 4, 8, 6]
    assert [len(keys) for keys in csv_export._key_batches(filters(since="2026-03-02"))] == [2, 4, 8, 6]


def test_sessions_begun_at_the_same_moment_are_exported_once_each(clock, toy, monkeypatch):
    monkeypatch.setattr(csv_export, "MAX_SESSIONS", 3)
    load(toy, 10)
    Session.objects.update(begun_at=NOON)
    found = [line["session"] for line in lines(sessions_csv(filters(since="2026-03-02")))]
    assert found == list(Session.objects.order_by("pk").values_list("code", flat=True))


def test_counting_before_the_first_line_is_capped(clock, toy, monkeypatch):
    monkeypatch.setattr(csv_export, "MAX_COUNTED", 3)
    load(toy, 10)
    assert csv_export.session_count(filters(since="2026-03-02")) == 4
    assert csv_export.event_count(filters(since="2026-03-02")) == 4 * Session.objects.latest("pk").count


@pytest.mark.parametrize(("pieces", "number"), [(sessions_csv, 20), (events_csv, 140)])
def test_the_number_of_lines_is_reported_at_the_end(clock, toy, pieces, number):
    load(toy, 20)
    counts = []
    assert len(lines(pieces(filters(since="2026-03-02"), on_end=counts.append))) == number
    assert counts == [number]


def test_the_number_of_lines_is_reported_when_an_export_is_cut_off(clock, toy, monkeypatch):
    monkeypatch.setattr(csv_export, "INITIAL_SIZE", 2)
    load(toy, 20)
    counts = []
    pieces = sessions_csv(filters(since="2026-03-02"), on_end=counts.append)
    for _ in range(4):  # the mark, the names of the columns, 2 lines, 4 lines
        next(pieces)
    pieces.close()
    assert counts == [6]


# Cells


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "  @"])
def test_a_cell_that_looks_like_a_formula_gets_an_apostrophe(start):
    assert escape_formula(f"{start}cmd()") == f"'{start}cmd()"


@pytest.mark.parametrize("cell", ["", "plain", "a=b", "1-2", "'=x", 7, -7, 0])
def test_any_other_cell_is_unchanged(cell):
    assert escape_formula(cell) is cell


def test_no_cell_of_a_whole_export_is_a_formula(clock, toy):
    Walker(clock, toy).remark('=HYPERLINK("http://example.org","x")')
    (said,) = [line["words"] for line in lines(events_csv(filters(), words=True)) if line["words"]]
    assert said.startswith("'=")


def test_multiline_text_with_quotes_and_accents_survives(clock, toy):
    words = 'Größe "5",\r\nзелёный 💡; and a comma'
    Walker(clock, toy).remark(words)
    assert lines(events_csv(filters(), words=True))[-1]["words"] == words


def test_the_file_begins_with_a_byte_order_mark(clock, toy):
    assert next(iter(sessions_csv(filters()))) == b"\xef\xbb\xbf"


def test_an_empty_export_has_a_header():
    assert b"".join(events_csv(filters())).decode("utf-8-sig").strip() == ",".join(each.name for each in EVENT_COLUMNS)


# Memory


def load(version, number: int) -> None:
    """Write `number` sessions with the same walk, a second apart."""
    from tests.walks import Walk

    history = Walk().answer("no", "worn", "next", "next", "worked").history
    letters = CODE_ALPHABET
    size = len(letters)

    def past(place: int) -> journal.PastSession:
        times = [NOON + timedelta(seconds=place + each) for each in range(len(history))]
        code = "".join(letters[place // size**digit % size] for digit in range(12))
        return journal.PastSession(version=version.pk, history=history, times=times, code=code, visitor="v")

    journal.load_sessions(past(place) for place in range(number))


def peak(pieces) -> tuple[int, int]:
    """Measure the total size of the chunks, and the peak memory while they are made.

    Garbage is collected after each chunk, so that the timing of Python's collector does not matter.
    """
    gc.freeze()  # what was there before is not looked through each time
    tracemalloc.start()
    try:
        size = 0
        for piece in pieces:
            size += len(piece)
            gc.collect()
        return size, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()


@pytest.mark.parametrize("pieces", [sessions_csv, events_csv])
def test_an_export_of_thirty_times_as_much_takes_no_more_memory(clock, toy, monkeypatch, pieces):
    monkeypatch.setattr(csv_export, "MAX_SESSIONS", 100)
    monkeypatch.setattr(csv_export, "MAX_LINES", 100)
    load(toy, 6_000)
    small, large = filters(reference="2"), filters(since="2026-03-02", until="2026-03-02")
    peak(pieces(small))  # what is kept for good after the first time
    (little, least), (much, most) = peak(pieces(small)), peak(pieces(large))
    assert much > 25 * little
    assert most < least * 1.5, (least, most)


# The description


@pytest.mark.parametrize("column", [*SESSION_COLUMNS, *EVENT_COLUMNS, WORDS_COLUMN], ids=lambda column: column.name)
def test_every_column_is_documented_as_on_the_page(column):
    assert f"| `{column.name}` | {column.description} |" in DOCS.read_text()


def test_the_columns_are_documented_in_order():
    described = [line.split("`")[1] for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    assert described == [column.name for column in (*SESSION_COLUMNS, *EVENT_COLUMNS, WORDS_COLUMN)]
