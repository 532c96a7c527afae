"""The pages that are measured, each with the best single query over the raw log that gives the same answer.

A query asks only for what the page cannot do without. Where the page shows more (the period before, names, links; on
SQLite medians), the query has the easier task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from wizards.models import Event, Finding, Session, Version
from wizards.review.filters import Filter

DAYS = 30
# The time that a page with tallies may take, in multiples of its query's. A page without tallies runs much the same
# query and renders HTML on top, so its only goal is the 95th percentile. See docs/bench.md.
TALLY_GOAL = 1.0
# The same for figures of a whole year of a log of 10 million events.
YEAR_GOAL, LONG_LOG = 0.05, 9_000_000


@dataclass(frozen=True)
class Question:
    """A page by its address, and the query it is measured against.

    goal: the time that the page may take, in multiples of the query's; None for no goal.
    rows: how many lines of a stream are read.
    """

    name: str
    url: str
    against: str
    sql: str
    values: Sequence[Any]
    goal: float | None = None
    form: dict[str, str] = field(default_factory=dict)
    rows: int = 0


def questions(days: int = DAYS) -> list[Question]:
    until = timezone.localdate(Session.objects.latest("begun_at").begun_at, timezone.get_default_timezone())
    filters = Filter(since=until - timedelta(days=days - 1), until=until)
    slug = filters.versions[-1].wizard.slug
    return [
        *sum_questions(filters, slug),
        *year_questions(filters, slug),
        *list_questions(filters, slug),
        *single_questions(filters),
    ]


def sum_questions(filters: Filter, slug: str) -> list[Question]:
    """Pages whose figures are sums over many sessions or searches."""
    begun, period_query = period_values(filters), f"since={filters.since}&until={filters.until}"
    versions = list(Version.objects.filter(wizard__slug=slug).values_list("pk", flat=True))
    in_period = "s.begun_at >= %s AND s.begun_at < %s AND s.channel <> 'test'"
    of_wizard = f"{in_period} AND s.version_id IN ({', '.join(map(str, versions))})"
    return [
        Question(
            "overview",
            f"{reverse('review')}?{period_query}",
            "sessions by day and end",
            by_day(in_period),
            begun,
            TALLY_GOAL,
        ),
        Question(
            "overview, a wizard",
            f"{reverse('review')}?{period_query}&wizard={slug}",
            "sessions of its versions by day and end",
            by_day(of_wizard),
            begun,
            TALLY_GOAL,
        ),
        Question(
            "stuck points",
            f"{reverse('review_stuck')}?{period_query}",
            "sessions by place",
            by_place(in_period),
            begun,
            TALLY_GOAL,
        ),
        Question(
            "stuck points, a wizard",
            f"{reverse('review_stuck')}?{period_query}&wizard={slug}&apart=1",
            "its sessions by place",
            by_place(of_wizard),
            begun,
            TALLY_GOAL,
        ),
        Question(
            "map",
            f"{reverse('review_map')}?{period_query}&wizard={slug}",
            "its sessions by way",
            by_edge(of_wizard),
            begun,
            TALLY_GOAL,
        ),
        Question(
            "map, the drawing",
            f"{reverse('review_map_data')}?{period_query}&wizard={slug}",
            "its sessions by way",
            by_edge(of_wizard),
            begun,
            TALLY_GOAL,
        ),
        Question(
            "searches",
            f"{reverse('review_searches')}?{period_query}",
            "searches by words",
            "SELECT query, COUNT(*), SUM(CASE WHEN found = 0 THEN 1 ELSE 0 END),"
            " SUM(CASE WHEN symptom <> '' THEN 1 ELSE 0 END)"
            " FROM wizards_search WHERE at >= %s AND at < %s GROUP BY query ORDER BY 3 DESC, query LIMIT 50",
            begun,
        ),
    ]


def year_questions(filters: Filter, slug: str) -> list[Question]:
    """Pages whose figures are sums over a year: here tallies have to pay off."""
    year = Filter(filters.until - timedelta(days=364), filters.until)
    begun, period_query = period_values(year), f"since={year.since}&until={year.until}"
    versions = list(Version.objects.filter(wizard__slug=slug).values_list("pk", flat=True))
    in_period = "s.begun_at >= %s AND s.begun_at < %s AND s.channel <> 'test'"
    of_wizard = f"{in_period} AND s.version_id IN ({', '.join(map(str, versions))})"
    goal = YEAR_GOAL if Event.objects.count() >= LONG_LOG else TALLY_GOAL
    pages = [
        ("overview, a year", reverse("review"), "", "sessions by day and end", by_day(in_period)),
        ("stuck points, a year", reverse("review_stuck"), "", "sessions by place", by_place(in_period)),
        ("map, a year", reverse("review_map"), f"&wizard={slug}", "its sessions by way", by_edge(of_wizard)),
    ]
    return [
        Question(name, f"{page}?{period_query}{extra}", what, sql, begun, goal)
        for name, page, extra, what, sql in pages
    ]


def by_day(where: str) -> str:
    """How sessions ended on each day, and the time until they were solved."""
    return (
        "SELECT DATE(s.begun_at), s.version_id, s.status, COUNT(*), SUM(CASE WHEN s.backs > 0 THEN 1 ELSE 0 END),"
        " SUM(CASE WHEN s.helps > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN s.remarks > 0 THEN 1 ELSE 0 END),"
        f" {median_sql(seconds_sql('s.begun_at', 's.seen_at'))} FROM wizards_session s WHERE {where} GROUP BY 1, 2, 3"
    )


def by_place(where: str) -> str:
    """What sessions did at each place, and the time they spent there."""
    counts = ", ".join(f"COUNT(DISTINCT CASE WHEN kind = '{kind}' THEN id END)" for kind in ("back", "help", "remark"))
    return (
        f"SELECT version_id, node, cause, step, COUNT(DISTINCT id), {counts},"
        f" {median_sql(seconds_sql('at', 'next'))} FROM ("
        "SELECT s.id, s.version_id, e.node, e.cause, e.step, e.kind, e.at,"
        " LEAD(e.at) OVER (PARTITION BY e.session_id ORDER BY e.number) AS next FROM wizards_session s"
        f" JOIN wizards_event e ON e.session_id = s.id WHERE {where}) AS shown GROUP BY 1, 2, 3, 4"
    )


def median_sql(of: str) -> str:
    """The median; SQLite has none, so there the mean."""
    if connection.vendor == "postgresql":
        return f"PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY {of})"
    return f"AVG({of})"


def seconds_sql(since: str, until: str) -> str:
    if connection.vendor == "postgresql":
        return f"EXTRACT(EPOCH FROM {until} - {since})"
    return f"86400 * (julianday({until}) - julianday({since}))"


def by_edge(where: str) -> str:
    return (
        "SELECT node, next, COUNT(DISTINCT id) FROM (SELECT s.id, e.node,"
        " LEAD(e.node) OVER (PARTITION BY s.id ORDER BY e.number) AS next FROM wizards_session s"
        " JOIN wizards_event e ON e.session_id = s.id"
        f" WHERE {where} AND e.kind IN ('answer', 'back', 'end')) AS moves WHERE node <> next GROUP BY 1, 2"
    )


def list_questions(filters: Filter, slug: str) -> list[Question]:
    """Lists of sessions under several filters, and the exports."""
    begun, period_query = period_values(filters), f"since={filters.since}&until={filters.until}"
    busiest_node = busiest(filters, slug)
    versions = [version.pk for version in filters.versions if version.wizard.slug == slug]
    of_wizard = f"version_id IN ({', '.join(map(str, versions))})"
    agent = Session.objects.filter(agent__isnull=False).values_list("agent", flat=True).first() or 0
    first_version = sorted(versions)[0]
    code = Session.objects.order_by("-pk").values_list("code", flat=True)[0]
    left_at_node = f"{of_wizard} AND node = '{busiest_node}' AND status = 'open'"
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("sessions", {}, "1 = 1"),
        ("sessions left at a node", {"wizard": slug, "node": busiest_node, "status": "left"}, left_at_node),
        ("sessions with a remark", {"remarked": "on"}, "remarks > 0"),
        ("sessions of an agent", {"agent": agent}, f"agent_id = {agent}"),
        ("sessions with help, embedded", {"helped": "on", "channel": "embed"}, "helps > 0 AND channel = 'embed'"),
        ("sessions, none fits", {"wizard": slug, "version": 1}, f"version_id = {first_version}"),
        ("sessions by reference", {"reference": code[:6]}, f"code >= '{code[:6]}' AND code < '{code[:6]}~'"),
    ]
    pages = [
        Question(
            name,
            f"{reverse('review_sessions')}?{period_query}&{urlencode(extra)}",
            "its 50 rows",
            "SELECT id, code, version_id, channel, symptom, begun_at, seen_at, count, status, node, cause, step, backs,"
            f" helps, remarks, agent_id FROM wizards_session WHERE begun_at >= %s AND begun_at < %s AND {where}"
            " AND channel <> 'test' ORDER BY begun_at DESC, id DESC LIMIT 50",
            begun,
        )
        for name, extra, where in cases
    ]
    rows = (
        "SELECT s.code, {} FROM wizards_session s {} WHERE s.begun_at >= %s AND s.begun_at < %s ORDER BY {} LIMIT 1000"
    )
    exports = {
        "sessions": rows.format(
            "s.version_id, s.channel, s.symptom, s.begun_at, s.seen_at, s.status, s.node, s.cause, s.step, s.count",
            "",
            "s.begun_at, s.id",
        ),
        "events": rows.format(
            "e.number, e.at, e.actor, e.kind, e.node, e.cause, e.step, e.answer",
            "JOIN wizards_event e ON e.session_id = s.id",
            "s.begun_at, s.id, e.number",
        ),
    }
    for what, sql in exports.items():
        pages.append(
            Question(
                f"export of {what}, 1000 rows",
                f"{reverse('review_export')}?{period_query}",
                "its first 1000 rows",
                sql,
                begun,
                form={"what": what},
                rows=1000,
            )
        )
    return pages


def single_questions(filters: Filter) -> list[Question]:
    """The pages of one session, and of the queue."""
    since, until = filters.begun
    longest = Session.objects.filter(begun_at__gte=since, begun_at__lt=until).order_by("-count", "pk")[0]
    columns = "number, at, actor, kind, node, cause, step, answer"
    rows = f"SELECT {columns} FROM wizards_event WHERE session_id = %s ORDER BY number"
    answered = Event.objects.filter(session=longest, kind="answer").latest("number").number
    session_url = reverse("review_session", args=[longest.code])
    page_url = reverse("review_page", args=[longest.code, answered])
    queue_sql = "SELECT * FROM wizards_finding WHERE closed_at IS NULL ORDER BY opened_at DESC LIMIT 50"
    mended = Finding.objects.filter(mended_by__isnull=False).latest("pk")
    finding_url = reverse("review_finding", args=[mended.pk])
    finding_sql = "SELECT * FROM wizards_finding WHERE id = %s"
    return [
        Question(f"a session of {longest.count} events", session_url, "its events", rows, [longest.pk]),
        Question("a page as it was seen", page_url, "its events", rows, [longest.pk]),
        Question("the queue", reverse("review_queue"), "its rows", queue_sql, []),
        Question("a finding, before and after", finding_url, "its row", finding_sql, [mended.pk]),
    ]


def busiest(filters: Filter, slug: str) -> str:
    """The node of a wizard at which most sessions were abandoned."""
    since, until = filters.begun
    left = Session.objects.filter(status="open", begun_at__gte=since, begun_at__lt=until, version__wizard__slug=slug)
    return str(left.values_list("node").annotate(n=Count("pk")).order_by("-n", "node")[0][0])


def period_values(filters: Filter) -> list[Any]:
    """The period as parameters of a query."""
    return [connection.ops.adapt_datetimefield_value(moment) for moment in filters.begun]
