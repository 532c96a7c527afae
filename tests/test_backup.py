"""Backups: the drill (made under load, restored elsewhere, audited), and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from helpdesk.backup import manifest, postgres
from tests.graphs import graph
from tests.versions import publish
from wizards import journal
from wizards.models import Session, Version

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[1]
POSTGRES = connection.vendor == "postgresql"
WRITERS = 4
ENOUGH = 60  # answers acknowledged before the backup begins
RINGS = graph("a? on:b end:ok", "b? on:a end:ok", "ok = solved")

Answered = set[tuple[str, int]]  # a session's code, and the number of an event that was acknowledged


class Load:
    """Writers that answer without a pause, each in its own session."""

    def __init__(self) -> None:
        self.version = publish(RINGS)
        self.answered: Answered = set()
        self.enough, self.over = threading.Event(), threading.Event()
        self.raised: list[Exception] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write while the block runs; it starts once ENOUGH answers are acknowledged."""
        threads = [threading.Thread(target=self.write, args=[f"visitor{each}"]) for each in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            assert self.enough.wait(60)
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
        assert self.raised == []

    def write(self, visitor: str) -> None:
        try:
            session = journal.begin(self.version, "s", visitor)
            owned = Session.objects.filter(pk=session.pk)
            while not self.over.is_set():
                session = journal.answer(owned, session.count, "on")
                self.answered.add((session.code, session.count))
                if len(self.answered) >= ENOUGH:
                    self.enough.set()
        except Exception as error:
            self.raised.append(error)
            self.enough.set()
        finally:
            connections.close_all()


class Elsewhere:
    """Another, empty database of the same kind."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "elsewhere.sqlite3"
        self.url = f"sqlite:///{self.file}"
        if POSTGRES:
            values = connection.settings_dict
            name = f"elsewhere_{uuid4().hex[:12]}"
            who = values["USER"] + (f":{values['PASSWORD']}" if values["PASSWORD"] else "")
            server = f"postgres://{who}@{values['HOST']}:{values['PORT']}"
            self.name, self.server, self.url = name, f"{server}/postgres", f"{server}/{name}"
            self.on_server(f"CREATE DATABASE {name}")

    def on_server(self, statement: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as server:
            server.execute(statement)

    def manage(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py on this database."""
        environment = os.environ | {"DATABASE_URL": self.url}
        program = [sys.executable, "manage.py", *command]
        return subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)

    def answers(self) -> Answered:
        """Return the answers in the log."""
        question = "SELECT s.code, e.number FROM wizards_event e JOIN wizards_session s ON s.id = e.session_id"
        return set(map(tuple, self.rows(f"{question} WHERE e.kind = 'answer'")))

    def rows(self, question: str) -> list[tuple]:
        if POSTGRES:
            with psycopg.connect(self.url) as database:
                return database.execute(question).fetchall()
        with closing(sqlite3.connect(self.file)) as database:
            return database.execute(question).fetchall()

    def drop(self) -> None:
        if POSTGRES:
            self.on_server(f"DROP DATABASE {self.name} WITH (FORCE)")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    database = Elsewhere(tmp_path)
    yield database
    database.drop()


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A backup of a small database."""
    publish(RINGS)
    return make_backup(tmp_path)


def make_backup(folder: Path, name: str = "made") -> Path:
    call_command("backup", str(folder / name), stdout=StringIO())
    return folder / name


def under_load(copy: Callable[[], None]) -> tuple[Answered, Answered]:
    """Copy the database under load; return the answers acknowledged before, and by the end."""
    load = Load()
    with load.running():
        before = set(load.answered)
        copy()
    return before, load.answered


def test_a_backup_under_load_restores_elsewhere_with_every_acknowledged_answer(tmp_path, elsewhere):
    before, ever = under_load(lambda: make_backup(tmp_path))
    restored = elsewhere.manage("restore", str(tmp_path / "made"))
    assert "no violations found" in restored.stdout, restored.stderr
    assert before <= elsewhere.answers() <= ever
    assert len(before) >= ENOUGH
    assert ever - before, "nobody wrote meanwhile"


@pytest.mark.only("sqlite")  # its files
def test_the_drill_detects_that_a_copy_of_the_file_alone_loses_answers(tmp_path, elsewhere):
    file = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        # While a reader is active, what is written stays in the WAL, however often SQLite checkpoints.
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM wizards_event").fetchone()
        before, _ = under_load(lambda: shutil.copy(file, elsewhere.file))
    copied = elsewhere.manage("audit_log")
    assert copied.returncode != 0 or not before <= elsewhere.answers()


def test_a_backup_is_private_and_says_what_it_holds(backup):
    content = manifest.parse((backup / "manifest.json").read_text())
    assert [stat.S_IMODE(path.stat().st_mode) for path in (backup, *backup.iterdir())] == [0o700, 0o600, 0o600]
    assert sorted(path.name for path in backup.iterdir()) == sorted(["manifest.json", content.file])
    assert content.engine == connection.vendor
    assert content.counts["wizards_version"] == 1
    assert "wizards.0001_initial" in content.migrations


def test_a_backup_never_overwrites_another(backup):
    with pytest.raises(CommandError, match="already exists"):
        make_backup(backup.parent)


def test_a_database_without_our_tables_is_not_backed_up_and_its_file_not_created(tmp_path, elsewhere):
    command = elsewhere.manage("backup", str(tmp_path / "made"))
    assert command.returncode == 1
    assert (
        command.stderr == "CommandError: The database of DATABASE_URL has no tables of this site. Check DATABASE_URL.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_another_site_is_not_backed_up(tmp_path, monkeypatch):
    monkeypatch.setattr("helpdesk.backup.database.migrations", lambda: ["auth.0001_initial"])
    with pytest.raises(CommandError, match="has no tables of this site"):
        make_backup(tmp_path)


def test_a_backup_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("helpdesk.backup.folder._hash", full)
    with pytest.raises(CommandError, match="No space left"):
        make_backup(tmp_path)
    assert list(tmp_path.iterdir()) == []


def restore(source: Path, *options: str) -> str:
    """Restore into the tests' own database; return the output."""
    output = StringIO()
    call_command("restore", str(source), *options, stdout=output)
    return output.getvalue()


