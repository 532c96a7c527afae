"""A pytest plugin that fails every test in which code outside `wizards/journal/` writes to the log.

pyproject.toml loads it (`-p tests.log_writes` in addopts). It looks at each SQL statement that goes through a Django
cursor, on every connection and in every thread, so also in those of the live server; and at each `delete()` and
`update()` of a queryset, because Django sends no statement where it finds no rows. What writes sessions, events or
words belongs to the innermost function of this project on the call stack. If that function is in none of ALLOWED, the
test fails at the end of its setup, call or teardown, even if the code under test catches every exception.

Statements with no function of this project on the stack pass in the main thread: Django creates and flushes the tests'
database. What a test calls straight is the test's, also where Django then runs what the product left for the commit.
Three kinds stay unseen: statements that no test runs, those of another process (a site that a test starts), and those
that are given to the driver's own connection instead of a Django cursor.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import cache, partial, wraps
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tuple(f"{ROOT / folder}{os.sep}" for folder in ("wizards", "helpdesk", "tests", "tools"))
# Who may write the log. Retention, demonstrations and analytics need no line here: they call the journal.
ALLOWED = (
    "wizards/journal/",
    "wizards/migrations/",  # they change the rows of an older release, which today's journal does not know
    "tests/",  # they set up what is tested
    "tools/",  # they set up what is measured
)
DELETION = str(Path("django", "db", "models", "deletion.py"))
# What takes a statement besides `execute` and `executemany`; the drivers have these, Django's cursor passes them on.
PASSED_ON = ("copy", "stream", "executescript")
COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
HEADS = (
    r"INSERT\s+(?:OR\s+\w+\s+)?INTO",
    r"REPLACE\s+INTO",
    r"UPDATE(?:\s+OR\s+\w+)?(?:\s+ONLY)?",
    r"DELETE\s+FROM(?:\s+ONLY)?",
    r"MERGE\s+INTO(?:\s+ONLY)?",
    r"TRUNCATE[^;]*?",
    r"COPY(?=[^;]*\sFROM\s)",
    r"DROP\s+TABLE[^;]*?",
    r"ALTER\s+TABLE(?:\s+IF\s+EXISTS)?(?:\s+ONLY)?",
)


@dataclass(frozen=True)
class Offence:
    """A statement that wrote to the log, and the function outside the journal that it belongs to."""

    kind: str
    table: str
    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.kind} on {self.table} by {self.file}:{self.line}, in {self.function}"


offences: deque[Offence] = deque()


def taken() -> list[Offence]:
    """Return what was found since the last time, each offence once."""
    found = []
    while offences:
        found.append(offences.popleft())
    return list(dict.fromkeys(found))


def _written(sql: Any) -> tuple[str, str] | None:
    """Return which kind of statement writes to which table of the log; None if this one does not."""
    text = sql.as_string(None) if hasattr(sql, "as_string") else str(sql)  # psycopg has classes for statements
    if not any(table in text.casefold() for table in _tables()):
        return None  # quicker than the pattern
    found = _writes().search(COMMENT.sub(" ", text))
    return (found["head"].split()[0].upper(), found["table"]) if found else None


@cache
def _writes() -> re.Pattern[str]:
    session, event, words = _tables()
    tables = rf"{session}|{event}(?:_\w+)?|{words}"  # on PostgreSQL, the log can lie in wizards_event_0, _rest, ...
    schema = r'(?:"?\w+"?\s*\.\s*)?'
    return re.compile(rf"\b(?P<head>{'|'.join(HEADS)})\s*{schema}[\"`\[]?\b(?P<table>{tables})\b", re.IGNORECASE)


@cache
def _tables() -> tuple[str, str, str]:
    from wizards.models import Event, Session, Words

    return Session._meta.db_table, Event._meta.db_table, Words._meta.db_table


def _note(kind: str, table: str) -> None:
    """Note a write to the log, unless the function that it belongs to may do it."""
    is_cascade, frame = False, sys._getframe()
    while frame and not _is_ours(frame):
        is_cascade |= frame.f_code.co_filename.endswith(DELETION)
        frame = frame.f_back
    # Whoever deletes an account, also in Django's admin, takes it out of its sessions and events (on_delete=SET_NULL).
    if is_cascade and kind == "UPDATE":
        return
    if frame is None:  # Django by itself, or a thread that was given one of Django's methods
        if threading.current_thread() is not threading.main_thread():
            offences.append(Offence(kind, table, threading.current_thread().name, 0, "no function of this project"))
        return
    file = Path(frame.f_code.co_filename).relative_to(ROOT).as_posix()
    if not file.startswith(ALLOWED):
        offences.append(Offence(kind, table, file, frame.f_lineno, frame.f_code.co_name))


def _is_ours(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file.startswith(PROJECT) and file != __file__


# --- what is looked at ---------------------------------------------------------------------------------------------


def pytest_configure() -> None:
    """Look at each statement, and at what querysets delete and update, from now on."""
    from django.db.backends.utils import CursorWrapper
    from django.db.models import QuerySet

    for name in ("execute", "executemany"):
        setattr(CursorWrapper, name, _looked_at(getattr(CursorWrapper, name), _statement))
    for name in PASSED_ON:
        setattr(CursorWrapper, name, _looked_at(_passed_on(name), _statement))
    for name in ("delete", "update"):
        setattr(QuerySet, name, _looked_at(getattr(QuerySet, name), partial(_rows, name.upper())))


def _looked_at(method: Callable[..., Any], look: Callable[..., None]) -> Callable[..., Any]:
    @wraps(method)
    def run(*arguments: Any, **named: Any) -> Any:
        look(*arguments, **named)
        return method(*arguments, **named)

    return run


def _statement(cursor: Any, sql: Any, *_: Any, **__: Any) -> None:
    """Look at a statement. Most are reads, and cost no more than the first line."""
    if type(sql) is str and sql.startswith("SELECT") and ";" not in sql:
        return
    if write := _written(sql):
        _note(*write)


def _rows(kind: str, queryset: Any, /, **_: Any) -> None:
    """Look at what a queryset is asked to do. Django sends nothing where a DELETE or UPDATE would find no rows."""
    if (table := queryset.model._meta.db_table) in _tables():
        _note(kind, table)


def _passed_on(name: str) -> Callable[..., Any]:
    def run(cursor: Any, *arguments: Any, **named: Any) -> Any:
        return getattr(cursor.cursor, name)(*arguments, **named)

    return run


# --- what becomes of the test --------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _judged(item, "setup"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _judged(item, "call"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _judged(item, "teardown"))


def _judged(item: pytest.Item, when: str) -> Generator[None, object, object]:
    """Fail a phase of a test in which the log was written from outside; add it to the report of one that failed."""
    try:
        result = yield
    except BaseException:
        if found := taken():
            item.add_report_section(when, "writes to the log", _told(found))
        raise
    if found := taken():
        pytest.fail(_told(found), pytrace=False)
    return result


def _told(found: list[Offence]) -> str:
    lines = "".join(f"\n  {offence}" for offence in found)
    return f"Only wizards/journal/ writes the log (see tests/log_writes.py), but this test saw:{lines}"
