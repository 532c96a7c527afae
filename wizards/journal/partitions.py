"""Range partitions of the log by session, on PostgreSQL.

The partition key is the session's primary key, which grows with time. So a statement that names the session reads one
partition, (session, number) stays unique in the database, and expired events are dropped with their partition instead
of row by row. No other code knows about partitions.

`partition_log` turns the existing table into the first partition without copying it. Sessions beyond the last range go
to the default partition, `wizards_event_rest`, so no insert fails; `create_ahead` keeps ranges ready in advance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from django.db.models import QuerySet

from ..models import Event, Session, Words

AHEAD = 8  # partitions kept ready beyond the newest session
LOCK_TIMEOUT = "2s"  # for the lock that a change of the partitions takes: the site waits at most this long

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
        return Session.objects.filter(pk__gte=self.first, pk__lt=self.end)


def list_partitions() -> list[Partition]:
    """Return the partitions, oldest first; none if the log is not partitioned."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c"
            " ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(%s) AND c.relpartbound IS NOT NULL",
            [TABLE],
        )
        rows = [(name, RANGE.search(bound)) for name, bound in cursor.fetchall()]
    partitions = [Partition(name, 0 if at[1] == "MINVALUE" else int(at[1]), int(at[2])) for name, at in rows if at]
    return sorted(partitions, key=lambda each: each.first)


def full_partitions() -> list[Partition]:
    """Return the partitions whose range no new session can fall into, oldest first."""
    partitions = list_partitions()
    newest = _highest_session_id() if partitions else 0
    return [each for each in partitions if each.end <= newest]


def partition_log(width: int) -> None:
    """Partition the log by `width` sessions while the site runs; if it is partitioned already, only create ahead.

    The existing table becomes the first partition. The slow part (an index, and one scan of the table) runs first,
    without blocking reads or writes; the swap is one short transaction. Raises OperationalError, with nothing changed,
    if it does not get its lock within LOCK_TIMEOUT: try again.
    """
    if not list_partitions():
        end = (_highest_session_id() // width + 2) * width  # beyond any session that may begin meanwhile
        with connection.cursor() as cursor:
            # The primary key of a partitioned table must contain the partition key. With `id` first, its index also
            # serves look-ups by `id` alone (by words).
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {TABLE}_key")
            cursor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {TABLE}_key ON {TABLE} (id, session_id)")
            cursor.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {TABLE}_range")
            cursor.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT {TABLE}_range CHECK (session_id < {end}) NOT VALID")
            cursor.execute(f"ALTER TABLE {TABLE} VALIDATE CONSTRAINT {TABLE}_range")
        _swap_in_partitioned_table(end)
    create_ahead(width)


def create_ahead(width: int = 0, ahead: int = AHEAD) -> int:
    """Create partitions of `width` sessions (default: like the last) until `ahead` are ready; return how many."""
    partitions = list_partitions()
    width = width or partitions[-1].end - partitions[-1].first
    start = _first_free(partitions[-1].end, width)
    firsts = range(start, _highest_session_id() + width * ahead, width)
    for first in firsts:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            cursor.execute(
                f"CREATE TABLE {TABLE}_{first} PARTITION OF {TABLE} FOR VALUES FROM ({first}) TO ({first + width})"
            )
    return len(firsts)


def drop_partition(partition: Partition) -> None:
    """Drop a partition with its events. Their sessions were deleted before: see `delete_partitioned_sessions`."""
    with transaction.atomic(), connection.cursor() as cursor:
        # A pending deferred check would prevent the drop.
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"DROP TABLE {connection.ops.quote_name(partition.name)}")


@transaction.atomic
def delete_partitioned_sessions(sessions: QuerySet[Session]) -> int:
    """Delete sessions and all related rows but their events, which are dropped with their partition; return how many.

    Only for a partitioned log. Afterwards nothing finds those events: every statement goes through the session.
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


def _swap_in_partitioned_table(end: int) -> None:
    """Replace the table by a partitioned one; the old table becomes its first partition.

    No foreign key can point to the partitioned table, because `id` alone is not unique there, and none points from it
    to the sessions, so that expired sessions can be deleted before their partition. The journal is the only writer of
    all three tables, and `audit_log` checks their consistency.
    """
    old = f"{TABLE}_0"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute(f"LOCK TABLE wizards_words, {TABLE} IN ACCESS EXCLUSIVE MODE")
        _drop_references(cursor)
        cursor.execute(f"SELECT nextval(pg_get_serial_sequence('{TABLE}', 'id'))")
        next_id = cursor.fetchone()[0]
        for statement in (
            f"ALTER TABLE {TABLE} RENAME TO {old}",
            f"ALTER TABLE {old} ALTER id DROP IDENTITY IF EXISTS, DROP CONSTRAINT {TABLE}_pkey",
            f"ALTER TABLE {old} ADD CONSTRAINT {old}_pkey PRIMARY KEY USING INDEX {TABLE}_key",
            f"ALTER TABLE {old} RENAME CONSTRAINT event_once TO {old}_once",
            f"CREATE SEQUENCE {TABLE}_id_seq START {next_id}",
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
    cursor.execute(
        "SELECT conrelid::regclass, quote_ident(conname) FROM pg_constraint WHERE contype = 'f' AND (confrelid = %s::"
        "regclass OR (conrelid = %s::regclass AND confrelid = 'wizards_session'::regclass))",
        [TABLE, TABLE],
    )
    for table, name in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def _highest_session_id() -> int:
    """Return the highest primary key that a session ever had, deleted ones included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sequence_last_value(pg_get_serial_sequence('wizards_session', 'id')::regclass)")
        return int(cursor.fetchone()[0] or 0)


def _first_free(end: int, width: int) -> int:
    """Return the start of the next partition: the end of the last one, or beyond the rows in the default partition."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(session_id) FROM {REST}")  # nosec B608  # noqa: S608  ours
        last = cursor.fetchone()[0]
    return end if last is None else max(end, (last // width + 1) * width)
