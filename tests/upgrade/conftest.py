"""Yesterday's site on the database under test: upgraded once for each run.

site            the site, upgraded, at its moment, with its key and its settings; what a test changes is rolled back
committed       the same in a database of the test's own, where transactions are committed
standing        a context for others: `with standing("sqlite", copies.as_it_was)` is the site before the upgrade
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import time_machine
from django.conf import global_settings
from django.db import connections, transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from . import yesterday
from .yesterday import Copies, Site


@pytest.fixture(scope="session")
def copies(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Iterator[Copies]:
    """Give yesterday's databases; they are gone after the run."""
    made = Copies(tmp_path_factory.mktemp("yesterday"))
    yield made
    with django_db_blocker.unblock():
        for name in [*made.made]:
            made.drop(name)


@pytest.fixture(scope="session")
def yesterdays_settings() -> dict[str, object]:
    """Give what yesterday's file of settings changes."""
    return yesterday.settings_of(yesterday.DATA / "env")


@contextmanager
def rolled_back() -> Iterator[None]:
    """Take back at the end what was written, once it has kept every constraint of the database."""
    with transaction.atomic():
        yield
        connections["default"].check_constraints()
        transaction.set_rollback(True)


Standing = Callable[[str, Callable[[str], str]], AbstractContextManager[Site]]


@pytest.fixture(scope="session")
def standing(yesterdays_settings: dict[str, object], django_db_blocker: DjangoDbBlocker) -> Standing:
    """Give a context in which one stands on a site's database, at its moment, with its key and its settings."""

    @contextmanager
    def stand(name: str, database: Callable[[str], str]) -> Iterator[Site]:
        hashers = global_settings.PASSWORD_HASHERS
        with (
            django_db_blocker.unblock(),
            override_settings(**yesterdays_settings, PASSWORD_HASHERS=hashers),
            time_machine.travel(yesterday.moment(name), tick=True) as clock,
            yesterday.standing_on(database(name)),
        ):
            yield Site(name, clock)

    return stand


@pytest.fixture
def site(standing: Standing, copies: Copies) -> Iterator[Site]:
    """Give yesterday's site, upgraded; the test's changes are rolled back."""
    with standing(copies.vendor, copies.shared) as made, rolled_back():
        yield made


@pytest.fixture
def committed(standing: Standing, copies: Copies) -> Iterator[Site]:
    """Give yesterday's site, upgraded, in a database of the test's own: for what closes connections, as workers do."""
    with standing(copies.vendor, copies.upgraded) as made:
        yield made
