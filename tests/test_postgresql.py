"""PostgreSQL: the health check of kept connections, and prepared statements."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, connections

from wizards.models import Session, SessionLookup

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.only("postgresql"),
]


@pytest.fixture
def kept_connection():
    """Give a kept connection, as a thread of the site has one."""
    other = connections.create_connection("default")
    other.settings_dict = other.settings_dict | {"CONN_HEALTH_CHECKS": True}
    other.connect()
    yield other
    other.close()


def test_a_live_connection_is_not_queried(kept_connection, monkeypatch):
    monkeypatch.setattr("django.db.backends.postgresql.base.DatabaseWrapper.is_usable", None)
    assert kept_connection.is_usable()


def test_a_connection_that_the_server_ended_is_not_usable(kept_connection):
    pid = kept_connection.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert not kept_connection.is_usable()


def test_a_connection_that_is_closed_is_not_usable(kept_connection):
    kept_connection.connection.close()
    assert not kept_connection.is_usable()


@pytest.mark.parametrize("ask", ["cursor", "prepared_cursor"])
def test_the_next_request_replaces_an_ended_connection(kept_connection, ask):
    pid = kept_connection.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    kept_connection.close_if_unusable_or_obsolete()
    kept_connection.health_check_done = False
    with getattr(kept_connection, ask)() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_notice_of_the_server_is_no_reason_to_connect_again(kept_connection):
    with kept_connection.cursor() as cursor:
        cursor.execute("LISTEN somebody")
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY somebody")
    assert kept_connection.is_usable()


def test_a_constant_statement_is_planned_once(kept_connection):
    for _ in range(4):
        with kept_connection.prepared_cursor() as cursor:
            cursor.execute("SELECT %s::int", [1])
    with kept_connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        assert [row[0] for row in cursor.fetchall()] == ["SELECT $1::int"]


def test_a_connection_remembers_few_statements_however_many_it_ran(kept_connection):
    for number in range(60):
        with kept_connection.cursor() as cursor:
            cursor.execute(f"SELECT {number}")
        with kept_connection.prepared_cursor() as cursor:
            cursor.execute(f"SELECT {number}, %s::int", [1])
    remembered = kept_connection.connection._prepared
    assert 0 < len(remembered._names) + len(remembered._counts) <= 40
    with kept_connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_prepared_statements")
        assert 0 < cursor.fetchone()[0] <= 20


def test_the_orm_prepares_nothing():
    for _ in range(8):
        assert not Session.objects.filter(code="nobody's").exists()
    with pytest.raises(Session.DoesNotExist):
        SessionLookup("nobody's", "").get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%LIMIT%'")
        assert cursor.fetchall() == []


def test_an_error_of_the_server_is_djangos():
    with pytest.raises(Exception, match="nowhere") as caught, connection.prepared_cursor() as cursor:
        cursor.execute("SELECT 1 FROM nowhere")
    assert not isinstance(caught.value, psycopg.Error)
