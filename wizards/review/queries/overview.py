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
from ..charts import Chart, ChartAnnotation, Row, Series, interval_unit, intervals
from ..confidence import Rate, rate
from ..filters import Filter
from ..formatting import NOTHING_BEFORE, format_change, format_comparison, format_count
from ..glossary import Definition, definition
from ..labels import format_seconds

ENDS = ("solved", "unsolved", "advice", "left", "still")
COLOURS = ("c-solved", "c-unsolved", "c-advice", "c-left", "c-still")
LISTED = {"begun": "status=", "helps": "helped=on", **{end: f"status={end}" for end in ENDS}}
ALONE = {"solved": "was solved", "unsolved": "went to a human", "advice": "ended with advice", "left": "was left"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its value in words, how it is against the period before, and what it means."""

    key: str
    value: str
    change: str
    note: str = ""

    @property
    def definition(self) -> Definition:
        """What the figure means."""
        return definition(self.key)

    @property
    def sessions(self) -> str:
        """What, added to the filter, lists the sessions behind the figure; empty where it is no count of sessions."""
        return LISTED.get(self.key, "")


@dataclass(frozen=True, slots=True)
class Part:
    """One wizard, or one version, with its own figures. `query` chooses it in the filter."""

    title: str
    query: str
    figures: DayFigures

    @property
    def solved(self) -> Rate:
        """The share that was solved."""
        return solved(self.figures)

    @property
    def median(self) -> str:
        """The median time to solved, in words."""
        return median(self.figures)


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the page shows. `ends` add up to `begun`."""

    sentence: str
    begun: Figure
    ends: tuple[Figure, ...]
    others: tuple[Figure, ...]
    chart: Chart
    parts: tuple[Part, ...]
    kind: str  # of the parts: "Wizard" or "Version"
    total: DayFigures


def overview(chosen: Filter) -> Overview:
    """Return the overview of the sessions that a reader chose, in a constant number of queries."""
    found = analytics.day_figures(chosen.scope, _before(chosen))
    total, before = DayFigures.sum(found.versions.values()), DayFigures.sum(found.before.values())
    return Overview(
        sentence=sentence(total, before),
        begun=_counted("begun", total, before),
        ends=tuple(_counted(each, total, before) for each in ENDS),
        others=_others(total, before),
        chart=_chart(chosen, found.days),
        parts=_parts(chosen, found.versions),
        kind="Version" if chosen.wizard else "Wizard",
        total=total,
    )


def solved(figures: DayFigures) -> Rate:
    """Return the share that was solved, of the sessions that are over."""
    return rate(figures.solved, figures.begun - figures.still)


def helped(figures: DayFigures) -> Rate:
    """Return the share that said that it helped, of the sessions that said whether it did."""
    return rate(figures.helped, figures.helped + figures.not_helped)


def median(figures: DayFigures) -> str:
    """Return the median time to solved in words; a dash where nothing was solved."""
    seconds = figures.times.quantile(0.5)
    return "–" if seconds is None else format_seconds(seconds)


def sentence(total: DayFigures, before: DayFigures) -> str:
    """Say what the page tells; nothing where there is nothing to tell."""
    share = solved(total)
    if not share.out_of:
        return f"{format_count(total.begun, 'session')} began, and none is over yet." if total.begun else ""
    if share.out_of == 1:
        return f"One session is over: it {next(words for end, words in ALONE.items() if getattr(total, end))}."
    against = f", {format_comparison(share, solved(before))}" if before.begun else ""
    return (
        f"{format_count(share.count)} of the {format_count(share.out_of)} sessions that are over"
        f" {_were(share.count)} solved:"
        f" {share.percent} %{against}. {format_count(total.left)} {_were(total.left)} left,"
        f" and {format_count(total.unsolved)} went to a human."
    )


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _before(chosen: Filter) -> Scope:
    """Return the same scope in the period before, without asking for its versions again."""
    return replace(chosen.scope, since=chosen.before.since, until=chosen.before.until)


def _counted(key: str, total: DayFigures, before: DayFigures) -> Figure:
    now, then = getattr(total, key), getattr(before, key)
    return Figure(key, format_count(now), format_change(now, then))


def _others(total: DayFigures, before: DayFigures) -> tuple[Figure, ...]:
    earlier_time = f"{median(before)} before" if before.times.count else NOTHING_BEFORE
    return (
        _shared("share", solved(total), solved(before), "nothing is over yet"),
        Figure("median", median(total), earlier_time),
        _counted("helps", total, before),
        _shared("said", helped(total), helped(before), "nobody has said it yet"),
    )


def _shared(key: str, share: Rate, earlier: Rate, nothing: str) -> Figure:
    """Return the figure of a share; `nothing` says why there is none."""
    if not share.out_of:
        return Figure(key, "–", f"{earlier.percent} % before" if earlier.out_of else NOTHING_BEFORE, nothing)
    counts = f"{format_count(share.count)} of {format_count(share.out_of)}"
    likely = f"{counts}, likely {share.low_percent} to {share.high_percent} %"
    return Figure(key, f"{share.percent} %", format_comparison(share, earlier), likely)


def _chart(chosen: Filter, ends: Mapping[date, EndCounts]) -> Chart:
    step = interval_unit(chosen.since, chosen.until)
    shown = intervals(chosen.since, chosen.until)
    starts, within = [span.since for span in shown], [list[EndCounts]() for _ in shown]
    for day, each in ends.items():
        within[bisect(starts, day) - 1].append(each)
    published = [each for each in _published(chosen.versions) if chosen.since <= each.day <= chosen.until]
    rows = []
    for span, found in zip(shown, within, strict=True):
        mark = ", ".join(each.words for each in published if each.day in span)
        values = tuple(sum(getattr(each, end) for each in found) for end in ENDS)
        rows.append(Row(span.label, span.short, values, mark))
    names = (definition(end).name for end in ENDS)
    return Chart(
        title=_title(rows, step),
        x=step.capitalize(),
        y="Sessions begun",
        series=tuple(Series(name, colour) for name, colour in zip(names, COLOURS, strict=True)),
        rows=tuple(rows),
        stacked=True,
        marks="Published" if published else "",
        happenings=tuple(published),
    )


def _title(rows: list[Row], step: str) -> str:
    """Say what the chart tells."""
    most = max(rows, key=lambda row: sum(row.values))
    return f"Sessions by the {step} they began: most on {most.label}, {format_count(sum(most.values))}."


def _published(versions: Iterable[Version]) -> list[ChartAnnotation]:
    """Return on which day each version was published, the earliest first."""
    found = (
        ChartAnnotation(_day(each), f"{each.wizard.title or each.wizard.slug} version {each.number}")
        for each in versions
    )
    return sorted(found, key=lambda each: each.day)


def _day(version: Version) -> date:
    """Return the day on which a version was published, as the help desk counts days."""
    return timezone.localdate(version.published_at, timezone.get_default_timezone())


def _parts(chosen: Filter, figures: Mapping[int, DayFigures]) -> tuple[Part, ...]:
    """Return the wizards that had sessions, most first; or the versions, latest first, where a wizard is chosen."""
    parts: dict[str, Part] = {}
    for version in reversed(chosen.versions):
        title, query = _part(chosen, version)
        own = figures.get(version.pk, DayFigures())
        parts[query] = Part(title, query, own + parts[query].figures if query in parts else own)
    found = [part for part in parts.values() if part.figures.begun]
    return tuple(found if chosen.wizard else sorted(found, key=lambda part: -part.figures.begun))


def _part(chosen: Filter, version: Version) -> tuple[str, str]:
    """Return the title of the part that a version belongs to, and the filter that chooses it."""
    wizard, values = version.wizard, chosen.values()
    values |= {"wizard": wizard.slug} | ({"version": str(version.number)} if chosen.wizard else {})
    title = wizard.title or wizard.slug
    if chosen.wizard:
        title = f"Version {version.number}, {date_format(_day(version), 'j M Y')}"
    return title, urlencode({name: value for name, value in values.items() if value})
