"""A chart as a table: what templates/review/_chart.html shows, and staff.js draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format

MAX_DAYS_DAILY = 92  # the most days that are shown day by day
MAX_DAYS_WEEKLY = 2 * 366  # the most that are shown by weeks; more are shown by months


@dataclass(frozen=True, slots=True)
class Series:
    """What one colour shows. `colour` names a CSS variable: accent, c-solved."""

    label: str
    colour: str


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One point of the horizontal axis: its name, a shorter one for the axis, a number for each series, a mark."""

    label: str
    short: str
    values: tuple[int, ...]
    annotation: str = ""


@dataclass(frozen=True, slots=True)
class ChartAnnotation:
    """What happened on a day."""

    day: date
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart (kind: line, bar). `title` says what it tells.

    `marks` heads the column of the rows' marks, where there is one; `happenings` are what they stand for.
    """

    title: str
    x: str
    y: str
    series: tuple[Series, ...]
    rows: tuple[ChartRow, ...]
    kind: str = "bar"
    stacked: bool = False
    annotation_label: str = ""
    annotations: tuple[ChartAnnotation, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """Some days that are shown as one: a day, a week or a month, as far as it belongs to the period."""

    since: date
    until: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.since <= day <= self.until

    @property
    def label(self) -> str:
        """The span in words."""
        if self.since == self.until:
            return date_format(self.since, "l j F Y")
        return f"{date_format(self.since, 'j F')} to {date_format(self.until, 'j F Y')}"

    @property
    def short(self) -> str:
        """The same for an axis."""
        return date_format(self.since, "j M")


def interval_unit(since: date, until: date) -> str:
    """Return whether a period is shown by "day", "week" or "month"."""
    days = (until - since).days + 1
    return "day" if days <= MAX_DAYS_DAILY else "week" if days <= MAX_DAYS_WEEKLY else "month"


def intervals(since: date, until: date) -> Sequence[Interval]:
    """Return the days, weeks or months of a period, the first and last as far as they belong to it."""
    unit, periods = interval_unit(since, until), []
    while since <= until:
        end = min(_interval_end(since, unit), until)
        periods.append(Interval(since, end))
        since = end + timedelta(days=1)
    return periods


def _interval_end(day: date, unit: str) -> date:
    """Return the last day of the day, week or month that a day belongs to."""
    if unit == "day":
        return day
    if unit == "week":
        return day + timedelta(days=6 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
