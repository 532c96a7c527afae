"""`manage.py partition_log --width N`: partition the log on PostgreSQL while the site keeps running."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from wizards import journal


class Command(BaseCommand):
    """Run it once. From then on `purge_expired` creates new partitions and drops expired ones."""

    help = "Partition the log into ranges of WIDTH sessions (PostgreSQL only); docs/scale.md says when and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--width", type=int, default=1_000_000, help="sessions in each partition, about a day's (1000000)"
        )

    def handle(self, *args: Any, width: int, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Partitions need PostgreSQL, and DATABASE_URL names another kind of database.")
        if width < 1:
            raise CommandError("--width must be at least 1.")
        try:
            journal.partition_log(width)
        except OperationalError as error:
            raise CommandError(f"The log is unchanged: {str(error).splitlines()[0]}. Try again.") from error
        for partition in journal.list_partitions():
            self.stdout.write(f"{partition.name}: sessions {partition.first} to {partition.end - 1}")
