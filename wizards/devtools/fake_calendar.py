"""When people come: mostly in the daytime, at other hours on weekends, and more from month to month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import accumulate
from random import Random

from django.utils import timezone

HOUR_SECONDS = 3600.0
# The relative load of each hour of a working day, and of a day at the weekend.
WORKDAY_HOURS = (2, 1, 1, 1, 1, 2, 5, 14, 32, 48, 56, 54, 44, 46, 52, 50, 46, 42, 38, 36, 32, 24, 12, 5)
WEEKEND_HOURS = (4, 2, 1, 1, 1, 1, 3, 7, 16, 28, 38, 40, 36, 34, 34, 32, 30, 28, 26, 26, 22, 16, 10, 6)
WEEKDAY_FACTORS = (1.25, 1.1, 1.0, 1.0, 0.95, 0.8, 0.7)  # Monday first
GROWTH = 0.4  # of the load, from the first day to the last
DAILY_SIGMA = 0.12  # of the log-normal factor by which similar days differ


def start_times(rng: Random, number: int, since: datetime, until: datetime) -> list[float]:
    """Return `number` random moments in order, as seconds since the epoch."""
    hours = list(_hours(rng, since, until))
    totals = list(accumulate(weight for *_, weight in hours))
    drawn = rng.choices(hours, cum_weights=totals, k=number)
    return sorted(start + rng.random() * length for start, length, _ in drawn)


def _hours(rng: Random, since: datetime, until: datetime) -> Iterator[tuple[float, float, float]]:
    """Yield the start, length in seconds and weight of each hour, cut to the range from `since` to `until`."""
    zone = timezone.get_default_timezone()
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        load = (
            WEEKDAY_FACTORS[day.weekday()]
            * (1 + GROWTH * number / max((last - first).days, 1))
            * rng.lognormvariate(0, DAILY_SIGMA)
        )
        for hour, weight in enumerate(WEEKEND_HOURS if day.weekday() > 4 else WORKDAY_HOURS):
            start = max(_timestamp(day, hour, zone), since.timestamp())
            end = min(_timestamp(day, hour, zone) + HOUR_SECONDS, until.timestamp())
            if start < end:
                yield start, end - start, weight * load * (end - start) / HOUR_SECONDS


def _timestamp(day: date, hour: int, zone: tzinfo) -> float:
    return datetime.combine(day, time(hour), zone).timestamp()
