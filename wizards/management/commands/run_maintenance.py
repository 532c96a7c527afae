"""`manage.py run_maintenance`: update the figures and, once a day, delete expired data, until stopped."""

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

from wizards import analytics
from wizards.privacy import retention

log = logging.getLogger(__name__)
INTERVAL_SECONDS = 60


class Command(BaseCommand):
    """Part of `make run`. Timers that run `roll_up` and `purge_expired` do the same."""

    help = "Keep the figures up to date and delete expired data once a day, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--parent", type=int, metavar="PID", help="stop when this process, its parent, ends")

    def handle(self, *args: Any, parent: int | None, **options: Any) -> None:
        purged_on = None
        try:
            while parent in (None, os.getppid()):
                purged_on = self.run_once(purged_on)
                close_old_connections()
                self.wait(parent)
        except KeyboardInterrupt:
            return

    def run_once(self, purged_on: date | None) -> date | None:
        """Do what is due. `purged_on` is the last day on which old data was deleted; return its new value."""
        today = timezone.localdate()
        try:
            analytics.roll_up()
            if purged_on != today:
                retention.purge_expired()
                purged_on = today
        except Exception:  # the next round tries again: the database may be down for a while
            log.exception("Maintenance failed.")
        return purged_on

    def wait(self, parent: int | None) -> None:
        """Wait for the next round, or until the parent process ends."""
        for _ in range(INTERVAL_SECONDS):
            if parent not in (None, os.getppid()):
                return
            time.sleep(1)