def test_a_restore_replaces_data_only_with_an_option_and_lists_the_loss_first(backup):
    publish(graph("late = advice", slug="late"))
    with pytest.raises(CommandError, match=r"It holds: .*2 versions.* Add --replace"):
        restore(backup)
    assert Version.objects.count() == 2
    output = restore(backup, "--replace")
    assert output.index("This will be lost: ") < output.index("2 versions") < output.index("no violations found")
    assert [version.wizard.slug for version in Version.objects.all()] == ["toy"]


def test_a_restore_with_wrong_row_counts_names_the_table(backup):
    counts = manifest.parse((backup / "manifest.json").read_text()).counts
    change_manifest(backup, counts=counts | {"wizards_version": 7})
    with pytest.raises(CommandError, match=r"not those that the manifest counts, in: wizards_version\.$"):
        restore(backup, "--replace")


@pytest.mark.only("sqlite")  # PostgreSQL holds it itself
def test_data_with_a_broken_foreign_key_are_not_restored(backup):
    data = backup / "data.sqlite3"
    with closing(sqlite3.connect(data)) as database:
        database.execute("DELETE FROM wizards_wizard")
        database.commit()
    change_manifest(backup, bytes=data.stat().st_size, sha256=hashlib.sha256(data.read_bytes()).hexdigest())
    with pytest.raises(CommandError, match=r"damaged: .* points to a wizards_wizard that does not exist"):
        restore(backup, "--replace")
    assert Version.objects.get().wizard.slug == "toy"


def change_manifest(folder: Path, **values: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def corrupt(folder: Path) -> None:
    data = next(path for path in folder.iterdir() if path.name.startswith("data"))
    with data.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 20)


