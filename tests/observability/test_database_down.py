"""A database that is away, in the log: one line now and then says what and why, however many requests fail."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO

import psycopg
import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from helpdesk import urls
from helpdesk.observability import logging as log_format

# The database is only there to be left alone: a request begins and ends with a look at its connections.
pytestmark = [pytest.mark.urls(__name__), pytest.mark.once, pytest.mark.django_db]

REASON = 'connection failed: connection to server at "10.0.0.5", port 5432 failed: Connection refused'


def away(request: HttpRequest, word: str) -> HttpResponse:
    """Fail as a view does while the database is away; a driver's further lines repeat what was asked."""
    raise OperationalError(f"{REASON}\nLINE 1: SELECT 'Ada'")


def locked(request: HttpRequest) -> HttpResponse:
    """Fail as a view does where PostgreSQL ends one of two transactions that wait for each other."""
    try:
        raise psycopg.errors.DeadlockDetected("deadlock detected")
    except psycopg.OperationalError as cause:
        raise OperationalError(*cause.args) from cause


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


urlpatterns = [
    path("away/<str:word>/", away, name="stop"),
    path("locked/", locked),
    path("broken/", broken),
    *urls.urlpatterns,
]
handler500 = "helpdesk.errors.server_error"


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """Give a clock that stands, in seconds."""
    now = [1000.0]
    monkeypatch.setattr(log_format, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def said(clock, caplog) -> Iterator[Callable[[], list[str]]]:
    """Give what the site has written by now, line by line, as the settings have it written."""
    handler = logging.getLogger("django").handlers[0]
    (database_down,) = handler.filters
    before = handler.setStream(StringIO())
    database_down.muted_until, database_down.left_out = 0.0, 0
    yield lambda: handler.stream.getvalue().splitlines()
    database_down.muted_until, database_down.left_out = 0.0, 0
    handler.setStream(before)


def ask(address: str = "/away/Ada/?q=Ada", status: int = 503, **options) -> None:
    assert Client(raise_request_exception=False, **options).get(address).status_code == status


def test_one_line_says_which_route_failed_and_why(said):
    ask()
    (line,) = said()
    assert " ERROR django.request [" in line
    assert line.endswith(
        f"503 at stop. The database could not serve it (OperationalError: {REASON})."
        " 0 more such lines were left out before."
    )


def test_it_holds_nothing_of_the_request_but_its_route_and_its_id(said):
    ask(headers={"referer": "http://testserver/Ada/", "x-name": "Ada"})
    assert "Ada" not in "".join(said())


def test_a_machine_gets_one_object_without_a_trace(said):
    handler = logging.getLogger("django").handlers[0]
    before, handler.formatter = handler.formatter, log_format.JSONFormatter()
    ask()
    handler.formatter = before
    (line,) = said()
    assert json.loads(line).keys() == {"at", "level", "logger", "message", "request"}


def test_many_requests_leave_one_line_and_the_next_one_counts_them(said, clock):
    for _ in range(20):
        ask()
    assert len(said()) == 1
    clock[0] += log_format.DATABASE_DOWN_INTERVAL
    ask()
    assert len(said()) == 2
    assert said()[1].endswith(" 19 more such lines were left out before.")
    clock[0] += log_format.DATABASE_DOWN_INTERVAL
    ask()
    assert said()[2].endswith(" 0 more such lines were left out before.")


def test_a_route_is_named_also_where_nobody_was_led_to_it_yet(said, monkeypatch):
    monkeypatch.setattr("helpdesk.request_guard._drop_damaged_cookies", lambda request: away(request, ""))
    ask()
    assert "503 at stop. The" in said()[0]


def test_an_address_that_leads_nowhere_has_no_route(said, monkeypatch):
    monkeypatch.setattr("helpdesk.request_guard._drop_damaged_cookies", lambda request: away(request, ""))
    ask("/nowhere/Ada/")
    assert "503 at no route. The" in said()[0]
    assert "Ada" not in said()[0]


def test_a_worker_says_what_failed(said):
    try:
        away(HttpRequest(), "")
    except OperationalError:
        logging.getLogger("django.test").exception("Delivering failed.")
    assert f"Delivering failed. The database could not serve it (OperationalError: {REASON})." in said()[0]
    assert len(said()) == 1


def test_a_fault_of_ours_keeps_its_trace_each_time(said):
    for _ in range(2):
        ask("/broken/", 500)
    assert sum("RuntimeError: a fault of ours" in line for line in said()) == 2


def test_a_deadlock_is_a_fault_of_ours_too_though_people_may_try_again(said):
    for _ in range(2):
        ask("/locked/", 503)
    assert sum("DeadlockDetected: deadlock detected" in line for line in said()) == 2
