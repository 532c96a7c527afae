"""`manage.py roll_up`: update the tallies, which the review pages read, from the log."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from wizards import analytics


class Command(BaseCommand):
    """Safe at any time, even twice at once. Without it the figures are right but slow."""

    help = "Update the precomputed figures of the review pages from the log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rebuild", action="store_true", help="recompute them from all sessions that still exist")
        parser.add_argument("--every", type=float, metavar="SECONDS", help="repeat with this interval until stopped")

    def handle(self, *args: Any, rebuild: bool, every: float | None, **options: Any) -> None:
        if every is not None and not 0 < every < float("inf"):
            raise CommandError("--every must be a number of seconds above 0.")
        if rebuild:
            analytics.rebuild()
        if every is None:
            self.roll_up()
        else:
            self.repeat(every)

    def roll_up(self) -> None:
        """Update the tallies once, and print how many sessions were added."""
        if count := analytics.roll_up():
            self.stdout.write(f"{count} sessions rolled up")

    def repeat(self, every: float) -> None:
        """Update the tallies every so many seconds until stopped."""
        try:
            while True:
                self.roll_up()
                close_old_connections()
                time.sleep(every)
        except KeyboardInterrupt:
            return
