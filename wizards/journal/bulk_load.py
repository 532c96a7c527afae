"""Writes whole sessions in bulk, with the same result as the commands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import connection, models, transaction

from .. import flow
from ..models import Event, Session, Words
from ..publishing import document_of
from .commands import apply_to_row

BATCH_SIZE = 10_000  # sessions in one transaction


@dataclass(frozen=True, slots=True)
class PastSession:
    """A past session, for `load_sessions`.

    history: the whole log over the version's document; sessions with the same log may share it.
    times:   when each event happened.
    agent:   primary key of the agent's account, if any.
    words:   the text written with an event, by the event's number.
    """

    version: int
    history: flow.History
    times: Sequence[datetime]
    code: str
    visitor: str
    channel: str = Session.Channel.SELF_SERVICE
    agent: int | None = None
    words: Mapping[int, str] = field(default_factory=dict)


def load_sessions(sessions: Iterable[PastSession]) -> tuple[int, int]:
    """Write whole sessions, and return the numbers of sessions and events.

    Uses COPY on PostgreSQL and multi-row statements on SQLite, with BATCH_SIZE sessions in each transaction. Raises
    ValueError for an invalid log, with nothing of its batch written.
    """
    bulk = _Copy() if connection.vendor == "postgresql" else _Bulk()
    remaining, number, events = iter(sessions), 0, 0
    while batch := list(islice(remaining, BATCH_SIZE)):
        with transaction.atomic(), connection.cursor() as cursor:
            events += bulk.write(cursor, batch)
        number += len(batch)
    return number, events


class _Bulk:
    """Writes rows with multi-row statements.

    A row is a head, specific to its session, and a tail that all sessions with the same log share; a tail is built
    once.
    """

    session_head = ("id", "code", "channel", "visitor", "agent_id", "begun_at", "seen_at")
    event_head = ("session_id", "at", "actor")

    def __init__(self) -> None:
        self.session_tail = _columns(Session, self.session_head)
        self.event_tail = _columns(Event, ("id", *self.event_head))
        self.tails_cache: dict[tuple[int, flow.History], tuple[Any, list[Any]]] = {}

    def write(self, cursor: Any, batch: Sequence[PastSession]) -> int:
        """Write the sessions with their events and words; return the number of events."""
        rows: list[Any] = []
        lines: list[Any] = []
        words: list[tuple[str, int, int]] = []
        for key, past in zip(self.keys(cursor, len(batch)), batch, strict=True):
            row, events = self.tails(past)
            actor = Event.Actor.AGENT if past.channel == Session.Channel.AGENT else Event.Actor.CUSTOMER
            times = [str(at.astimezone(UTC)) for at in _checked_times(past)]
            rows.append(self.session(key, past, times, row))
            lines += self.events(key, times, actor.value, events)
            words += [(text, key, number) for number, text in past.words.items()]
        self.insert(cursor, Session, (*self.session_head, *_names(self.session_tail)), rows)
        self.insert(cursor, Event, (*self.event_head, *_names(self.event_tail)), lines)
        self.insert_words(cursor, words)
        return len(lines)

    def keys(self, cursor: Any, number: int) -> Iterable[int]:
        """Reserve primary keys for `number` sessions."""
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [Session._meta.db_table])
        last = (cursor.fetchone() or [0])[0]
        return range(last + 1, last + 1 + number)

    def tails(self, past: PastSession) -> tuple[Any, list[Any]]:
        tails = self.tails_cache.get((past.version, past.history))
        if tails is None:
            row, events = _rows(past)
            tails = self.tails_cache[past.version, past.history] = (
                self.tail(row, self.session_tail),
                [self.tail(event, self.event_tail) for event in events],
            )
        return tails

    def tail(self, row: models.Model, columns: Sequence[models.Field[Any, Any]]) -> Any:
        return tuple(_value(row, column) for column in columns)

    def session(self, key: int, past: PastSession, times: Sequence[str], tail: Any) -> Any:
        """Build a session's row. The times are in UTC; SQLite stores them without an offset."""
        return (key, past.code, past.channel, past.visitor, past.agent, times[0][:-6], times[-1][:-6], *tail)

    def events(self, key: int, times: Sequence[str], actor: str, tails: Sequence[Any]) -> list[Any]:
        return [(key, at[:-6], actor, *tail) for at, tail in zip(times, tails, strict=True)]

    def insert(self, cursor: Any, model: type[models.Model], columns: Sequence[str], rows: Sequence[Any]) -> None:
        places = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {_table(model, columns)} VALUES ({places})", rows)  # nosec B608  # noqa: S608  our names

    def insert_words(self, cursor: Any, words: Sequence[tuple[str, int, int]]) -> None:
        """Insert rows of (text, session's key, event's number)."""
        if words:
            event = connection.ops.quote_name(Event._meta.db_table)
            cursor.executemany(
                f"INSERT INTO {_table(Words, ('event_id', 'text'))}"  # nosec B608  # noqa: S608  our names
                f" SELECT id, %s FROM {event} WHERE session_id = %s AND number = %s",
                words,
            )


