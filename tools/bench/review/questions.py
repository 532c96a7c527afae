"""The pages that are measured, each with the best single query over the raw log that has the same answer.

A query asks only for what the page cannot do without: where the page shows more (the period before, names, links; on
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
# How many times the query's time a page may take that shows tallies. Where no tally stands behind a page, it asks much
# the same as its query, and makes HTML of it: its only goal is the 95th percentile. See docs/bench.md.
TALLIED = 1.0
# The same where the figures are about a whole year of a log of 10 million events.
WHOLE, LONG = 0.05, 9_000_000


@dataclass(frozen=True)
class Question:
    """A page, by its address, and the query against which it is measured.

    goal: how many times as long as the query the page may take; None where there is no such goal.
    rows: of a stream, how many lines are read.
    """

    name: str
    url: str
    against: str
    sql: str
    values: Sequence[Any]
    goal: float | None = None
    posted: dict[str, str] = field(default_factory=dict)
    rows: int = 0


def questions(days: int = DAYS) -> list[Question]:
    """Return what is measured on the log at hand, for its last days."""
    until = timezone.localdate(Session.objects.latest("begun_at").begun_at, timezone.get_default_timezone())
    chosen = Filter(since=until - timedelta(days=days - 1), until=until)
    slug = chosen.versions[-1].wizard.slug
    return [*added_up(chosen, slug), *of_a_year(chosen, slug), *lists(chosen, slug), *single(chosen)]


def added_up(chosen: Filter, slug: str) -> list[Question]:
    """Return the pages whose figures are sums over many sessions or searches."""
    begun, here = moments(chosen), f"since={chosen.since}&until={chosen.until}"
    versions = list(Version.objects.filter(wizard__slug=slug).values_list("pk", flat=True))
    at = "s.begun_at >= %s AND s.begun_at < %s AND s.channel <> 'test'"
    of_wizard = f"{at} AND s.version_id IN ({', '.join(map(str, versions))})"
    return [
        Question("overview", f"{reverse('review')}?{here}", "sessions by day and end", by_day(at), begun, TALLIED),
        Question(
            "overview, a wizard",
            f"{reverse('review')}?{here}&wizard={slug}",
            "sessions of its versions by day and end",
            by_day(of_wizard),
            begun,
            TALLIED,
        ),
        Question(
            "stuck points", f"{reverse('review_stuck')}?{here}", "sessions by place", by_place(at), begun, TALLIED
        ),
        Question(
            "stuck points, a wizard",
            f"{reverse('review_stuck')}?{here}&wizard={slug}&apart=1",
            "its sessions by place",
            by_place(of_wizard),
            begun,
            TALLIED,
        ),
        Question(
            "map",
            f"{reverse('review_map')}?{here}&wizard={slug}",
            "its sessions by way",
            ways(of_wizard),
            begun,
            TALLIED,
        ),
        Question(
            "map, the drawing",
            f"{reverse('review_map_data')}?{here}&wizard={slug}",
            "its sessions by way",
            ways(of_wizard),
            begun,
            TALLIED,
        ),
        Question(
            "searches",
            f"{reverse('review_searches')}?{here}",
            "searches by words",
            "SELECT query, COUNT(*), SUM(CASE WHEN found = 0 THEN 1 ELSE 0 END),"
            " SUM(CASE WHEN symptom <> '' THEN 1 ELSE 0 END)"
            " FROM wizards_search WHERE at >= %s AND at < %s GROUP BY query ORDER BY 3 DESC, query LIMIT 50",
            begun,
        ),
    ]


def of_a_year(chosen: Filter, slug: str) -> list[Question]:
    """Return the pages whose figures are sums over a whole year: here tallies have to pay."""
    year = Filter(chosen.until - timedelta(days=364), chosen.until)
    begun, here = moments(year), f"since={year.since}&until={year.until}"
    versions = list(Version.objects.filter(wizard__slug=slug).values_list("pk", flat=True))
    at = "s.begun_at >= %s AND s.begun_at < %s AND s.channel <> 'test'"
    of_wizard = f"{at} AND s.version_id IN ({', '.join(map(str, versions))})"
    goal = WHOLE if Event.objects.count() >= LONG else TALLIED
    pages = [
        ("overview, a year", reverse("review"), "", "sessions by day and end", by_day(at)),
        ("stuck points, a year", reverse("review_stuck"), "", "sessions by place", by_place(at)),
        ("map, a year", reverse("review_map"), f"&wizard={slug}", "its sessions by way", ways(of_wizard)),
    ]
    return [Question(name, f"{page}?{here}{more}", what, sql, begun, goal) for name, page, more, what, sql in pages]


def by_day(where: str) -> str:
    """How sessions ended on each day, and how long it took until they were solved."""
    return (
        "SELECT DATE(s.begun_at), s.version_id, s.status, COUNT(*), SUM(CASE WHEN s.backs > 0 THEN 1 ELSE 0 END),"
        " SUM(CASE WHEN s.helps > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN s.remarks > 0 THEN 1 ELSE 0 END),"
        f" {middle(seconds('s.begun_at', 's.seen_at'))} FROM wizards_session s WHERE {where} GROUP BY 1, 2, 3"
    )


def by_place(where: str) -> str:
    """What sessions did at each place, and how long they were there."""
    said = ", ".join(f"COUNT(DISTINCT CASE WHEN kind = '{kind}' THEN id END)" for kind in ("back", "help", "remark"))
    return (
        f"SELECT version_id, node, cause, step, COUNT(DISTINCT id), {said}, {middle(seconds('at', 'next'))} FROM ("
        "SELECT s.id, s.version_id, e.node, e.cause, e.step, e.kind, e.at,"
        " LEAD(e.at) OVER (PARTITION BY e.session_id ORDER BY e.number) AS next FROM wizards_session s"
        f" JOIN wizards_event e ON e.session_id = s.id WHERE {where}) AS shown GROUP BY 1, 2, 3, 4"
    )


def middle(of: str) -> str:
    """Return the median, which the page has, too; of SQLite, which has none, the mean."""
    if connection.vendor == "postgresql":
        return f"PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY {of})"
    return f"AVG({of})"


def seconds(since: str, until: str) -> str:
    """Return the time between two moments in the words of the database."""
    if connection.vendor == "postgresql":
        return f"EXTRACT(EPOCH FROM {until} - {since})"
    return f"86400 * (julianday({until}) - julianday({since}))"


def ways(where: str) -> str:
    return (
        "SELECT node, next, COUNT(DISTINCT id) FROM (SELECT s.id, e.node,"
        " LEAD(e.node) OVER (PARTITION BY s.id ORDER BY e.number) AS next FROM wizards_session s"
        " JOIN wizards_event e ON e.session_id = s.id"
        f" WHERE {where} AND e.kind IN ('answer', 'back', 'end')) AS moves WHERE node <> next GROUP BY 1, 2"
    )


def lists(chosen: Filter, slug: str) -> list[Question]:
    """Return lists of sessions under several filters, and the export."""
    begun, here = moments(chosen), f"since={chosen.since}&until={chosen.until}"
    busy = busiest(chosen, slug)
    versions = [version.pk for version in chosen.versions if version.wizard.slug == slug]
    of_wizard = f"version_id IN ({', '.join(map(str, versions))})"
    agent = Session.objects.filter(agent__isnull=False).values_list("agent", flat=True).first() or 0
    other = sorted(versions)[0]
    code = Session.objects.order_by("-pk").values_list("code", flat=True)[0]
    left_there = f"{of_wizard} AND node = '{busy}' AND status = 'open'"
    filters: list[tuple[str, dict[str, Any], str]] = [
        ("sessions", {}, "1 = 1"),
        ("sessions left at a node", {"wizard": slug, "node": busy, "status": "left"}, left_there),
        ("sessions with a remark", {"remarked": "on"}, "remarks > 0"),
        ("sessions of an agent", {"agent": agent}, f"agent_id = {agent}"),
        ("sessions with help, embedded", {"helped": "on", "channel": "embed"}, "helps > 0 AND channel = 'embed'"),
        ("sessions, none fits", {"wizard": slug, "version": 1}, f"version_id = {other}"),
        ("sessions by reference", {"reference": code[:6]}, f"code >= '{code[:6]}' AND code < '{code[:6]}~'"),
    ]
    found = [
        Question(
            name,
            f"{reverse('review_sessions')}?{here}&{urlencode(more)}",
            "its 50 rows",
            "SELECT id, code, version_id, channel, symptom, begun_at, seen_at, count, status, node, cause, step, backs,"
            f" helps, remarks, agent_id FROM wizards_session WHERE begun_at >= %s AND begun_at < %s AND {where}"
            " AND channel <> 'test' ORDER BY begun_at DESC, id DESC LIMIT 50",
            begun,
        )
        for name, more, where in filters
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
        found.append(
            Question(
                f"export of {what}, 1000 rows",
                f"{reverse('review_export')}?{here}",
                "its first 1000 rows",
                sql,
                begun,
                posted={"what": what},
                rows=1000,
            )
        )
    return found


def single(chosen: Filter) -> list[Question]:
    """Return the pages of one session, and those of no session at all."""
    since, until = chosen.begun
    longest = Session.objects.filter(begun_at__gte=since, begun_at__lt=until).order_by("-count", "pk")[0]
    columns = "number, at, actor, kind, node, cause, step, answer"
    rows = f"SELECT {columns} FROM wizards_event WHERE session_id = %s ORDER BY number"
    shown = Event.objects.filter(session=longest, kind="answer").latest("number").number
    walk = reverse("review_session", args=[longest.code])
    still = reverse("review_page", args=[longest.code, shown])
    queue = "SELECT * FROM wizards_finding WHERE closed_at IS NULL ORDER BY opened_at DESC LIMIT 50"
    mended = Finding.objects.filter(mended_by__isnull=False).latest("pk")
    finding = reverse("review_finding", args=[mended.pk])
    itself = "SELECT * FROM wizards_finding WHERE id = %s"
    return [
        Question(f"a session of {longest.count} events", walk, "its events", rows, [longest.pk]),
        Question("a page as it was seen", still, "its events", rows, [longest.pk]),
        Question("the queue", reverse("review_queue"), "its rows", queue, []),
        Question("a finding, before and after", finding, "its row", itself, [mended.pk]),
    ]


def busiest(chosen: Filter, slug: str) -> str:
    """Return the node of a wizard at which most sessions were left."""
    since, until = chosen.begun
    left = Session.objects.filter(status="open", begun_at__gte=since, begun_at__lt=until, version__wizard__slug=slug)
    return str(left.values_list("node").annotate(n=Count("pk")).order_by("-n", "node")[0][0])


def moments(chosen: Filter) -> list[Any]:
    """Return the period as the database takes it."""
    return [connection.ops.adapt_datetimefield_value(moment) for moment in chosen.begun]
