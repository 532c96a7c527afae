"""A database that is down, in the log: one line per interval says what failed and why, however many requests fail."""

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

# The tests query nothing, but Django checks its connections before and after each request.
pytestmark = [pytest.mark.urls(__name__), pytest.mark.once, pytest.mark.django_db]

REASON = 'connection failed: connection to server at "10.0.0.5", port 5432 failed: Connection refused'


def database_down(request: HttpRequest, word: str) -> HttpResponse:
    """Fail as a view does while the database is down; a driver's further lines repeat the statement."""
    raise OperationalError(f"{REASON}\nLINE 1: SELECT 'Ada'")


def locked(request: HttpRequest) -> HttpResponse:
    """Fail as a view does when PostgreSQL breaks a deadlock."""
    try:
        raise psycopg.errors.DeadlockDetected("deadlock detected")
    except psycopg.OperationalError as cause:
        raise OperationalError(*cause.args) from cause


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


urlpatterns = [
    path("away/<str:word>/", database_down, name="stop"),
    path("locked/", locked),
    path("broken/", broken),
    *urls.urlpatterns,
]
handler500 = "helpdesk.errors.server_error"


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """Stop the clock; give its seconds."""
    now = [1000.0]
    monkeypatch.setattr(log_format, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def log_lines(clock, caplog) -> Iterator[Callable[[], list[str]]]:
    """Give a function that returns the lines logged so far, through the handler of the settings."""
    handler = logging.getLogger("django").handlers[0]
    (down_filter,) = handler.filters
    before = handler.setStream(StringIO())
    down_filter.muted_until, down_filter.left_out = 0.0, 0
    yield lambda: handler.stream.getvalue().splitlines()
    down_filter.muted_until, down_filter.left_out = 0.0, 0
    handler.setStream(before)


def get(address: str = "/away/Ada/?q=Ada", status: int = 503, **options) -> None:
    assert Client(raise_request_exception=False, **options).get(address).status_code == status


def test_one_line_says_which_route_failed_and_why(log_lines):
    get()
    (line,) = log_lines()
    assert " ERROR django.request [" in line
    assert line.endswith(
        f"503 at stop. The database could not serve it (OperationalError: {REASON})."
        " 0 more such lines were left out before."
    )


def test_the_line_holds_only_the_route_and_the_id_of_a_request(log_lines):
    get(headers={"referer": "http://testserver/Ada/", "x-name": "Ada"})
    assert "Ada" not in "".join(log_lines())


def test_the_json_line_is_one_object_without_a_traceback(log_lines):
    handler = logging.getLogger("django").handlers[0]
    before, handler.formatter = handler.formatter, log_format.JSONFormatter()
    get()
    handler.formatter = before
    (line,) = log_lines()
    assert json.loads(line).keys() == {"at", "level", "logger", "message", "request"}


def test_many_requests_leave_one_line_and_the_next_one_counts_them(log_lines, clock):
    for _ in range(20):
        get()
    assert len(log_lines()) == 1
    clock[0] += log_format.DATABASE_DOWN_INTERVAL
    get()
    assert len(log_lines()) == 2
    assert log_lines()[1].endswith(" 19 more such lines were left out before.")
    clock[0] += log_format.DATABASE_DOWN_INTERVAL
    get()
    assert log_lines()[2].endswith(" 0 more such lines were left out before.")


def test_a_route_is_named_before_it_is_resolved(log_lines, monkeypatch):
    monkeypatch.setattr("helpdesk.request_guard._drop_damaged_cookies", lambda request: database_down(request, ""))
    get()
    assert "503 at stop. The" in log_lines()[0]


def test_an_unknown_address_has_no_route(log_lines, monkeypatch):
    monkeypatch.setattr("helpdesk.request_guard._drop_damaged_cookies", lambda request: database_down(request, ""))
    get("/nowhere/Ada/")
    assert "503 at no route. The" in log_lines()[0]
    assert "Ada" not in log_lines()[0]


def test_a_worker_says_what_failed(log_lines):
    try:
        database_down(HttpRequest(), "")
    except OperationalError:
        logging.getLogger("django.test").exception("Delivering failed.")
    assert f"Delivering failed. The database could not serve it (OperationalError: {REASON})." in log_lines()[0]
    assert len(log_lines()) == 1


def test_an_error_of_ours_keeps_its_traceback_each_time(log_lines):
    for _ in range(2):
        get("/broken/", 500)
    assert sum("RuntimeError: a fault of ours" in line for line in log_lines()) == 2


def test_a_deadlock_keeps_its_traceback_though_people_may_try_again(log_lines):
    for _ in range(2):
        get("/locked/", 503)
    assert sum("DeadlockDetected: deadlock detected" in line for line in log_lines()) == 2
