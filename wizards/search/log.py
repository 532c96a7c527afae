"""The search log: what people typed, and what came of it. The only writer of `models.Search`.

A row says nothing about who typed it. It is written when somebody chooses a symptom, or when nothing fits: because
nothing was found, or because they say so. A search that somebody walks away from leaves no row.
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
from .index import search, words_of

BATCH_SIZE = 1_000  # rows in one statement
MAX_QUERY = 200  # characters of what is kept
REPEATED = timedelta(minutes=1)  # the same words without a choice in this time: a reload, or a second press
COMPLETED = timedelta(minutes=10)  # a choice after the same words found nothing belongs to that search


def normalize_query(words: str) -> str:
    """Return what typed words are counted by: small letters, no accents, no signs; the words where that is nothing."""
    return (" ".join(words_of(words)) or words.casefold())[:MAX_QUERY]


def log_miss(words: str) -> None:
    """Log that nothing fits these words, whether something was found or not; once for the same words in a minute."""
    row = _row(words)
    with _alone(row):
        if not _undecided(row, REPEATED).exists():
            row.save(force_insert=True)


def log_choice(words: str, wizard: str, symptom: str) -> None:
    """Log that after these words somebody chose a symptom (its id) of a wizard (its slug).

    Where the same words fitted nothing just before, it is that search which came to a choice after all.
    """
    row = _row(words)
    row.wizard, row.symptom = wizard, symptom
    with _alone(row):
        before = _undecided(row, COMPLETED).order_by("-at").values_list("pk", flat=True).first()
        if before:
            Search.objects.filter(pk=before).update(wizard=wizard, symptom=symptom)
        else:
            row.save(force_insert=True)


def bulk_create(rows: Iterable[Search]) -> int:
    """Write searches that took place already, a thousand in one statement, and return how many."""
    coming, number = iter(rows), 0
    while batch := list(islice(coming, BATCH_SIZE)):
        number += len(Search.objects.bulk_create(batch))
    return number


def delete(rows: QuerySet[Search]) -> int:
    """Delete these searches in one transaction; return how many."""
    return Search.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).delete()[0]


def _row(words: str) -> Search:
    words = " ".join(words.split())[:MAX_QUERY]
    return Search(words=words, query=normalize_query(words), found=len(search(words).results))


def _undecided(row: Search, since: timedelta) -> QuerySet[Search]:
    """Return the searches for the same words, in the time just before the row's, that came to no choice."""
    return Search.objects.filter(at__gte=row.at - since, query=row.query, found=row.found, symptom="")


@contextmanager
def _alone(row: Search) -> Iterator[None]:
    """Run in one transaction, before whose end nobody else logs the same words; SQLite's always wait for each other."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(f"search {row.query}".encode())])
        yield
