"""`manage.py purge_expired [--dry-run]`: delete expired data; run it once a day."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from wizards.privacy import retention


class Command(BaseCommand):
    """Deletes expired sessions, texts and searches; the figures that they are counted in stay."""

    help = "Delete expired sessions, texts and searches; the figures stay. Run it once a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="show what would be deleted, and delete nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        counts = retention.count_expired() if dry_run else retention.purge_expired()
        self.stdout.write("This would be deleted:" if dry_run else "Deleted:")
        for number, what in (
            (counts.words, f"texts that people wrote, older than {settings.KEEP_WORDS_DAYS} days"),
            (counts.cases, f"closed cases' contacts and texts, older than {settings.KEEP_WORDS_DAYS} days"),
            (counts.callers, f"callers' names, older than {settings.KEEP_WORDS_DAYS} days"),
            (counts.searches, f"searches, older than {settings.KEEP_SEARCHES_DAYS} days"),
            (counts.abandoned, f"abandoned sessions, older than {settings.KEEP_ABANDONED_DAYS} days"),
            (counts.finished, f"finished sessions, older than {settings.KEEP_FINISHED_DAYS} days"),
            (counts.tests, f"previews by editors, older than {settings.KEEP_ABANDONED_DAYS} days"),
        ):
            self.stdout.write(f"  {number:6} {what}")
        if counts.uncounted:
            fate = "counted into the figures first" if dry_run else "kept until the figures count all of their events"
            self.stdout.write(f"  {counts.uncounted:6} more expired sessions are {fate}")
