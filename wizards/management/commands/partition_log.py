"""`manage.py partition_log --width N`: lay the log out in partitions, on PostgreSQL, while the site goes on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from wizards import journal


class Command(BaseCommand):
    """Once. `manage.py purge_expired` makes more partitions from then on, and drops those past their time."""

    help = "Lay the log out in partitions of N sessions each (PostgreSQL only); docs/scale.md says when and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--width", type=int, default=1_000_000, help="sessions in each: a day's (1000000)")

    def handle(self, *args: Any, width: int, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL has partitions, and DATABASE_URL names a database of another kind.")
        if width < 1:
            raise CommandError("--width should be at least 1.")
        try:
            journal.partition_log(width)
        except OperationalError as busy:
            raise CommandError(f"The log is as it was: {str(busy).splitlines()[0]}. Try again.") from busy
        for each in journal.list_partitions():
            self.stdout.write(f"{each.name}: sessions {each.first} to {each.end - 1}")
