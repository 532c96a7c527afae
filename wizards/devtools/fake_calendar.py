"""When people come: more of them in the daytime, on weekends and evenings otherwise, and more from month to month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import accumulate
from random import Random

from django.utils import timezone

HOUR = 3600.0
# How busy each hour of a working day is, and of a day at the weekend.
WEEK = (2, 1, 1, 1, 1, 2, 5, 14, 32, 48, 56, 54, 44, 46, 52, 50, 46, 42, 38, 36, 32, 24, 12, 5)
WEEKEND = (4, 2, 1, 1, 1, 1, 3, 7, 16, 28, 38, 40, 36, 34, 34, 32, 30, 28, 26, 26, 22, 16, 10, 6)
DAYS = (1.25, 1.1, 1.0, 1.0, 0.95, 0.8, 0.7)  # Monday first
GROWTH = 0.4  # from the first day to the last
UNEVEN = 0.12  # how much days differ that should be alike


def start_times(rng: Random, number: int, since: datetime, until: datetime) -> list[float]:
    """Return so many moments between two, in order, as seconds since the epoch."""
    hours = list(_hours(rng, since, until))
    totals = list(accumulate(weight for *_, weight in hours))
    drawn = rng.choices(hours, cum_weights=totals, k=number)
    return sorted(start + rng.random() * length for start, length, _ in drawn)


def _hours(rng: Random, since: datetime, until: datetime) -> Iterator[tuple[float, float, float]]:
    """Yield each hour between two moments, or what lies between them of it: its start, its seconds, its weight."""
    zone = timezone.get_default_timezone()
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        busy = DAYS[day.weekday()] * (1 + GROWTH * number / max((last - first).days, 1)) * rng.lognormvariate(0, UNEVEN)
        for hour, weight in enumerate(WEEKEND if day.weekday() > 4 else WEEK):
            start = max(_moment(day, hour, zone), since.timestamp())
            end = min(_moment(day, hour, zone) + HOUR, until.timestamp())
            if start < end:
                yield start, end - start, weight * busy * (end - start) / HOUR


def _moment(day: date, hour: int, zone: tzinfo) -> float:
    return datetime.combine(day, time(hour), zone).timestamp()
