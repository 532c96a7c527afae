"""SQLite: the wait for the write lock, and who may read the file."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connections, transaction
from django.db.backends.sqlite3 import base

from helpdesk.backup import sqlite as backup_of_sqlite
from helpdesk.sqlite import base as base_of_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only("sqlite")]


@pytest.fixture
def writer():
    """Give another connection, which writes until it is told to commit."""
    other = sqlite3.connect(connections["default"].settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def timeout_now() -> int:
    with connections["default"].cursor() as cursor:
        return cursor.execute("PRAGMA busy_timeout").fetchone()[0]


def test_a_transaction_begins_as_soon_as_another_one_is_over(writer):
    threading.Timer(0.1, writer.execute, ["COMMIT"]).start()
    with transaction.atomic():
        assert not writer.in_transaction


def test_the_wait_does_not_grow_between_tries(writer, monkeypatch):
    pauses, asked = [], []

    def pause(seconds):
        pauses.append(seconds)
        asked.append(connections["default"].connection.execute("PRAGMA busy_timeout").fetchone()[0])
        if len(pauses) == 60:
            writer.execute("COMMIT")

    monkeypatch.setattr("helpdesk.sqlite.base.time.sleep", pause)
    with transaction.atomic():
        assert len(pauses) == 60
    assert max(pauses) < 0.01
    assert set(asked) == {0}, "SQLite itself waits, too"


def test_of_many_waiting_threads_one_polls_and_all_get_the_lock(writer, monkeypatch):
    asked, done, pause = [], [], time.sleep
    waiting, enough = threading.Barrier(4), threading.Event()

    def write(number):
        waiting.wait()
        with transaction.atomic():
            done.append(number)
        connections.close_all()

    def asks(seconds):
        asked.append(threading.get_ident())
        if len(asked) == 200:
            enough.set()
        pause(seconds)

    monkeypatch.setattr("helpdesk.sqlite.base.time.sleep", asks)
    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    assert enough.wait(20)
    who = set(asked)
    writer.execute("COMMIT")
    for thread in threads:
        thread.join()
    assert len(who) == 1
    assert sorted(done) == [0, 1, 2, 3]


def test_a_thread_behind_a_polling_one_times_out_as_soon(writer, monkeypatch):
    monkeypatch.setitem(connections["default"].settings_dict["OPTIONS"], "timeout", 0.05)
    with base_of_sqlite.POLL_LOCK, pytest.raises(OperationalError, match="locked"), transaction.atomic():
        pass
    writer.execute("COMMIT")


def test_a_wait_times_out(writer, monkeypatch):
    monkeypatch.setitem(connections["default"].settings_dict["OPTIONS"], "timeout", 0.05)
    with pytest.raises(OperationalError, match="locked"), transaction.atomic():
        pass
    writer.execute("COMMIT")


def test_a_transaction_waits_for_the_recovery_of_the_log_after_a_crash(monkeypatch):
    repaired, begin = [], base.DatabaseWrapper._start_transaction_under_autocommit

    def repairing(connection):
        if not repaired:
            repaired.append(True)
            busy = sqlite3.OperationalError("database is locked")
            busy.sqlite_errorcode = sqlite3.SQLITE_BUSY_RECOVERY
            raise OperationalError("database is locked") from busy
        begin(connection)

    monkeypatch.setattr(base.DatabaseWrapper, "_start_transaction_under_autocommit", repairing)
    with transaction.atomic():
        assert repaired


def test_other_errors_are_raised_at_once(monkeypatch):
    connection = connections["default"]
    connection.ensure_connection()
    monkeypatch.setattr(connection, "transaction_mode", "NONSENSE")
    monkeypatch.setattr("helpdesk.sqlite.base.time.sleep", None)
    with pytest.raises(OperationalError, match="syntax"), transaction.atomic():
        pass


def test_other_statements_wait_as_long_as_before():
    with transaction.atomic():
        assert timeout_now() == 20_000
    assert timeout_now() == 20_000


# --- The file -------------------------------------------------------------------------------------------------------


def modes_after_writing(file: Path) -> dict[str, int]:
    """Write to a database in this file as the site does; return the modes of all files in its folder."""
    database = base_of_sqlite.DatabaseWrapper(connections["default"].settings_dict | {"NAME": str(file)}, "other")
    try:
        with database.cursor() as cursor:
            cursor.execute("CREATE TABLE here (id INTEGER)")
        return {path.name: mode(path) for path in file.parent.iterdir()}
    finally:
        database.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def _open_to_all():
    """Let new files be readable by all by default."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_open_to_all")
def test_a_new_database_and_the_files_beside_it_are_private(tmp_path):
    modes = modes_after_writing(tmp_path / "new.sqlite3")
    assert modes == dict.fromkeys(["new.sqlite3", "new.sqlite3-wal", "new.sqlite3-shm"], 0o600)


def test_an_existing_database_keeps_its_mode(tmp_path):
    (tmp_path / "old.sqlite3").touch()
    (tmp_path / "old.sqlite3").chmod(0o640)
    assert modes_after_writing(tmp_path / "old.sqlite3")["old.sqlite3"] == 0o640


@pytest.mark.usefixtures("_open_to_all")
def test_the_sites_own_folder_is_created_and_private(tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"
    assert "db.sqlite3" in modes_after_writing(tmp_path / "var" / "db.sqlite3")
    assert mode(tmp_path / "var") == 0o700


def test_no_other_folder_is_created(tmp_path):
    with pytest.raises(OperationalError, match="unable to open database file"):
        modes_after_writing(tmp_path / "mistyped" / "db.sqlite3")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_open_to_all")
def test_a_restored_database_is_private(tmp_path, monkeypatch):
    modes_after_writing(tmp_path / "data.sqlite3")
    connection = SimpleNamespace(settings_dict={"NAME": tmp_path / "new.sqlite3"}, close=lambda: None)
    monkeypatch.setattr(backup_of_sqlite, "connection", connection)
    backup_of_sqlite.load(tmp_path / "data.sqlite3")
    assert mode(tmp_path / "new.sqlite3") == 0o600
