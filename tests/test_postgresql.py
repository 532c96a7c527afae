"""PostgreSQL: a kept connection is looked at before it is used; statements written once are planned once."""

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
def kept():
    """Give a connection that is kept, as a thread of the site has one."""
    other = connections.create_connection("default")
    other.settings_dict = other.settings_dict | {"CONN_HEALTH_CHECKS": True}
    other.connect()
    yield other
    other.close()


def test_a_connection_that_stands_is_not_asked(kept, monkeypatch):
    monkeypatch.setattr("django.db.backends.postgresql.base.DatabaseWrapper.is_usable", None)
    assert kept.is_usable()


def test_a_connection_that_the_server_ended_is_not_usable(kept):
    pid = kept.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert not kept.is_usable()


def test_a_connection_that_is_closed_is_not_usable(kept):
    kept.connection.close()
    assert not kept.is_usable()


@pytest.mark.parametrize("ask", ["cursor", "prepared_cursor"])
def test_a_connection_that_was_ended_is_made_anew_by_the_next_request(kept, ask):
    pid = kept.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    kept.close_if_unusable_or_obsolete()
    kept.health_check_done = False
    with getattr(kept, ask)() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_notice_of_the_server_is_no_reason_to_connect_again(kept):
    with kept.cursor() as cursor:
        cursor.execute("LISTEN somebody")
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY somebody")
    assert kept.is_usable()


def test_what_is_written_once_is_planned_once(kept):
    for _ in range(4):
        with kept.prepared_cursor() as cursor:
            cursor.execute("SELECT %s::int", [1])
    with kept.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        assert [row[0] for row in cursor.fetchall()] == ["SELECT $1::int"]


def test_a_connection_remembers_few_statements_however_many_it_was_asked(kept):
    for number in range(60):
        with kept.cursor() as cursor:
            cursor.execute(f"SELECT {number}")
        with kept.prepared_cursor() as cursor:
            cursor.execute(f"SELECT {number}, %s::int", [1])
    remembered = kept.connection._prepared
    assert 0 < len(remembered._names) + len(remembered._counts) <= 40
    with kept.cursor() as cursor:
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
