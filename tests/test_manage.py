"""manage.py when the database is unreachable or has no tables: one line that says what to do, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import Error, connection, transaction

import manage as command_line

ROOT = Path(__file__).resolve().parent.parent
UNREACHABLE = ["sqlite:///{}/mistyped/db.sqlite3", "postgres://nobody@127.0.0.1:1/nothing"]


def manage(*command: str, database: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DATABASE_URL": database}
    program = [sys.executable, "manage.py", *command]
    return subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.once
@pytest.mark.parametrize("database", UNREACHABLE)
def test_an_unreachable_database_is_one_line(tmp_path, database):
    result = manage("roll_up", database=database.format(tmp_path))
    assert result.returncode == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("The database of DATABASE_URL does not answer: ")


@pytest.mark.once
def test_a_database_without_tables_is_one_line(tmp_path):
    result = manage("roll_up", database=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert result.returncode == 1
    assert result.stderr == "The database has no tables yet: run manage.py migrate first.\n"


@pytest.mark.once
def test_traceback_shows_the_traceback(tmp_path):
    result = manage("roll_up", "--traceback", database=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert result.stderr.startswith("Traceback")


def error_of(statement: str) -> Error:
    with pytest.raises(Error) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return raised.value


@pytest.mark.django_db
def test_both_databases_report_missing_tables():
    assert command_line.explain(error_of("SELECT * FROM nowhere")) == command_line.NO_TABLES


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["SELEKT", "SELECT nothing FROM wizards_session"])
def test_an_invalid_statement_keeps_its_traceback(statement):
    assert command_line.explain(error_of(statement)) == ""
