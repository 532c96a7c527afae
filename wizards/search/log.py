"""The search log. The only writer of `models.Search`.

A row does not identify the person. It is written when somebody chooses a symptom, or when nothing fits: because there
are no results, or because they say so. An abandoned search leaves no row.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import QuerySet

from ..models import Search
from .index import search, tokenize

BATCH_SIZE = 1_000  # rows in one statement
MAX_QUERY = 200  # characters stored
REPEAT_WINDOW = timedelta(minutes=1)  # a second miss of the same words within it is a reload or a double click
CHOICE_WINDOW = timedelta(minutes=10)  # a choice within it, after a miss of the same words, belongs to that search


def normalize_query(words: str) -> str:
    """Return the form by which queries are counted: lower case, no accents or punctuation, unless nothing is left."""
    return (" ".join(tokenize(words)) or words.casefold())[:MAX_QUERY]


def log_miss(words: str) -> None:
    """Log that no symptom fits these words, with or without results; once for the same words in a minute."""
    row = _row(words)
    with _exclusive(row):
        if not _without_choice(row, REPEAT_WINDOW).exists():
            row.save(force_insert=True)


def log_choice(words: str, wizard: str, symptom: str) -> None:
    """Log that somebody searched for these words and chose a symptom (id) of a wizard (slug).

    If a miss of the same words was logged just before, the choice is added to that row.
    """
    row = _row(words)
    row.wizard, row.symptom = wizard, symptom
    with _exclusive(row):
        miss = _without_choice(row, CHOICE_WINDOW).order_by("-at").values_list("pk", flat=True).first()
        if miss:
            Search.objects.filter(pk=miss).update(wizard=wizard, symptom=symptom)
        else:
            row.save(force_insert=True)


def bulk_create(rows: Iterable[Search]) -> int:
    """Write past searches, BATCH_SIZE in each statement; return how many."""
    remaining, created = iter(rows), 0
    while batch := list(islice(remaining, BATCH_SIZE)):
        created += len(Search.objects.bulk_create(batch))
    return created


def delete(rows: QuerySet[Search]) -> int:
    """Delete searches; return how many."""
    return Search.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).delete()[0]


def _row(words: str) -> Search:
    words = " ".join(words.split())[:MAX_QUERY]
    return Search(words=words, query=normalize_query(words), found=len(search(words).results))


def _without_choice(row: Search, window: timedelta) -> QuerySet[Search]:
    """Return searches for the same words without a choice, at most `window` before the row."""
    return Search.objects.filter(at__gte=row.at - window, query=row.query, found=row.found, symptom="")


@contextmanager
def _exclusive(row: Search) -> Iterator[None]:
    """Open a transaction that excludes others logging the same words; on SQLite writing transactions always do."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(f"search {row.query}".encode())])
        yield
