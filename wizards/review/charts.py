"""A chart as a table: templates/review/_chart.html renders it, and staff.js draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format

MAX_DAYS_DAILY = 92  # longer periods are shown by week
MAX_DAYS_WEEKLY = 2 * 366  # longer ones by month


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart. `colour` names a CSS variable: accent, c-solved."""

    label: str
    colour: str


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One point of the horizontal axis: its label, a shorter one for the axis, a value per series, an annotation."""

    label: str
    short: str
    values: tuple[int, ...]
    annotation: str = ""


@dataclass(frozen=True, slots=True)
class ChartAnnotation:
    """An event to mark on a day."""

    day: date
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart (kind: line, bar). `title` is its message in a sentence.

    `annotation_label` heads the column of the rows' annotations, if there are any; `annotations` list them by day.
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
    """Days shown as one: a day, week or month, clipped to the period."""

    since: date
    until: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.since <= day <= self.until

    @property
    def label(self) -> str:
        if self.since == self.until:
            return date_format(self.since, "l j F Y")
        return f"{date_format(self.since, 'j F')} to {date_format(self.until, 'j F Y')}"

    @property
    def short(self) -> str:
        """Label for the axis."""
        return date_format(self.since, "j M")


def interval_unit(since: date, until: date) -> str:
    """Choose "day", "week" or "month" by the length of a period."""
    days = (until - since).days + 1
    return "day" if days <= MAX_DAYS_DAILY else "week" if days <= MAX_DAYS_WEEKLY else "month"


def intervals(since: date, until: date) -> Sequence[Interval]:
    """Split a period into days, weeks or months; the first and last are clipped to it."""
    unit, periods = interval_unit(since, until), []
    while since <= until:
        end = min(_interval_end(since, unit), until)
        periods.append(Interval(since, end))
        since = end + timedelta(days=1)
    return periods


def _interval_end(day: date, unit: str) -> date:
    """Return the last day of the day, week or month that contains a day."""
    if unit == "day":
        return day
    if unit == "week":
        return day + timedelta(days=6 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