def write_fake_backup(folder: Path) -> Path:
    """Write what looks like a backup, without a database; return its folder."""
    data = b"0123456789" * 20
    name = {"sqlite": "data.sqlite3", "postgresql": "data.dump"}[connection.vendor]
    (folder / name).write_bytes(data)
    content = manifest.Manifest(
        format=1, version="1", made_at="2026-01-01T00:00:00+00:00", engine=connection.vendor, server="1", file=name,
        bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), migrations=[], counts={"django_migrations": 1},
    )  # fmt: skip
    (folder / "manifest.json").write_text(content.model_dump_json())
    return folder


DAMAGES = {
    "its SHA-256 is wrong": corrupt,
    "is not a backup": lambda folder: (folder / "manifest.json").unlink(),
    "Invalid JSON": lambda folder: (folder / "manifest.json").write_text("{"),
    "format: Input should be 1": lambda folder: change_manifest(folder, format=2),
    "bytes: Input should be a valid integer": lambda folder: change_manifest(folder, bytes="many"),
    "file: Input should be 'data.sqlite3' or 'data.dump'": lambda folder: change_manifest(folder, file="../env"),
    "no tables of this site": lambda folder: change_manifest(folder, counts={}),
    "no tables of this site: it is of another": lambda folder: change_manifest(folder, counts={"django_migrations": 0}),
    "A newer version of this site": lambda folder: change_manifest(folder, migrations=["wizards.9999_later"]),
    "a backup of oracle": lambda folder: change_manifest(folder, engine="oracle"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("reason", DAMAGES)
def test_a_damaged_backup_is_refused_with_a_reason_and_changes_nothing(tmp_path, reason, monkeypatch):
    def load(*_: object) -> None:
        raise AssertionError("touched")

    monkeypatch.setattr("helpdesk.backup.postgres.load", load)
    monkeypatch.setattr("helpdesk.backup.sqlite.load", load)
    DAMAGES[reason](write_fake_backup(tmp_path))
    with pytest.raises(CommandError, match=reason):
        restore(tmp_path, "--replace")


@pytest.mark.django_db
def test_the_password_is_passed_by_the_environment_only(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "open sesame")
    assert "sesame" not in " ".join(map(str, postgres._address()))
    assert postgres._environment()["PGPASSWORD"] == "open sesame"


@pytest.mark.django_db
def test_options_about_tls_reach_the_programs(monkeypatch):
    options = {
        "sslmode": "verify-full",
        "sslcrl": "/etc/crl.pem",
        "ssl_min_protocol_version": "TLSv1.3",
        "connect_timeout": 5,
    }
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    environment = postgres._environment()
    assert {name for name in environment if name.startswith("PG")} >= {
        "PGSSLMODE",
        "PGSSLCRL",
        "PGSSLMINPROTOCOLVERSION",
    }
    assert (environment["PGSSLMODE"], environment["PGSSLCRL"]) == ("verify-full", "/etc/crl.pem")


@pytest.mark.only("postgresql")  # its programs
def test_programs_that_are_missing_or_too_old_for_the_server_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(CommandError, match=r"There is no pg_dump here\. Install the client programs of PostgreSQL \d+"):
        make_backup(tmp_path)
    (tmp_path / "bin").mkdir()
    old = tmp_path / "bin" / "pg_dump"
    old.write_text("#!/bin/sh\necho 'aborting because of server version mismatch' >&2\nexit 1\n")
    old.chmod(0o755)
    with pytest.raises(
        CommandError, match="pg_dump failed, and nothing was changed: aborting because of server version"
    ):
        make_backup(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


@pytest.mark.only("postgresql")  # SQLite's own is one step
def test_a_restore_from_a_cut_off_dump_changes_nothing(backup):
    data = backup / "data.dump"
    data.write_bytes(data.read_bytes()[: data.stat().st_size * 2 // 3])
    change_manifest(backup, bytes=data.stat().st_size, sha256=hashlib.sha256(data.read_bytes()).hexdigest())
    with pytest.raises(CommandError, match="nothing was changed"):
        restore(backup, "--replace")
    assert Version.objects.count() == 1
