"""`manage.py roll_up`: bring the tallies that the review pages read up to date with the log."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from wizards import analytics


class Command(BaseCommand):
    """Safe at any time, also twice at once. Figures are right without it, but slow."""

    help = "Bring the tallies that the review pages read up to date with the log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rebuild", action="store_true", help="make them anew from the logs that are kept")
        parser.add_argument("--every", type=float, metavar="SECONDS", help="do it again and again, until stopped")

    def handle(self, *args: Any, rebuild: bool, every: float | None, **options: Any) -> None:
        if every is not None and not 0 < every < float("inf"):
            raise CommandError("--every should be a number of seconds above 0.")
        if rebuild:
            analytics.rebuild()
        if every is None:
            self.roll_up()
        else:
            self.go_on(every)

    def roll_up(self) -> None:
        """Bring the tallies up to date once, and say how many sessions were added."""
        if done := analytics.roll_up():
            self.stdout.write(f"{done} sessions rolled up")

    def go_on(self, every: float) -> None:
        """Do it again and again, with so many seconds between, until stopped."""
        try:
            while True:
                self.roll_up()
                close_old_connections()
                time.sleep(every)
        except KeyboardInterrupt:
            return
