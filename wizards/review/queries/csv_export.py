"""Sessions and events as CSV, in chunks: a million rows take as little memory as a hundred.

    SessionFilter --sessions_csv / events_csv--> bytes, bytes, ...

SESSION_COLUMNS and EVENT_COLUMNS describe the columns, on the page and in docs/export.md.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet, Sum

from ... import flow
from ...analytics import abandoned_since
from ...models import Event, Session, Words, format_code
from ...publishing import document_of
from .session_timeline import position_label
from .sessions import MAX_COUNTED, SessionFilter, matching_sessions, session_state

MAX_SESSIONS = 500  # read at a time, at most
MAX_LINES = 500  # sent at a time, at most
INITIAL_SIZE = 50  # of the first batch and chunk, so that the first lines come at once
BOM = b"\xef\xbb\xbf"  # without it, spreadsheets assume an older encoding than UTF-8
# A cell that starts with one of these can be taken for a formula, sometimes after the spreadsheet dropped a character.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export: its name in the header, and what it holds."""

    name: str
    description: str


SESSION_COLUMNS = (
    Column("reference", "The session’s reference, in groups, as people read it out."),
    Column("session", "The reference as in URLs; joins with “session” of the events."),
    Column("wizard", "The wizard’s id."),
    Column("version", "The number of the version on which it runs."),
    Column("language", "The language of the wizard’s version."),
    Column("channel", "How the person came: self (by themselves), agent, or embed (embedded in another site)."),
    Column("symptom", "The id of the symptom that the person chose."),
    Column("begun_at", "When it began, in UTC: 2026-01-31T09:05:12.345678Z."),
    Column("seen_at", "When its last event was logged, in UTC."),
    Column("seconds", "From the first event to the last, breaks included."),
    Column("events", "The number of events."),
    Column("state", "How it ended: solved, unsolved (handed to a person), advice, left; or still (in progress)."),
    Column("node", "The id of the node where it is."),
    Column("cause", "The id of the current cause, if any."),
    Column("step", "The id of the current step, if any."),
    Column("page", "The heading of the page where it is, in its version."),
    Column("backs", "How many times the person went back."),
    Column("helps", "On how many pages they asked for a person."),
    Column("remarks", "How many times they remarked that something looks different."),
    Column("agent", "The user name of the agent, if any."),
)
EVENT_COLUMNS = (
    Column("session", "The session’s reference as in URLs; joins with “session” of the sessions."),
    Column("number", "A number within the session: 1, 2, 3, without gaps."),
    Column("at", "When it was logged, in UTC: 2026-01-31T09:05:12.345678Z."),
    Column("actor", "Who did it: customer or agent."),
    Column(
        "kind",
        "What happened: begin, answer, back, remark, help, feedback, end; by agents also note, join, part, passed.",
    ),
    Column("node", "The id of the node at which it happened; empty for begin."),
    Column("cause", "The id of the current cause, if any."),
    Column("step", "The id of the current step, if any."),
    Column("answer", "begin: the symptom’s id. answer: the answer’s id. feedback: yes or no. end: the result."),
    Column("page", "The number of the page that the event is about; empty for begin, answer and end."),
    Column("offered", "For an answer at a diagnosis: the ids of the causes in the order offered, separated by spaces."),
)
WORDS_COLUMN = Column("words", "What was written with it. Only on request, and only with permission to read it.")

SESSION_FIELDS = (
    *("code", "version_id", "version__number", "version__wizard__slug", "version__language", "channel"),
    *("symptom", "begun_at", "seen_at", "count", "status", "node", "cause", "step"),
    *("backs", "helps", "remarks", "agent__username"),
)
EVENT_FIELDS = ("session", "pk", "number", "at", "actor", "kind", "node", "cause", "step", "answer", "to", "offered")


OnEnd = Callable[[int], Any]


def session_count(filters: SessionFilter) -> int:
    """Count the lines of a session export, up to one more than MAX_COUNTED."""
    return _capped_sessions(filters).count()


def event_count(filters: SessionFilter) -> int:
    """Count the lines of an event export; of more than MAX_COUNTED sessions, a lower bound."""
    return _capped_sessions(filters).aggregate(events=Sum("count"))["events"] or 0


def sessions_csv(filters: SessionFilter, on_end: OnEnd | None = None) -> Iterator[bytes]:
    """Yield the filtered sessions as CSV, oldest first.

    At the end, or where the export is cut off, `on_end` is called with the number of lines sent, without the header.
    """
    return _csv(SESSION_COLUMNS, _session_lines(filters), on_end)


