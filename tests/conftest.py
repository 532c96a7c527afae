"""Fixtures that all tests share. What belongs to one part of the site is made in that part's tests.

open_page   open_page("/path/") opens it on the live server, and holds that htmx is there
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from sqlite3 import sqlite_version
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from tests import programs
from tests.database import django_db_keepdb, django_db_modify_db_settings  # noqa: F401  fixtures

if TYPE_CHECKING:
    from tests.snapshots import Snapshot

# HYPOTHESIS_PROFILE=long searches longer; ci is repeatable, and what each `make test` runs.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


# Fixtures that open the database; `copies` are those of tests/upgrade.
DATABASE = {"db", "transactional_db", "live_server", "copies"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are for the other database, and on PostgreSQL those that one database is enough for."""
    from django.db import connection

    others = [item for item in items if not _is_for(item, connection.vendor)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in set(others)]


def _is_for(item: pytest.Item, vendor: str) -> bool:
    if only := item.get_closest_marker("only"):
        return only.args == (vendor,)
    if vendor == "sqlite":
        return True
    if item.get_closest_marker("browser") or item.get_closest_marker("once"):
        return False
    return bool(item.get_closest_marker("django_db")) or not DATABASE.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where the tests ran."""
    from django.db import connection

    where = os.environ.get("POSTGRES_VERSION") if connection.vendor == "postgresql" else f"SQLite {sqlite_version}"
    terminalreporter.write_line(f"Tests ran on {where or 'the server of DATABASE_URL'}.")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> "Iterator[Snapshot]":
    """Make the database, and come back to it after each test that commits. Gives it as it is then.

    Where PARTITIONED says it, the log is laid out in partitions of so many sessions: nobody should notice.
    """
    from django.test import TransactionTestCase

    from tests import snapshots
    from wizards import journal
    from wizards.privacy import retention

    with pytest.MonkeyPatch.context() as patch:
        with django_db_blocker.unblock():
            if width := os.environ.get("PARTITIONED"):
                # Tests of retention count by the second; this is tested for itself.
                patch.setattr(retention, "PARTITION_GRACE", timedelta(0))
                journal.partition_log(int(width))
            migrated = snapshots.take()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: migrated.restore())
        yield migrated


@pytest.fixture(scope="session")
def live_server(django_db_setup: None, live_server: LiveServer) -> LiveServer:
    """Start the live server after the tests' database is made.

    Earlier, it would see the database of the settings, which nobody made.
    """
    return live_server


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:
    """Hash passwords quickly: tests make many users, and nobody attacks them."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _forget_tries() -> None:
    """Forget how often somebody tried to sign in: all tests come from one address."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(autouse=True)
def _forget_versions() -> None:
    """Forget the documents kept in memory: a test that is rolled back gives its ids to the next one."""
    from wizards import publishing

    publishing.document_of.cache_clear()


@pytest.fixture(autouse=True)
def _forget_rates() -> Iterator[None]:
    """Forget how often anybody did anything: all tests come from one address."""
    from helpdesk.ratelimit import limiter

    counters = (limiter._limiter, limiter._in_memory)
    yield
    for counter in counters:
        counter.cache_clear()
    limiter.redis_fallback.until = 0


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Launch the Chromium that is installed here, not one that Playwright downloads."""
    return programs.launch_options()


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """Browse in British English, in London."""
    return {"locale": "en-GB", "timezone_id": "Europe/London"}


@pytest.fixture
def open_page(page: Page, live_server) -> Callable[[str], Page]:
    """Give a function that opens an address of the live server; it fails where htmx did not load."""

    def open_address(address: str = "/") -> Page:
        page.goto(live_server.url + address)
        page.wait_for_function("window.htmx && window.htmx.version")
        return page

    return open_address
