"""What writes to the log outside the journal fails the test that made it write: see log_writes.py."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent, indent

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import CASCADE, SET_NULL

from tests import log_writes
from tests.log_writes import ROOT
from tests.visitor import publish
from wizards import journal
from wizards.models import Event, Session, Words


def product(lines: str, file: str = "wizards/review/findings.py") -> Callable[..., None]:
    """Return a function `act(key)` made of these lines, as if it stood in this file of the product."""
    source = "from wizards.models import *\ndef act(key=None):\n" + indent(lines, "    ")
    names: dict[str, Callable[..., None]] = {}
    exec(compile(source, str(ROOT / file), "exec"), names)
    return names["act"]


class NoDatabase:
    """A driver's cursor that takes any statement, and does nothing."""

    def execute(self, sql: str) -> None:
        pass


def ask(sql: str) -> None:
    """Let the product send a statement that no database gets."""
    product("key[0].execute(key[1])")((CursorWrapper(NoDatabase(), connection), sql))


def found() -> set[str]:
    """Return what was found since the last time, so that it fails no test."""
    return {str(offence) for offence in log_writes.taken()}


def kinds() -> set[tuple[str, str]]:
    """Return the same, as kinds of statements and tables."""
    return {(offence.kind, offence.table) for offence in log_writes.taken()}


@pytest.fixture
def session(db: None) -> Session:
    """Give a session with an answer and a remark."""
    begun = journal.begin(publish(), "s", "visitor")
    mine = Session.objects.filter(pk=begun.pk)
    journal.answer(mine, 1, "no")
    return journal.remark(mine, 2, "It has no such light.")


# --- which writes ----------------------------------------------------------------------------------------------------

OUTSIDE = {
    "a delete under another variable's name": (
        "old = Session.objects.filter(pk=key)\nold.delete()",
        {("DELETE", "wizards_words"), ("DELETE", "wizards_event"), ("DELETE", "wizards_session")},
    ),
    "an update of many": (
        "rows = Event.objects.all()\nrows.update(kind='help')",
        {("UPDATE", "wizards_event")},
    ),
    "a row that is saved": (
        "one = Event.objects.filter(session=key).last()\none.node = 'elsewhere'\none.save()",
        {("UPDATE", "wizards_event")},
    ),
    "rows that are made": (
        "Event.objects.bulk_create([Event(session_id=key, number=90 + n, at='2026-01-01T00:00Z') for n in (1, 2)])",
        {("INSERT", "wizards_event")},
    ),
    "raw SQL": (
        "from django.db import connection\n"
        "with connection.cursor() as cursor: cursor.execute('delete from wizards_words')",
        {("DELETE", "wizards_words")},
    ),
    "raw SQL for many rows": (
        "from django.db import connection\n"
        "with connection.cursor() as cursor:\n"
        "    cursor.executemany('UPDATE wizards_event SET node = %s WHERE session_id = %s', [('a', key), ('b', key)])",
        {("UPDATE", "wizards_event")},
    ),
}


@pytest.mark.parametrize(("lines", "writes"), OUTSIDE.values(), ids=OUTSIDE)
def test_a_write_outside_the_journal_is_found(session, lines, writes):
    product(lines)(session.pk)
    assert kinds() == writes


@pytest.mark.parametrize(
    "lines", ["none = Session.objects.all()\nnone.delete()", "Session.objects.none().update(count=0)"]
)
def test_a_write_that_finds_no_rows_is_found(db, lines):
    product(lines)()
    assert len(found()) == 1


def test_it_is_told_which_statement_on_which_table_and_where(session):
    product("# first line\nold = Words.objects.all()\nold.delete()", "wizards/customer/views/session.py")()
    assert found() == {"DELETE on wizards_words by wizards/customer/views/session.py:5, in act"}


def test_a_write_in_a_thread_of_its_own_is_found(transactional_db):
    def run() -> None:
        product("Session.objects.update(count=0)")()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert kinds() == {("UPDATE", "wizards_session")}


