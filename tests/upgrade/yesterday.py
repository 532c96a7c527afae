"""Yesterday's site: what is kept of it in data/, and how it comes onto the database under test.

told("sqlite")             what the builder wrote down
settings_of(DATA / "env")  main's settings as yesterday's file makes them
Copies                     databases: yesterday's as it was, and copies of it that main has upgraded
"""

from __future__ import annotations

import importlib.util
import json
import lzma
import os
import runpy
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from .browser import Browser

DATA = Path(__file__).resolve().parent / "data"
# Of the settings, the tests keep their own of these: where data, mails and log lines go.
OURS = ("DATABASES", "EMAIL_", "LOG")


@cache
def told(name: str) -> dict[str, Any]:
    """Return what the builder told of a site: sqlite, postgresql or partitioned."""
    found: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return found


def moment(name: str) -> datetime:
    """Return when the site was as it is kept."""
    return datetime.fromisoformat(told(name)["moment"])


def content(file: str) -> bytes:
    """Return what a packed file of data/ holds."""
    return lzma.decompress((DATA / file).read_bytes())


def settings_of(file: Path) -> dict[str, Any]:
    """Return the settings that main makes of a file of settings, and that are others than those of the tests."""
    names = {line.partition("=")[0] for line in file.read_text().splitlines() if not line.startswith("#")}
    module = importlib.util.find_spec(settings.SETTINGS_MODULE)
    with patch.dict(os.environ, {"ENV_FILE": str(file)}):
        for name in names:
            os.environ.pop(name, None)
        made = runpy.run_path(module.origin)
    mine = {name: value for name, value in made.items() if name.isupper() and not name.startswith(OURS)}
    return {name: value for name, value in mine.items() if getattr(settings, name, None) != value}


def applied() -> list[list[str]]:
    """Return the migrations that a database has, as [app, name]."""
    return sorted(map(list, MigrationRecorder(connections["default"]).applied_migrations()))


def planned() -> list[list[str]]:
    """Return the migrations that `migrate` would apply."""
    executor = MigrationExecutor(connections["default"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return sorted([each.app_label, each.name] for each, _ in plan)


@contextmanager
def standing_on(name: str) -> Iterator[None]:
    """Let the site use the database of this name, instead of the one that it has."""
    connection = connections["default"]
    connection.close()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


class Copies:
    """Yesterday's databases beside the one under test, on the same server. `folder` is for files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vendor = connections["default"].vendor
        self.made: list[str] = []
        # For each site, before it was upgraded: the migrations that it had, and those that main then applied.
        self.before: dict[str, tuple[list[list[str]], list[list[str]]]] = {}
        self._upgraded: dict[str, str] = {}

    def as_it_was(self, site: str) -> str:
        """Return the name of a new database that holds a site as it was yesterday."""
        name = self._new()
        if self.vendor == "sqlite":
            Path(name).write_bytes(content("sqlite.sqlite3.xz"))
            return name
        self._statement(f'CREATE DATABASE "{name}" TEMPLATE template0')
        with standing_on(name), connections["default"].cursor() as cursor:
            cursor.execute(content(f"{site}.sql.xz").decode())
        return name

    def shared(self, site: str) -> str:
        """Return the name of the one database with a site that main has upgraded: who changes it, rolls back."""
        if site not in self._upgraded:
            self._upgraded[site] = self.as_it_was(site)
            with standing_on(self._upgraded[site]):
                self.before[site] = applied(), planned()
                call_command("migrate", verbosity=0)
        return self._upgraded[site]

    def upgraded(self, site: str) -> str:
        """Return the name of a new database with a site that main has upgraded."""
        template, name = self.shared(site), self._new()
        if self.vendor == "sqlite":
            shutil.copyfile(template, name)
        else:
            self._statement(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Delete a database."""
        self.made.remove(name)
        if self.vendor != "sqlite":
            self._statement(f'DROP DATABASE "{name}" WITH (FORCE)')
            return
        for file in self.folder.glob(f"{Path(name).name}*"):
            file.unlink()

    def _new(self) -> str:
        name = f"yesterday_{os.getpid()}_{len(self.made)}_{os.urandom(4).hex()}"
        name = str(self.folder / name) if self.vendor == "sqlite" else name
        self.made.append(name)
        return name

    def _statement(self, sql: str) -> None:
        with connections["default"]._nodb_cursor() as cursor:
            cursor.execute(sql)


class Site:
    """Yesterday's site, upgraded, at its moment. `told` is what the builder told, `clock` lets time pass."""

    def __init__(self, name: str, clock: Any) -> None:
        self.name, self.told, self.clock = name, told(name), clock

    def customer(self, name: str) -> Browser:
        """Return the browser of whoever has the session of this name, with its page open."""
        known = self.told["open"] | self.told["ended"]
        return Browser.restored(known[name]["browser"])

    def typing(self, name: str) -> Browser:
        """Return the browser of somebody who has a page open on which they type something."""
        return Browser.restored(self.told["forms"][name]["browser"])

    def staff(self, name: str) -> Browser:
        """Return the browser of a member of staff, with their page open."""
        return Browser.restored(self.told["staff"][name])

    def visit(self) -> Browser:
        """Return the browser of somebody who was never here."""
        return Browser("198.51.100.250")
