"""Months are tallied, too: a long period reads few rows, and its figures are the sum of its days."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db.models import F

from tests.analytics.rows import everything, rows
from tests.analytics.walkers import Clock, Walker, roll
from wizards import analytics
from wizards.analytics import DayFigures, Histogram, PlaceFigures
from wizards.models import DayTally, PlaceTally, Session, Tally, WayTally

pytestmark = pytest.mark.django_db

MONTH = Tally.Span.MONTH
PAGES = {("q", "", ""), ("why", "", ""), ("why", "stuck", "hold")}
WALKS = (("no", "stuck", "worked"), ("yes",), ("no", "stuck"), ("no",))


@pytest.fixture
def clock(monkeypatch):
    """Roll up a walk on every fifth day from March to May."""
    clock = Clock(monkeypatch)
    for number in range(18):
        Walker(clock, name=f"v{number}", seconds=10 + number).answer(*WALKS[number % len(WALKS)])
        clock.pass_(days=5)
    roll(clock)
    return clock


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (date(2026, 4, 1), date(2026, 4, 30)),
        (date(2026, 3, 20), date(2026, 5, 3)),
        (date(2026, 3, 31), date(2026, 4, 29)),
        (date(2026, 4, 2), date(2026, 5, 31)),
    ],
    ids=["one whole month", "a month and both ends", "no whole month", "the rest of a month and a whole one"],
)
def test_a_period_is_the_sum_of_its_days(clock, since, until):
    figures_by_version: dict = defaultdict(DayFigures)
    places: dict = defaultdict(PlaceFigures)
    edges: Counter = Counter()
    times: dict = defaultdict(Histogram)
    for number in range((until - since).days + 1):
        day = since + timedelta(days=number)
        scope = everything(since=day, until=day)
        for version, figures in analytics.day_figures(scope).versions.items():
            figures_by_version[version] += figures
        for place, figures in analytics.place_figures(scope).items():
            places[place] += figures
        edges.update(analytics.edge_figures(scope))
        for place, each in analytics.place_times(scope, PAGES).items():
            times[place] += each
    scope = everything(since=since, until=until)
    assert places
    assert (
        analytics.day_figures(scope).versions == analytics.day_figures(everything(), scope).before == figures_by_version
    )
    (sums,) = figures_by_version.values()
    assert sum(day.begun for day in analytics.day_figures(scope).days.values()) == sums.begun
    assert analytics.place_figures(scope) == places
    assert analytics.edge_figures(scope) == edges
    assert analytics.place_times(scope, PAGES) == times


def test_a_year_is_read_from_the_months(clock):
    year = everything()
    months = analytics.day_figures(year).versions, analytics.place_figures(year), analytics.edge_figures(year)
    for table in (DayTally, PlaceTally, WayTally):
        table.objects.exclude(span=MONTH).delete()
    assert (analytics.day_figures(year).versions, analytics.place_figures(year), analytics.edge_figures(year)) == months


def test_a_rebuild_keeps_a_month_whose_sessions_were_partly_deleted(clock):
    Session.objects.filter(begun_at__lt="2026-04-15T00:00Z").delete()
    analytics.mark_deleted_until(date(2026, 4, 14))
    before = rows()
    analytics.rebuild()
    roll(clock)
    assert rows() == before
    assert not list(analytics.find_inconsistencies())


@pytest.mark.parametrize(("table", "column"), [(DayTally, "begun"), (PlaceTally, "reached"), (WayTally, "sessions")])
def test_the_audit_finds_a_month_that_is_not_the_sum_of_its_days(clock, table, column):
    assert not list(analytics.find_inconsistencies())
    table.objects.filter(span=MONTH, day=date(2026, 4, 1)).update(**{column: F(column) + 1})
    lines = list(analytics.find_inconsistencies())
    assert lines
    assert all("2026-04-01" in line and "its days" in line for line in lines)


def test_the_audit_checks_months_whose_sessions_were_deleted(clock):
    Session.objects.all().delete()
    analytics.mark_deleted_until(date(2026, 12, 31))
    assert not list(analytics.find_inconsistencies())
    WayTally.objects.filter(span=MONTH).delete()
    assert list(analytics.find_inconsistencies())


def test_the_migration_adds_up_existing_tallies(clock):
    before = [sorted(table) for table in rows()]
    for table in (DayTally, PlaceTally, WayTally):
        table.objects.filter(span=MONTH).delete()
    assert rows() != before
    for migration in ("0011_tallies_by_month", "0012_day_tallies_by_month"):
        import_module(f"wizards.migrations.{migration}").add_up(apps, None)
    assert rows() == before
