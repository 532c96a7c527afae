"""The log in partitions, on PostgreSQL: one for each range of sessions, in the order in which they began.

A session and its events go by the session's own number, which grows with time. So every statement that names the
session reads one partition, (session, number) stays unique in the database, and what is past its time is dropped with
its partition instead of row by row. Nothing else in the code knows of it.

`lay_out` makes partitions of the table that is there, without copying it. What begins beyond the last partition goes
to one more, `wizards_event_rest`, so that nothing is ever refused; `extend` keeps partitions ready ahead of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from django.db.models import QuerySet

from ..models import Event, Session, Words

AHEAD = 8  # partitions that are ready beyond the newest session
LOCK_TIMEOUT = "2s"  # for the lock that a change of the layout takes: the site waits no longer for it

TABLE = "wizards_event"
REST = f"{TABLE}_rest"
RANGE = re.compile(r"FROM \('?(MINVALUE|-?\d+)'?\) TO \('?(\d+)'?\)")


@dataclass(frozen=True)
class Partition:
    """The partition that holds the events of the sessions `first` <= primary key < `end`."""

    name: str
    first: int
    end: int

    @property
    def sessions(self) -> QuerySet[Session]:
        """The sessions in its range."""
        return Session.objects.filter(pk__gte=self.first, pk__lt=self.end)


def list_partitions() -> list[Partition]:
    """Return the partitions, the oldest first; none where the log is one table."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c"
            " ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(%s) AND c.relpartbound IS NOT NULL",
            [TABLE],
        )
        rows = [(name, RANGE.search(bound)) for name, bound in cursor.fetchall()]
    found = [Partition(name, 0 if at[1] == "MINVALUE" else int(at[1]), int(at[2])) for name, at in rows if at]
    return sorted(found, key=lambda each: each.first)


def full_partitions() -> list[Partition]:
    """Return the partitions in whose range no session can begin any more, the oldest first."""
    there = list_partitions()
    newest = _newest() if there else 0
    return [each for each in there if each.end <= newest]


