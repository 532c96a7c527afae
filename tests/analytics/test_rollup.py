"""Roll-up: in any batch size and order, the tables hold what the logs add up to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import override_settings

from tests.analytics.rows import day, everything, rows
from tests.analytics.walkers import NOON, Walker, roll
from wizards import analytics
from wizards.models import DayTally, Rolling, Session

pytestmark = pytest.mark.django_db


def test_an_active_session_is_not_rolled_up(clock):
    Walker(clock)
    assert analytics.roll_up() == 0
    clock.pass_(minutes=6)
    assert analytics.roll_up() == 1
    assert analytics.roll_up() == 0


def test_small_batches_give_the_same_rows(clock):
    for number in range(7):
        Walker(clock, name=f"v{number}").answer("no", "stuck").back()
        clock.pass_(hours=5)
    analytics.roll_up(batch_size=2)
    rows_of_small_batches = rows()
    analytics.rebuild()
    assert rows() == [[], [], []]
    analytics.roll_up(batch_size=100)
    assert rows() == rows_of_small_batches


def test_a_rebuild_keeps_the_tallies_of_days_whose_sessions_were_deleted(clock):
    Walker(clock, name="old").answer("yes")
    roll(clock)
    Session.objects.all().delete()
    analytics.mark_deleted_until(NOON.date())
    clock.pass_(days=1)
    Walker(clock, name="new").answer("no")
    roll(clock)
    before = rows()
    analytics.rebuild()
    roll(clock)
    assert rows() == before
    assert day().solved == 1


def test_only_a_roll_up_that_changes_something_increases_the_generation(clock):
    Walker(clock)
    roll(clock)
    generation = Rolling.objects.get().generation
    roll(clock)
    assert Rolling.objects.get().generation == generation


def test_a_rebuild_increases_the_generation_so_that_readers_retry(clock):
    Walker(clock)
    roll(clock)
    before = Rolling.objects.get().generation
    analytics.rebuild()
    assert Rolling.objects.get().generation > before


def test_changed_rules_cause_a_rebuild(clock):
    Walker(clock).answer("yes")
    roll(clock)
    before = rows()
    DayTally.objects.update(helped=7)
    roll(clock)
    assert rows() != before
    Rolling.objects.update(rules=1)
    roll(clock)
    assert rows() == before


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"])
@pytest.mark.parametrize("hours", [0, 6, 12, 23])
def test_another_time_zone_counts_no_session_twice_after_deletion(clock, settings, zone, hours):
    clock.pass_(hours=hours)
    for number in range(6):
        Walker(clock, name=f"v{number}").answer("yes")
        clock.pass_(hours=9)
    roll(clock)
    analytics.mark_deleted_until(NOON.date() + timedelta(days=1))
    with override_settings(TIME_ZONE=zone):
        roll(clock)
        assert begun() == 6
        assert not list(analytics.find_inconsistencies())
        analytics.rebuild()
        roll(clock)
        assert begun() == 6
        assert not list(analytics.find_inconsistencies())


def begun() -> int:
    return sum(each.begun for each in analytics.day_figures(everything()).versions.values())
