"""`manage.py restore SOURCE [--replace]`: put a backup back, bring it up to date, check every promise of its log."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from helpdesk import backup


class Command(BaseCommand):
    """Nothing is touched before the backup proved to be whole, and before what would be lost was said."""

    help = "Put the backup in the folder SOURCE back into an empty database, migrate it, and audit its log."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="SOURCE", help="the folder that `backup` made")
        parser.add_argument("--replace", action="store_true", help="also where something is lost by it")

    def handle(self, *args: Any, source: Path, replace: bool, **options: Any) -> None:
        try:
            manifest = backup.read(source)
            self.say_losses(replace)
            backup.restore(source, manifest)
        except backup.BackupError as reason:
            raise CommandError(str(reason)) from reason
        call_command("migrate", verbosity=0, interactive=False)
        call_command("audit_log", stdout=self.stdout)
        self.stdout.write(f"Restored: the database as of {manifest.made_at}")

    def say_losses(self, replace: bool) -> None:
        """Say what the database holds now; refuse to lose it, unless told to."""
        lost = backup.existing_rows()
        if not lost:
            return
        held = ", ".join(f"{count} {what}" for what, count in sorted(lost.items()))
        if not replace:
            raise CommandError(f"The database is not empty. It holds: {held}. Add --replace to lose all of that.")
        self.stdout.write(f"This is lost: {held}")
