"""`manage.py roll_up`: bring the tallies that the review pages read up to date with the log."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from wizards import tallies


class Command(BaseCommand):
    """Safe at any time, also twice at once. Figures are right without it, but slow."""

    help = "Bring the tallies that the review pages read up to date with the log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rebuild", action="store_true", help="make them anew from the logs that are kept")
        parser.add_argument("--every", type=float, metavar="SECONDS", help="do it again and again, until stopped")

    def handle(self, *args: Any, rebuild: bool, every: float | None, **options: Any) -> None:
        if rebuild:
            tallies.rebuild()
        while True:
            if done := tallies.roll_up():
                self.stdout.write(f"{done} sessions rolled up")
            if not every:
                break
            close_old_connections()
            time.sleep(every)