def test_a_thread_that_is_given_a_method_of_django_is_found(transactional_db):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(Session.objects.filter(count=9).update, count=0).result()
        pool.submit(connections.close_all).result()
    assert kinds() == {("UPDATE", "wizards_session")}


@pytest.mark.only("postgresql")
def test_a_copy_into_the_log_is_found(session):
    lines = "from django.db import connection\n"
    lines += "with connection.cursor() as cursor, cursor.copy('COPY wizards_words (event_id, text) FROM STDIN'): pass"
    product(lines)()
    assert kinds() == {("COPY", "wizards_words")}


@pytest.mark.parametrize(
    "file", ["helpdesk/errors.py", "wizards/admin/release/versions.py", "wizards/privacy/retention.py"]
)
def test_a_write_is_found_wherever_it_stands(session, file):
    product("Words.objects.all().delete()", file)()
    assert kinds() == {("DELETE", "wizards_words")}


def test_what_djangos_admin_deletes_for_the_product_is_found(session):
    lines = "from django.contrib.admin import ModelAdmin, site\nModelAdmin(Session, site).delete_model(None, key)"
    product(lines, "wizards/admin/release/versions.py")(session)
    assert kinds() >= {("DELETE", "wizards_event"), ("DELETE", "wizards_session")}


WRITES = {
    'INSERT INTO "wizards_event" ("id") VALUES (%s)': ("INSERT", "wizards_event"),
    "INSERT OR IGNORE INTO wizards_words VALUES (1)": ("INSERT", "wizards_words"),
    "REPLACE INTO wizards_words VALUES (1)": ("REPLACE", "wizards_words"),
    "UPDATE /* mend */ wizards_session SET count = 0": ("UPDATE", "wizards_session"),
    "DELETE FROM -- old\n wizards_words": ("DELETE", "wizards_words"),
    "ALTER TABLE wizards_session DROP COLUMN count": ("ALTER", "wizards_session"),
    'update only "public"."wizards_session" set count = 0': ("UPDATE", "wizards_session"),
    "DELETE\n  FROM wizards_event_0": ("DELETE", "wizards_event_0"),
    'DELETE FROM "wizards_event_rest"': ("DELETE", "wizards_event_rest"),
    "WITH old AS (DELETE FROM wizards_session RETURNING id) SELECT id FROM old": ("DELETE", "wizards_session"),
    "SELECT 1; DELETE FROM wizards_session": ("DELETE", "wizards_session"),
    "MERGE INTO wizards_session USING other ON true WHEN MATCHED THEN DELETE": ("MERGE", "wizards_session"),
    'TRUNCATE "auth_user", "wizards_session" CASCADE': ("TRUNCATE", "wizards_session"),
    "COPY wizards_session (id) FROM STDIN": ("COPY", "wizards_session"),
    "DROP TABLE wizards_event_40": ("DROP", "wizards_event_40"),
}


@pytest.mark.parametrize(("sql", "write"), WRITES.items(), ids=WRITES)
def test_a_statement_that_writes_to_the_log_is_known(sql, write):
    ask(sql)
    assert kinds() == {write}


OTHERS = [
    'SELECT "wizards_session"."id" FROM "wizards_session" FOR UPDATE OF "wizards_session"',
    'UPDATE "wizards_call" SET "caller" = %s WHERE "session_id" IN (SELECT id FROM "wizards_session")',
    'INSERT INTO "wizards_case" ("session_id") SELECT "id" FROM "wizards_session"',
    'DELETE FROM "django_session" WHERE "session_key" = %s',
    'DELETE FROM "wizards_sessionlike"',
    "COPY wizards_session TO STDOUT",
    'INSERT INTO "new__wizards_session" ("id") SELECT "id" FROM "wizards_session"',
]


@pytest.mark.parametrize("sql", OTHERS)
def test_a_statement_that_only_reads_the_log_or_writes_elsewhere_is_let_be(sql):
    ask(sql)
    assert kinds() == set()


