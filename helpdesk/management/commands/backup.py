"""`manage.py backup TARGET`: back up the whole database into a new folder."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk import backup


class Command(BaseCommand):
    """The backup holds personal data: protect it like the database, and delete it when its data must be deleted."""

    help = "Write a backup of the whole database into the new folder TARGET, while the site keeps running."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", type=Path, metavar="TARGET", help="a folder that does not exist yet")

    def handle(self, *args: Any, target: Path, **options: Any) -> None:
        try:
            manifest = backup.create(target)
        except backup.BackupError as error:
            raise CommandError(str(error)) from error
        rows = sum(manifest.counts.values())
        self.stdout.write(
            f"{target}: {rows} rows in {len(manifest.counts)} tables, {manifest.bytes} bytes, as of {manifest.made_at}"
        )
