"""`manage.py create_demo_sessions N`: create realistic sessions for demonstrations and measurements."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from datetime import time as clock
from functools import cache
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from wizards import devtools, journal
from wizards.models import Search, Session
from wizards.search import log as search_log

Item = TypeVar("Item")


class Command(BaseCommand):
    """Demo sessions count in the figures, so they are not mixed with existing ones without --add."""

    help = "Create N realistic sessions of the published wizards. The same seed gives the same sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", type=int, metavar="N", help="how many sessions")
        parser.add_argument("--days", type=int, default=365, help="over how many days (365)")
        parser.add_argument("--until", type=parse_day, metavar="YYYY-MM-DD", help="the last day (today)")
        parser.add_argument("--seed", default="1", help="a different seed gives different sessions (1)")
        parser.add_argument("--add", action="store_true", help="add to the sessions that already exist")

    def handle(self, *args: Any, number: int, days: int, until: date | None, seed: str, add: bool, **_: Any) -> None:
        existing = Session.objects.count()
        if existing and not add:
            raise CommandError(
                f"There are {existing} sessions already, and demo sessions would count in their figures."
                " Use --add to create them anyway."
            )
        if number < 1 or days < 1:
            raise CommandError("N and --days must be at least 1.")
        end = end_of(until)
        # Another seed, so that added sessions differ from the existing ones.
        plan = devtools.Plan(number, end - timedelta(days=days), end, f"{seed}/{existing}" if existing else seed)
        started = time.monotonic()
        try:
            created, events = journal.load_sessions(self.report_progress(devtools.sessions(plan), number))
            searches = search_log.bulk_create(with_query(devtools.searches(plan)))
        except LookupError as missing:
            raise CommandError(f"{missing} Load one first: manage.py load_wizards fixtures") from missing
        seconds = time.monotonic() - started
        rate = f"{events / seconds:.0f} events/s"
        self.stdout.write(f"{created} sessions, {events} events, {searches} searches in {seconds:.1f} s ({rate})")

    def report_progress(self, items: Iterable[Item], number: int) -> Iterator[Item]:
        """Yield the items, and print the count from time to time."""
        for count, item in enumerate(items, 1):
            yield item
            if count % 50_000 == 0:
                self.stderr.write(f"{count} of {number} sessions")


def parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"must be a date (YYYY-MM-DD), not {text!r}.") from error


def end_of(until: date | None) -> datetime:
    """Return the end of the day in the site's time zone, or now, whichever is earlier."""
    now = timezone.now()
    if until is None:
        return now
    return min(now, datetime.combine(until + timedelta(days=1), clock.min, timezone.get_default_timezone()))


def with_query(rows: Iterable[Search]) -> Iterator[Search]:
    """Yield the searches with `query` set, the normalized text by which they are counted."""
    normalize = cache(search_log.normalize_query)
    for row in rows:
        row.query = normalize(row.words)
        yield row