# --- who may ---------------------------------------------------------------------------------------------------------


def test_the_journal_may_write_and_everybody_may_read(session):
    journal.delete_words(Words.objects.all())
    product("list(Session.objects.filter(events__words=None).select_for_update(of=('self',)))")()
    assert found() == set()


def test_whoever_calls_the_journal_may_do_so(session):
    product("from wizards import journal\njournal.delete_sessions(Session.objects.filter(pk=key))")(session.pk)
    assert not Session.objects.filter(pk=session.pk).exists()
    assert found() == set()


def test_tests_may_write_also_where_the_product_calls_them(session):
    Session.objects.update(count=7)
    product("key()")(lambda: Session.objects.update(count=8))
    assert found() == set()


def test_an_account_that_is_deleted_may_be_taken_out_of_the_log(session):
    agent = User.objects.create(username="agent")
    Session.objects.update(agent=agent)
    product("key.delete()", "helpdesk/admin.py")(agent)
    session.refresh_from_db()
    assert session.agent is None
    assert found() == set()


def test_no_cascade_from_elsewhere_reaches_the_log_but_that_of_accounts():
    links = [field for model in (Session, Event, Words) for field in model._meta.concrete_fields if field.remote_field]
    assert {link.name for link in links if link.remote_field.on_delete is CASCADE} == {"session", "event"}
    assert {link.name for link in links if link.remote_field.on_delete is SET_NULL} == {"agent"}


def test_also_the_prepared_statements_of_the_journal_are_looked_at(session, monkeypatch):
    monkeypatch.setattr(log_writes, "ALLOWED", ())
    journal.back(Session.objects.filter(pk=session.pk), session.count)
    writes = [(each.kind, each.table, each.file) for each in log_writes.taken()]
    assert writes == [
        ("INSERT", "wizards_event", "wizards/journal/sql.py"),
        ("UPDATE", "wizards_session", "wizards/journal/sql.py"),
    ]


# --- what becomes of the test ----------------------------------------------------------------------------------------

NESTED = """
    import threading
    import pytest
    from tests.test_log_writes import ask

    def write():
        ask("DELETE FROM wizards_session")

    @pytest.fixture
    def written():
        write()

    @pytest.fixture
    def writing_at_its_end():
        yield
        write()

    def test_before(): pass

    def test_swallows():
        try:
            write()
            raise ValueError
        except ValueError:
            pass

    def test_thread():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    def test_setup(written): pass

    def test_teardown(writing_at_its_end): pass

    def test_fails_anyway():
        write()
        assert False

    def test_after(): pass
"""


@pytest.fixture(scope="module")
def nested(tmp_path_factory) -> str:
    """Return what pytest says of tests that write, as it runs with the settings of this project."""
    file = tmp_path_factory.mktemp("nested") / "test_nested.py"
    file.write_text(dedent(NESTED))
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "-rA", "--tb=short", file]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout


SAID = "DELETE on wizards_session by wizards/review/findings.py:3, in act"


@pytest.mark.once
@pytest.mark.parametrize(
    ("test", "outcome"),
    {
        "test_swallows": "FAILED",
        "test_thread": "FAILED",
        "test_setup": "ERROR",
        "test_teardown": "ERROR",
        "test_fails_anyway": "FAILED",
        "test_before": "PASSED",
        "test_after": "PASSED",
    }.items(),
)
def test_the_test_that_made_it_fails_and_no_other_one(nested, test, outcome):
    summary = nested.partition("short test summary info")[2].splitlines()
    outcomes = {line.split()[0] for line in summary if f"::{test}" in line}
    assert outcomes - {"PASSED"} == ({outcome} - {"PASSED"})
    assert outcome in outcomes


@pytest.mark.once
def test_each_of_them_says_what_wrote_to_the_log(nested):
    assert nested.partition("short test summary info")[0].count(SAID) == 5