def partition_log(width: int) -> None:
    """Turn the log into partitions of `width` sessions each, while the site goes on; nothing where it is so already.

    The table that is there becomes the first partition. What takes long (an index, and reading the table once) is done
    beforehand, without a lock that anybody notices; the change itself is one short transaction. Raises
    OperationalError, with nothing changed, where it does not get its lock within PATIENCE: try again.
    """
    if not list_partitions():
        end = (_newest() // width + 2) * width  # beyond what may begin meanwhile
        with connection.cursor() as cursor:
            # The primary key of a partitioned table has to hold what it is partitioned by. By `id` first, it also
            # serves whoever looks for an event by that alone (words do).
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {TABLE}_key")
            cursor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {TABLE}_key ON {TABLE} (id, session_id)")
            cursor.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {TABLE}_range")
            cursor.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT {TABLE}_range CHECK (session_id < {end}) NOT VALID")
            cursor.execute(f"ALTER TABLE {TABLE} VALIDATE CONSTRAINT {TABLE}_range")
        _exchange(end)
    create_ahead(width)


def create_ahead(width: int = 0, ahead: int = AHEAD) -> int:
    """Make partitions of `width` sessions (by default as wide as the last) until so many are ready; return how many."""
    there = list_partitions()
    width = width or there[-1].end - there[-1].first
    start = _first_free(there[-1].end, width)
    firsts = range(start, _newest() + width * ahead, width)
    for first in firsts:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            cursor.execute(
                f"CREATE TABLE {TABLE}_{first} PARTITION OF {TABLE} FOR VALUES FROM ({first}) TO ({first + width})"
            )
    return len(firsts)


def drop_partition(partition: Partition) -> None:
    """Drop a partition with all events in it. Their sessions are gone already: see `forget_rows`."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; SET CONSTRAINTS ALL IMMEDIATE")  # none may wait
        cursor.execute(f"DROP TABLE {connection.ops.quote_name(partition.name)}")


@transaction.atomic
def delete_partitioned_sessions(sessions: QuerySet[Session]) -> int:
    """Delete sessions with everything about them but their events, which go with their partition; return how many.

    Only for a log in partitions. From then on nothing finds those events: every statement comes by the session.
    """
    keys = list(sessions.select_for_update().order_by().values_list("pk", flat=True))
    Words.objects.filter(event__session__in=keys).delete()
    for relation in Session._meta.related_objects:
        rows = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": keys})
        if relation.on_delete is models.SET_NULL:
            rows.update(**{relation.field.name: None})
        elif relation.related_model is not Event:
            rows.delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM wizards_session WHERE id = ANY(%s)", [keys])
    return len(keys)


def _exchange(end: int) -> None:
    """Put a partitioned table in the place of the one that is there, which becomes its first partition.

    No foreign key leads to the partitioned table, because `id` alone cannot be unique there, and none leads from it to
    the sessions, so that those past their time can go before their partition does. The journal is the only writer of
    all three, and `audit_log` holds what they promise.
    """
    old = f"{TABLE}_0"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute(f"LOCK TABLE wizards_words, {TABLE} IN ACCESS EXCLUSIVE MODE")
        _drop_references(cursor)
        cursor.execute(f"SELECT nextval(pg_get_serial_sequence('{TABLE}', 'id'))")
        following = cursor.fetchone()[0]
        for statement in (
            f"ALTER TABLE {TABLE} RENAME TO {old}",
            f"ALTER TABLE {old} ALTER id DROP IDENTITY IF EXISTS, DROP CONSTRAINT {TABLE}_pkey",
            f"ALTER TABLE {old} ADD CONSTRAINT {old}_pkey PRIMARY KEY USING INDEX {TABLE}_key",
            f"ALTER TABLE {old} RENAME CONSTRAINT event_once TO {old}_once",
            f"CREATE SEQUENCE {TABLE}_id_seq START {following}",
            f"CREATE TABLE {TABLE} (LIKE {old} INCLUDING DEFAULTS) PARTITION BY RANGE (session_id)",
            f"ALTER TABLE {TABLE} ALTER id SET DEFAULT nextval('{TABLE}_id_seq'),"
            f" ADD CONSTRAINT {TABLE}_pkey PRIMARY KEY (id, session_id),"
            " ADD CONSTRAINT event_once UNIQUE (session_id, number),"
            " ADD FOREIGN KEY (agent_id) REFERENCES auth_user DEFERRABLE INITIALLY DEFERRED",
            f"ALTER SEQUENCE {TABLE}_id_seq OWNED BY {TABLE}.id",
            f"ALTER TABLE {TABLE} ATTACH PARTITION {old} FOR VALUES FROM (MINVALUE) TO ({end})",
            f"ALTER TABLE {old} DROP CONSTRAINT {TABLE}_range",
            f"CREATE TABLE {REST} PARTITION OF {TABLE} DEFAULT",
        ):
            cursor.execute(statement)


def _drop_references(cursor: Any) -> None:
    """Drop the foreign keys between words, events and sessions."""
    cursor.execute(
        "SELECT conrelid::regclass, quote_ident(conname) FROM pg_constraint WHERE contype = 'f' AND (confrelid = %s::"
        "regclass OR (conrelid = %s::regclass AND confrelid = 'wizards_session'::regclass))",
        [TABLE, TABLE],
    )
    for table, name in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def _newest() -> int:
    """Return the highest primary key that a session ever had."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sequence_last_value(pg_get_serial_sequence('wizards_session', 'id')::regclass)")
        return int(cursor.fetchone()[0] or 0)


def _first_free(end: int, width: int) -> int:
    """Return where the next partition begins: at the last one's end, or beyond what went to the rest already."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(session_id) FROM {REST}")  # nosec B608  # noqa: S608  ours
        last = cursor.fetchone()[0]
    return end if last is None else max(end, (last // width + 1) * width)
