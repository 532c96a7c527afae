"""The overview: how many sessions began and how they ended, against the period before; by day, by wizard."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.formats import date_format

from ... import analytics
from ...analytics import DayFigures, EndCounts, Scope
from ...models import Version
from ..charts import Chart, ChartAnnotation, ChartRow, Series, interval_unit, intervals
from ..confidence import Rate, rate
from ..filters import Filter
from ..formatting import NOTHING_BEFORE, format_change, format_comparison, format_count, format_seconds
from ..glossary import Definition, definition

ENDS = ("solved", "unsolved", "advice", "left", "still")
COLOURS = ("c-solved", "c-unsolved", "c-advice", "c-left", "c-still")
SESSION_QUERIES = {"begun": "status=", "helps": "helped=on", **{end: f"status={end}" for end in ENDS}}
SINGLE_SESSION_ENDS = {
    "solved": "was solved",
    "unsolved": "was handed to a person",
    "advice": "ended with advice",
    "left": "was left",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its value in words, its comparison with the period before, and a note."""

    key: str
    value: str
    change: str
    note: str = ""

    @property
    def definition(self) -> Definition:
        return definition(self.key)

    @property
    def session_query(self) -> str:
        """Query string that, added to the filter, lists the sessions counted; empty if the figure is not a count."""
        return SESSION_QUERIES.get(self.key, "")


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """One wizard or one version with its figures. `query` selects it in the filter."""

    title: str
    query: str
    figures: DayFigures

    @property
    def solved_rate(self) -> Rate:
        return solved_rate(self.figures)

    @property
    def median_time(self) -> str:
        return median_time(self.figures)


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page. `ends` add up to `begun`."""

    summary: str
    begun: Figure
    ends: tuple[Figure, ...]
    other_figures: tuple[Figure, ...]
    chart: Chart
    breakdown: tuple[BreakdownRow, ...]
    breakdown_by: str  # "Wizard" or "Version"
    total: DayFigures


def overview(filters: Filter) -> Overview:
    """Build the overview of the filtered sessions, in a constant number of queries."""
    figures = analytics.day_figures(filters.scope, _scope_before(filters))
    total, before = DayFigures.sum(figures.versions.values()), DayFigures.sum(figures.before.values())
    return Overview(
        summary=summary_sentence(total, before),
        begun=_count_figure("begun", total, before),
        ends=tuple(_count_figure(each, total, before) for each in ENDS),
        other_figures=_other_figures(total, before),
        chart=_chart(filters, figures.days),
        breakdown=_breakdown(filters, figures.versions),
        breakdown_by="Version" if filters.wizard else "Wizard",
        total=total,
    )


def solved_rate(figures: DayFigures) -> Rate:
    """Rate of solved sessions among those that are over."""
    return rate(figures.solved, figures.begun - figures.still)


def helped_rate(figures: DayFigures) -> Rate:
    """Rate of yes among the answers to whether it helped."""
    return rate(figures.helped, figures.helped + figures.not_helped)


def median_time(figures: DayFigures) -> str:
    """Format the median time to solved; a dash if nothing was solved."""
    seconds = figures.times.quantile(0.5)
    return "–" if seconds is None else format_seconds(seconds)


def summary_sentence(total: DayFigures, before: DayFigures) -> str:
    """Summarize the page in a sentence; empty without sessions."""
    share = solved_rate(total)
    if not share.out_of:
        return f"{format_count(total.begun, 'session')} began, and none is over yet." if total.begun else ""
    if share.out_of == 1:
        ending = next(words for end, words in SINGLE_SESSION_ENDS.items() if getattr(total, end))
        return f"One session is over: it {ending}."
    against = f", {format_comparison(share, solved_rate(before))}" if before.begun else ""
    return (
        f"{format_count(share.count)} of the {format_count(share.out_of)} sessions that are over"
        f" {_was_or_were(share.count)} solved:"
        f" {share.percent} %{against}. {format_count(total.left)} {_was_or_were(total.left)} left,"
        f" and {format_count(total.unsolved)} {_was_or_were(total.unsolved)} handed to a person."
    )


def _was_or_were(number: int) -> str:
    return "was" if number == 1 else "were"


def _scope_before(filters: Filter) -> Scope:
    """Shift the scope to the period before, without querying its versions again."""
    return replace(filters.scope, since=filters.before.since, until=filters.before.until)


def _count_figure(key: str, total: DayFigures, before: DayFigures) -> Figure:
    now, then = getattr(total, key), getattr(before, key)
    return Figure(key, format_count(now), format_change(now, then))


def _other_figures(total: DayFigures, before: DayFigures) -> tuple[Figure, ...]:
    earlier_time = f"{median_time(before)} before" if before.times.count else NOTHING_BEFORE
    return (
        _share_figure("share", solved_rate(total), solved_rate(before), "nothing is over yet"),
        Figure("median", median_time(total), earlier_time),
        _count_figure("helps", total, before),
        _share_figure("said", helped_rate(total), helped_rate(before), "nobody has said it yet"),
    )


def _share_figure(key: str, share: Rate, earlier: Rate, no_share_note: str) -> Figure:
    """Make the figure of a rate; `no_share_note` says why there is none."""
    if not share.out_of:
        return Figure(key, "–", f"{earlier.percent} % before" if earlier.out_of else NOTHING_BEFORE, no_share_note)
    counts = f"{format_count(share.count)} of {format_count(share.out_of)}"
    likely = f"{counts}, likely {share.low_percent} to {share.high_percent} %"
    return Figure(key, f"{share.percent} %", format_comparison(share, earlier), likely)


def _chart(filters: Filter, ends: Mapping[date, EndCounts]) -> Chart:
    unit = interval_unit(filters.since, filters.until)
    periods = intervals(filters.since, filters.until)
    starts, ends_by_interval = [interval.since for interval in periods], [list[EndCounts]() for _ in periods]
    for day, each in ends.items():
        ends_by_interval[bisect(starts, day) - 1].append(each)
    publications = [each for each in _publications(filters.versions) if filters.since <= each.day <= filters.until]
    rows = []
    for interval, counts in zip(periods, ends_by_interval, strict=True):
        annotation = ", ".join(each.text for each in publications if each.day in interval)
        values = tuple(sum(getattr(each, end) for each in counts) for end in ENDS)
        rows.append(ChartRow(interval.label, interval.short, values, annotation))
    names = (definition(end).name for end in ENDS)
    return Chart(
        title=_chart_title(rows, unit),
        x=unit.capitalize(),
        y="Sessions started",
        series=tuple(Series(name, colour) for name, colour in zip(names, COLOURS, strict=True)),
        rows=tuple(rows),
        stacked=True,
        annotation_label="Published" if publications else "",
        annotations=tuple(publications),
    )


def _chart_title(rows: list[ChartRow], unit: str) -> str:
    most = max(rows, key=lambda row: sum(row.values))
    return f"Sessions by the {unit} they began: most on {most.label}, {format_count(sum(most.values))}."


def _publications(versions: Iterable[Version]) -> list[ChartAnnotation]:
    """List the publications of the versions, earliest first."""
    publications = (
        ChartAnnotation(_publication_day(each), f"{each.wizard.title or each.wizard.slug} version {each.number}")
        for each in versions
    )
    return sorted(publications, key=lambda each: each.day)


def _publication_day(version: Version) -> date:
    """Return the day of publication in the help desk's time zone."""
    return timezone.localdate(version.published_at, timezone.get_default_timezone())


def _breakdown(filters: Filter, figures: Mapping[int, DayFigures]) -> tuple[BreakdownRow, ...]:
    """Split by wizard, most sessions first; or by version, latest first, if the filter has a wizard."""
    breakdown: dict[str, BreakdownRow] = {}
    for version in reversed(filters.versions):
        title, query = _breakdown_key(filters, version)
        version_figures = figures.get(version.pk, DayFigures())
        breakdown[query] = BreakdownRow(
            title, query, version_figures + breakdown[query].figures if query in breakdown else version_figures
        )
    rows = [row for row in breakdown.values() if row.figures.begun]
    return tuple(rows if filters.wizard else sorted(rows, key=lambda row: -row.figures.begun))


def _breakdown_key(filters: Filter, version: Version) -> tuple[str, str]:
    """Return the title of the row that a version belongs to, and the filter that selects it."""
    wizard, values = version.wizard, filters.values()
    values |= {"wizard": wizard.slug} | ({"version": str(version.number)} if filters.wizard else {})
    title = wizard.title or wizard.slug
    if filters.wizard:
        title = f"Version {version.number}, {date_format(_publication_day(version), 'j M Y')}"
    return title, urlencode({name: value for name, value in values.items() if value})
