"""Measure the pages over two logs of one database: `python -m tools.bench.review.measure PAIRS NAME OF_THE_TENTH`.

DATABASE_URL names the whole log, OF_THE_TENTH the database with only its latest tenth. Prints a JSON line for each
measurement.
"""

from __future__ import annotations

import sqlite3
import sys
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from statistics import median
from typing import TYPE_CHECKING, Any

from tests import environment  # noqa: F401  before Django's settings
from tools.bench.results import machine, ms, percentile, tell

if TYPE_CHECKING:
    from django.test import Client

    from tools.bench.review.questions import Question

P95_MS = 300  # the limit for every page
GROWTH = 1.5  # how much longer a page may take if the log outside the filter is ten times as long
GROWTH_DAYS = 15  # so that the period before, with which pages compare, is also in the tenth (36 days)
PAGES = 20  # runs from which the 95th percentile is taken
ROUNDS, IN_A_ROUND = 5, 3  # comparisons of the two logs; runs of each measurement


def main(pairs: int, name: str, tenth: str) -> None:
    import django

    # No static files are requested, so none are collected.
    warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tools.bench.review.questions import questions
    from wizards import analytics

    call_command("migrate", verbosity=0)
    analytics.roll_up()
    client, page_questions, facts = reviewer(), questions(), environment_facts(name)
    for question in page_questions:
        tell(facts | paired(client, question, pairs))
    whole, growth_questions = str(connection.settings_dict["NAME"]), questions(GROWTH_DAYS)
    switch_database(tenth)
    call_command("migrate", verbosity=0)
    analytics.roll_up()
    for question in growth_questions:
        if not question.name.endswith(", a year") and question.name not in ("a page as it was seen", "the queue"):
            tell(facts | grown(question, whole, tenth))


def reviewer() -> Client:
    """A signed-in reviewer's client. It asks for compressed pages, as browsers do."""
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(headers={"accept-encoding": "gzip"}, SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="reviewer"))
    return client


def paired(client: Client, question: Question, pairs: int) -> dict[str, Any]:
    """Measure a page and its query alternately."""
    page(client, question)
    rows = query(question)
    pages, queries = [], []
    for _ in range(pairs):
        pages.append(timed(lambda: page(client, question)))
        queries.append(timed(lambda: query(question)))
    ratios = [page_time / query_time for page_time, query_time in zip(pages, queries, strict=True)]
    pages += [timed(lambda: page(client, question)) for _ in range(PAGES - pairs)]
    busy = [timed(lambda: page(client, question), time.process_time) for _ in range(IN_A_ROUND)]
    return {
        "name": question.name,
        "against": f"one query: {question.against}",
        "ratio": round(median(ratios), 3),
        "goal": question.goal,
        "page_ms": ms(median(pages)),
        "p95_ms": ms(percentile(pages, 0.95)),
        "p95_goal_ms": P95_MS,
        "processor_ms": ms(median(busy)),  # of this process, without PostgreSQL and without waiting
        "query_ms": ms(median(queries)),
        "query_rows": rows,
    }


def grown(question: Question, whole: str, tenth: str) -> dict[str, Any]:
    """Measure a page over the whole log and over its latest tenth, alternately."""
    times: dict[str, list[float]] = {whole: [], tenth: []}
    for _ in range(ROUNDS):
        for log, taken in times.items():
            switch_database(log)
            client = reviewer()
            page(client, question)
            taken += [timed(lambda: page(client, question)) for _ in range(IN_A_ROUND)]  # noqa: B023  called at once
    return {
        "name": f"{question.name}, ten times the log",
        "against": "the same page over the latest tenth of the log",
        "ratio": round(median(times[whole]) / median(times[tenth]), 3),
        "goal": GROWTH,
        "page_ms": ms(median(times[whole])),
        "tenth_ms": ms(median(times[tenth])),
    }


def page(client: Client, question: Question) -> int:
    """Get a page through the whole site; return its size in bytes."""
    if question.form:
        response = client.post(question.url, question.form)
        content = b"".join(read_lines(response, question.rows))
        close_stream(response)
    else:
        response = client.get(question.url)
        content = response.content
    if response.status_code != 200 or not content:
        raise SystemExit(f"{question.name}: {question.url} answers {response.status_code}")
    return len(content)


def read_lines(response: Any, rows: int) -> Iterator[bytes]:
    """Yield chunks of a stream up to so many lines, decompressed for counting as a browser would."""
    zipped = response.headers.get("Content-Encoding") == "gzip"
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress if zipped else bytes
    for chunk in response.streaming_content:
        yield chunk
        rows -= unzip(chunk).count(b"\n")
        if rows <= 0:
            return


def close_stream(response: Any) -> None:
    """Stop a stream early, as Django's test client does at its end, so that the database stays open."""
    response._iterator.close()


def query(question: Question) -> int:
    """Run the query; return how many rows it has."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(question.sql, question.values)
        return len(cursor.fetchall())


def switch_database(log: str) -> None:
    """Continue with another database of the same kind."""
    from django.db import connection

    from wizards import publishing

    connection.close()
    connection.settings_dict["NAME"] = log
    publishing.document_of.cache_clear()


def timed(action: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the seconds that an action takes."""
    began = clock()
    action()
    return clock() - began


def environment_facts(name: str) -> dict[str, Any]:
    """What the measurements depend on."""
    from django.db import connection

    from wizards.models import Event, Session

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            version = cursor.fetchone()[0].split()[0]
    else:
        version = sqlite3.sqlite_version
    return {
        "database": f"{name} {version}",
        "events": Event.objects.count(),
        "sessions": Session.objects.count(),
        **machine(),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
