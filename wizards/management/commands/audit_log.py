"""`manage.py audit_log`: check every invariant of the log, for every session."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wizards.analytics import audit
from wizards.models import Event, Session


class Command(BaseCommand):
    """Stops with an error at the first violation, and names its session and event."""

    help = "Check every invariant of the log; stops with an error at the first violation."

    def handle(self, *args: Any, **options: Any) -> None:
        violation = next(audit.find_violations(), None)
        if violation is not None:
            raise CommandError(f"The log is broken. {violation}")
        self.stdout.write(f"{Session.objects.count()} sessions, {Event.objects.count()} events: no violations found")