class _Copy(_Bulk):
    """Uses COPY in PostgreSQL's text format: a row is a line, and a tail is the end of a line."""

    def keys(self, cursor: Any, number: int) -> Iterable[int]:
        sequence = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
        cursor.execute(sequence, [connection.ops.quote_name(Session._meta.db_table), number])
        return [key for (key,) in cursor.fetchall()]

    def tail(self, row: models.Model, columns: Sequence[models.Field[Any, Any]]) -> Any:
        return _line(super().tail(row, columns))

    def session(self, key: int, past: PastSession, times: Sequence[str], tail: Any) -> Any:
        return _line((key, past.code, past.channel, past.visitor, past.agent, times[0], times[-1])) + "\t" + tail

    def events(self, key: int, times: Sequence[str], actor: str, tails: Sequence[Any]) -> list[Any]:
        return [f"{key}\t{at}\t{actor}\t{tail}" for at, tail in zip(times, tails, strict=True)]

    def insert(self, cursor: Any, model: type[models.Model], columns: Sequence[str], rows: Sequence[Any]) -> None:
        with cursor.copy(f"COPY {_table(model, columns)} FROM STDIN") as copy:
            copy.write("\n".join([*rows, ""]))


def _checked_times(past: PastSession) -> Sequence[datetime]:
    """Return the times of the events; raise ValueError if they or the words do not fit the log."""
    if len(past.times) != len(past.history) or list(past.times) != sorted(past.times):
        raise ValueError(f"session {past.code}: its times do not fit its log")
    if past.words and not 1 <= min(past.words) <= max(past.words) <= len(past.times):
        raise ValueError(f"session {past.code}: words of an event that does not exist")
    return past.times


def _rows(past: PastSession) -> tuple[Session, list[Event]]:
    """Return the session's row and its events' rows as the commands would leave them; raise ValueError."""
    history = past.history
    if not history.events or not history.complete:
        raise ValueError(f"session {past.code}: its log is empty or lacks its end event")
    document = document_of(past.version)
    if history.document is not document and history.document != document:
        raise ValueError(f"session {past.code}: its log is not of version {past.version}")
    session = Session(version_id=past.version, symptom=history.events[0].answer, count=0)
    apply_to_row(session, document, history.pages[-1].position, history.events, past.times[-1])
    return session, [_event(number, event) for number, event in enumerate(history.events, 1)]


def _event(number: int, event: flow.Event) -> Event:
    return Event(
        number=number,
        kind=event.kind.value,
        node=event.node,
        cause=event.cause,
        step=event.step,
        answer=event.answer,
        to=event.to,
        offered=event.offered,
    )


def _columns(model: type[models.Model], besides: Sequence[str]) -> list[models.Field[Any, Any]]:
    return [column for column in model._meta.concrete_fields if column.attname not in besides]


def _names(columns: Iterable[models.Field[Any, Any]]) -> Iterator[str]:
    return (column.attname for column in columns)


def _table(model: type[models.Model], columns: Iterable[str]) -> str:
    quote = connection.ops.quote_name
    return f"{quote(model._meta.db_table)} ({', '.join(map(quote, columns))})"


def _value(row: models.Model, column: models.Field[Any, Any]) -> Any:
    value = getattr(row, column.attname)
    return json.dumps(value) if isinstance(column, models.JSONField) else value


def _line(values: Iterable[Any]) -> str:
    return "\t".join(map(_text, values))


def _text(value: Any) -> str:
    """Escape a value for COPY's text format."""
    if value is None:
        return r"\N"
    text = str(value).replace("\\", r"\\")
    return text.replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
