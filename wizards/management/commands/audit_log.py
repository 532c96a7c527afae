"""`manage.py audit_log`: check every promise of the log, for every session."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wizards.analytics import audit
from wizards.models import Event, Session


class Command(BaseCommand):
    """Ends with an error at the first broken promise, and says which session and which event."""

    help = "Check every promise of the log; ends with an error at the first break."

    def handle(self, *args: Any, **options: Any) -> None:
        first = next(audit.find_violations(), None)
        if first is not None:
            raise CommandError(f"The log is broken. {first}")
        self.stdout.write(f"{Session.objects.count()} sessions, {Event.objects.count()} events: every promise holds")