def events_csv(filters: SessionFilter, words: bool = False, on_end: OnEnd | None = None) -> Iterator[bytes]:
    """Yield the events of the filtered sessions as CSV, one session after another; with what people wrote if `words`.

    `on_end` is as in sessions_csv.
    """
    columns = (*EVENT_COLUMNS, WORDS_COLUMN) if words else EVENT_COLUMNS
    return _csv(columns, _event_lines(filters, words), on_end)


def escape_formula(cell: Any) -> Any:
    """Prefix a cell with an apostrophe if a spreadsheet could take it for a formula."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell


def _capped_sessions(filters: SessionFilter) -> QuerySet[Session]:
    """Take one session more than are counted: counting all would take longer than the first lines."""
    return matching_sessions(filters).order_by()[: MAX_COUNTED + 1]


def _key_batches(filters: SessionFilter) -> Iterator[list[int]]:
    """Yield the primary keys of the filtered sessions in batches, oldest first.

    Each batch continues after the last key of the one before. A PostgreSQL cursor that outlives its transaction would
    collect all rows first.
    """
    sessions = rest = matching_sessions(filters).order_by("begun_at", "id")
    for size in _growing_sizes(MAX_SESSIONS):
        keys = list(rest.values_list("begun_at", "pk")[:size])
        yield [pk for _, pk in keys]
        if len(keys) < size:
            return
        at, last = keys[-1]
        # The last condition is implied, but an index serves it.
        rest = sessions.filter(Q(begun_at__gt=at) | Q(begun_at=at, pk__gt=last), begun_at__gte=at)


def _growing_sizes(maximum: int) -> Iterator[int]:
    """Yield INITIAL_SIZE, then doubled sizes up to `maximum`, endlessly."""
    size = min(INITIAL_SIZE, maximum)
    while True:
        yield size
        size = min(2 * size, maximum)


def _session_lines(filters: SessionFilter) -> Iterator[list[Any]]:
    since = abandoned_since()
    page_title = lru_cache(maxsize=10_000)(_page_title)  # many sessions are at the same place
    for keys in _key_batches(filters):
        rows = Session.objects.filter(pk__in=keys).order_by("begun_at", "id")
        for row in rows.values_list(*SESSION_FIELDS, named=True):
            yield _session_line(row, since, page_title)


def _session_line(row: Any, since: datetime, page_title: Callable[..., str]) -> list[Any]:
    return [
        format_code(row.code),
        row.code,
        row.version__wizard__slug,
        row.version__number,
        row.version__language,
        row.channel,
        row.symptom,
        _format_moment(row.begun_at),
        _format_moment(row.seen_at),
        round((row.seen_at - row.begun_at).total_seconds()),
        row.count,
        session_state(row, since),
        row.node,
        row.cause,
        row.step,
        page_title(row.version_id, row.node, row.cause, row.step),
        row.backs,
        row.helps,
        row.remarks,
        row.agent__username or "",
    ]


def _page_title(version: int, node: str, cause: str, step: str) -> str:
    return position_label(document_of(version), flow.Position(node, cause, step)).title


def _event_lines(filters: SessionFilter, words: bool) -> Iterator[list[Any]]:
    for keys in _key_batches(filters):
        codes = dict(Session.objects.filter(pk__in=keys).order_by("begun_at", "id").values_list("pk", "code"))
        words_by_event = (
            dict(Words.objects.filter(event__session__in=codes).values_list("event", "text")) if words else {}
        )
        logs: dict[int, list[list[Any]]] = {pk: [] for pk in codes}
        events = Event.objects.filter(session__in=codes).order_by("session_id", "number")
        for pk, event, number, at, *rest, to, offered in events.values_list(*EVENT_FIELDS):
            line = [codes[pk], number, _format_moment(at), *rest, "" if to is None else to, " ".join(offered)]
            logs[pk].append([*line, words_by_event.get(event, "")] if words else line)
        for lines in logs.values():
            yield from lines


def _format_moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _csv(columns: Iterable[Column], rows: Iterable[list[Any]], on_end: OnEnd | None) -> Iterator[bytes]:
    yield BOM
    rest, number = iter(rows), 0
    lines: list[list[Any]] = [[column.name for column in columns]]
    try:
        for size in _growing_sizes(MAX_LINES):
            yield _encode(lines)
            lines = list(islice(rest, size))
            number += len(lines)
            if not lines:
                return
    finally:
        if on_end:
            on_end(number)


def _encode(lines: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([escape_formula(cell) for cell in line] for line in lines)
    return text.getvalue().encode()
