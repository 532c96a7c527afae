"""The audit finds every tally row that differs from the logs."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db.models import F

from tests.analytics.walkers import NOON, Clock, Walker
from wizards import analytics
from wizards.analytics import consistency
from wizards.models import DayTally, PlaceTally, Session, WayTally

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """Roll up two sessions, one of which continues afterwards."""
    clock = Clock(monkeypatch)
    walker = Walker(clock, name="a").answer("no", "stuck")
    Walker(clock, name="b").answer("yes")
    clock.pass_(hours=2)
    analytics.roll_up()
    walker.answer("failed")
    return clock


def inconsistencies() -> str:
    return "\n".join(analytics.find_inconsistencies())


def test_sound_tallies_have_no_inconsistencies(clock):
    assert inconsistencies() == ""


@pytest.mark.parametrize("column", ["begun", "solved", "left", "backs"])
def test_a_changed_figure_of_a_day_is_found(clock, column):
    column = {"left": "advice"}.get(column, column)
    DayTally.objects.update(**{column: F(column) + 1})
    assert "day tally 2026-03-02" in inconsistencies()


def test_a_changed_time_is_found(clock):
    PlaceTally.objects.filter(node="q", whole=False).update(times=b"\x09")
    assert "place tally 2026-03-02" in inconsistencies()


@pytest.mark.parametrize("table", [DayTally, PlaceTally, WayTally])
def test_a_missing_row_is_found(clock, table):
    table.objects.last().delete()
    assert table._meta.verbose_name in inconsistencies()


@pytest.mark.parametrize("table", [DayTally, PlaceTally, WayTally])
def test_a_row_of_a_day_without_sessions_is_found(clock, table):
    row = table.objects.first()
    row.pk, row.day = None, row.day.replace(year=2025)
    row.save()
    assert "2025-03-02" in inconsistencies()


def test_a_session_wrongly_marked_as_tallied_is_found(clock):
    Session.objects.filter(visitor="a").update(tallied=4)
    assert inconsistencies()


def test_days_whose_sessions_were_deleted_are_skipped(clock):
    Session.objects.all().delete()
    assert inconsistencies()
    analytics.mark_deleted_until(DayTally.objects.latest("day").day)
    assert inconsistencies() == ""


def test_the_command_rolls_up_and_rebuilds(clock, capsys):
    clock.pass_(hours=1)
    call_command("roll_up")
    assert capsys.readouterr().out == "1 sessions rolled up\n"
    DayTally.objects.all().delete()
    call_command("roll_up", "--rebuild")
    assert capsys.readouterr().out == "2 sessions rolled up\n"
    assert inconsistencies() == ""


def test_a_roll_up_during_the_audit_is_no_inconsistency(clock, monkeypatch):
    Walker(clock, name="c").answer("yes")
    clock.pass_(hours=2)
    real = consistency._rows_from_logs

    def roll_up_meanwhile(day):
        rows = real(day)
        if day == NOON.date():
            analytics.roll_up()
        return rows

    monkeypatch.setattr(consistency, "_rows_from_logs", roll_up_meanwhile)
    assert inconsistencies() == ""
