"""PostgreSQL finds the tallies of a long period by an index, however many days the tables hold."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from tests.analytics.rows import CHANNELS, everything
from tests.graphs import graph
from tests.versions import freeze
from wizards import analytics
from wizards.models import PlaceTally, Tally, Version, WayTally

pytestmark = [pytest.mark.django_db, pytest.mark.only("postgresql")]

FIRST = date(2025, 12, 20)
DAYS = 376


ROWS = {
    analytics.place_figures: lambda row: PlaceTally(**row, reached=1, times=b"\x01" * 100),
    analytics.edge_figures: lambda row: WayTally(**row, to="n", sessions=1),
}


@pytest.fixture(params=ROWS)
def read(request):
    """Fill a table for a year and its months: four versions, three channels, six places; return what reads it."""
    for _ in range(4):
        freeze(graph("q? a:ok", "ok = solved"))
    days = [FIRST + timedelta(days=each) for each in range(DAYS)]
    firsts = sorted({day.replace(day=1) for day in days})
    spans = [(Tally.Span.DAY, day) for day in days] + [(Tally.Span.MONTH, day) for day in firsts]
    of_versions = [
        {"span": span, "day": day, "version_id": version, "channel": channel, "node": f"n{node}"}
        for span, day in spans
        for version in Version.objects.values_list("pk", flat=True)
        for channel in CHANNELS
        for node in range(6)
    ]
    rows = [ROWS[request.param](row) for row in of_versions]
    type(rows[0]).objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wizards_placetally, wizards_waytally")
    return request.param


def test_a_year_is_found_by_its_versions(read, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as captured:
        read(everything(since=date(2026, 1, 10), until=date(2026, 12, 28)))
    statements = [query["sql"] for query in captured if "tally" in query["sql"]]
    assert statements
    for plan in map(plan_of, statements):
        assert "_tally_by_version" in plan
        assert "Seq Scan" not in plan


def plan_of(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + statement)
        return "\n".join(line for (line,) in cursor.fetchall())
