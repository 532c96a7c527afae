"""`manage.py restore SOURCE [--replace]`: restore a backup, migrate it, and audit its log."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from helpdesk import backup


class Command(BaseCommand):
    """Nothing is changed before the backup proved intact, and before the output says what will be lost."""

    help = "Restore the backup in the folder SOURCE into an empty database, migrate it, and audit its log."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="SOURCE", help="the folder that `backup` made")
        parser.add_argument("--replace", action="store_true", help="even if that destroys existing data")

    def handle(self, *args: Any, source: Path, replace: bool, **options: Any) -> None:
        try:
            manifest = backup.read(source)
            if rows := backup.existing_rows():
                self.report_losses(rows, replace)
            backup.restore(source, manifest)
        except backup.BackupError as error:
            raise CommandError(str(error)) from error
        call_command("migrate", verbosity=0, interactive=False)
        call_command("audit_log", stdout=self.stdout)
        self.stdout.write(f"Restored: the database as of {manifest.made_at}")

    def report_losses(self, rows: dict[str, int], replace: bool) -> None:
        """Say which rows will be lost; raise CommandError without --replace."""
        content = ", ".join(f"{count} {name}" for name, count in sorted(rows.items()))
        if not replace:
            raise CommandError(f"The database is not empty. It holds: {content}. Add --replace to lose all of that.")
        self.stdout.write(f"This will be lost: {content}")
