"""`manage.py backup TARGET`: write the whole database into a new folder, while the site goes on."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk import backup


class Command(BaseCommand):
    """The folder holds personal data: keep it as safe as the database, and no longer than its data may be kept."""

    help = "Write a backup of the whole database into the new folder TARGET, while the site goes on."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", type=Path, metavar="TARGET", help="a folder that is not there yet")

    def handle(self, *args: Any, target: Path, **options: Any) -> None:
        try:
            made = backup.create(target)
        except backup.BackupError as reason:
            raise CommandError(str(reason)) from reason
        rows = sum(made.counts.values())
        self.stdout.write(
            f"{target}: {rows} rows in {len(made.counts)} tables, {made.bytes} bytes, as of {made.made_at}"
        )
