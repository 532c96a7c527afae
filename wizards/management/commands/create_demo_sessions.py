"""`manage.py create_demo_sessions N`: create sessions as people would have, for demonstrations and measurements."""

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
    """Made-up sessions count in the figures, so they are not mixed with real ones unless told so."""

    help = "Make N realistic sessions of the published wizards. The same seed gives the same sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", type=int, metavar="N", help="how many sessions")
        parser.add_argument("--days", type=int, default=365, help="of how many days (365)")
        parser.add_argument("--until", type=day, metavar="YYYY-MM-DD", help="the last day (today)")
        parser.add_argument("--seed", default="1", help="another seed makes other sessions (1)")
        parser.add_argument("--add", action="store_true", help="also where there are sessions already")

    def handle(self, *args: Any, number: int, days: int, until: date | None, seed: str, add: bool, **_: Any) -> None:
        there = Session.objects.count()
        if there and not add:
            raise CommandError(
                f"There are {there} sessions here. Made-up ones would count in their figures. --add makes them anyway."
            )
        if number < 1 or days < 1:
            raise CommandError("N and --days should be at least 1.")
        end = end_of(until)
        # Sessions that are added are others than those that are there already.
        plan = devtools.Plan(number, end - timedelta(days=days), end, f"{seed}/{there}" if there else seed)
        began = time.monotonic()
        try:
            made, events = journal.load_sessions(self.told(devtools.sessions(plan), number))
            searched = search_log.bulk_create(counted(devtools.searches(plan)))
        except LookupError as missing:
            raise CommandError(f"{missing} Load one first: manage.py load_wizards fixtures") from missing
        seconds = time.monotonic() - began
        rate = f"{events / seconds:.0f} events/s"
        self.stdout.write(f"{made} sessions, {events} events, {searched} searches in {seconds:.1f} s ({rate})")

    def told(self, items: Iterable[Item], number: int) -> Iterator[Item]:
        """Yield the items, and tell now and then how many there were."""
        for count, item in enumerate(items, 1):
            yield item
            if count % 50_000 == 0:
                self.stderr.write(f"{count} of {number} sessions")


def day(words: str) -> date:
    """Return the day that an argument names, as YYYY-MM-DD."""
    try:
        return date.fromisoformat(words)
    except ValueError as wrong:
        raise ArgumentTypeError(f"should be a day as YYYY-MM-DD, and is {words!r}.") from wrong


def end_of(until: date | None) -> datetime:
    """Return the end of a day in the help desk's time zone, or now, whichever comes first."""
    now = timezone.now()
    if until is None:
        return now
    return min(now, datetime.combine(until + timedelta(days=1), clock.min, timezone.get_default_timezone()))


def counted(rows: Iterable[Search]) -> Iterator[Search]:
    """Yield the searches with what they are counted by."""
    known = cache(search_log.normalize_query)
    for row in rows:
        row.query = known(row.words)
        yield row
