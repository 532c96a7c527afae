"""`manage.py tend`: keep the site's figures up to date, and delete what is past its time once a day, until stopped."""

from __future__ import annotations

import logging
import os
import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from wizards import privacy, tallies

log = logging.getLogger(__name__)
EVERY = 60  # seconds


class Command(BaseCommand):
    """What `make run` starts beside the web server. Elsewhere, `roll_up` and `keep` can run from a timer instead."""

    help = "Keep the figures up to date, and delete what is past its time once a day, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--parent", type=int, metavar="PID", help="stop when this process, its parent, ends")

    def handle(self, *args: Any, parent: int | None, **options: Any) -> None:
        kept = None
        try:
            while parent in (None, os.getppid()):
                kept = self.tend(kept)
                close_old_connections()
                self.rest(parent)
        except KeyboardInterrupt:
            return

    def tend(self, kept: date | None) -> date | None:
        """Do what is due; `kept` is the last day on which old data was deleted. Return it as it is then."""
        today = timezone.localdate()
        try:
            tallies.roll_up()
            if kept != today:
                privacy.keep()
                kept = today
        except Exception:  # the next round tries again: a database may be away for a while
            log.exception("Tending failed.")
        return kept

    def rest(self, parent: int | None) -> None:
        """Wait for the next round, or until the parent process ends."""
        for _ in range(EVERY):
            if parent not in (None, os.getppid()):
                return
            time.sleep(1)
