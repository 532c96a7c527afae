"""Fixtures that all tests share. What belongs to one part of the site is made in that part's tests.

page        a page in a fresh browser context, for tests that are marked `browser`
open_page   open_page("/path/") opens it on the live server, and holds that htmx is there
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

# HYPOTHESIS_PROFILE=long searches longer; ci is repeatable, and what each `make test` runs.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are for the other database only."""
    from django.db import connection

    marks = {item: item.get_closest_marker("only") for item in items}
    others = [item for item, mark in marks.items() if mark and mark.args != (connection.vendor,)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> Iterator[None]:
    """Give each run of the tests its own database: a file for SQLite, so that threads share it."""
    from django.db import connections

    database = connections["default"].settings_dict
    with tempfile.TemporaryDirectory(prefix="helpdesk-tests-") as folder:
        if database["ENGINE"] == "helpdesk.sqlite":
            database["TEST"]["NAME"] = str(Path(folder) / "test.sqlite3")
        else:
            database["TEST"]["NAME"] = f"test_helpdesk_{os.getpid()}"
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Lay the log out in partitions of so many sessions where PARTITIONED says it: nobody should notice."""
    if width := os.environ.get("PARTITIONED"):
        from wizards import journal, privacy

        privacy.WITH_PARTITION = timedelta(0)  # tests of retention count by the second; this is tested for itself
        with django_db_blocker.unblock():
            journal.lay_out(int(width))


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
    from wizards import limits

    counters = (limits._limiter, limits._in_memory)
    yield
    for counter in counters:
        counter.cache_clear()
    limits.shared.until = 0


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the Chromium that CHROMIUM_PATH names, or the one on PATH, once for all tests."""
    from tests import chromium

    with sync_playwright() as driver:
        program = driver.chromium.launch(executable_path=chromium.find(), args=CHROMIUM_ARGUMENTS)
        yield program
        program.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a page in a context of its own: no cookies, British English, five seconds for everything."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(5000)
    yield context.new_page()
    context.close()


@pytest.fixture
def open_page(page: Page, live_server) -> Callable[[str], Page]:
    """Give a function that opens an address of the live server; it fails where htmx did not load."""

    def open_address(address: str = "/") -> Page:
        page.goto(live_server.url + address)
        page.wait_for_function("window.htmx && window.htmx.version")
        return page

    return open_address
