"""Seal the secrets of second steps with the SECRET_KEY of now, so that the one before is needed no more."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from helpdesk.accounts import encryption


class Command(BaseCommand):
    """Run it after SECRET_KEY was changed, while the one before stands in SECRET_KEY_FALLBACKS."""

    help = "Seal phones and recovery codes with the new SECRET_KEY; then the old one can go from SECRET_KEY_FALLBACKS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal them all; exit non-zero where there are some that no key opens."""
        with transaction.atomic():
            sealed, unreadable = encryption.reencrypt(Authenticator.objects.select_for_update())
        self.stdout.write(f"{sealed} sealed with the SECRET_KEY of now.")
        if unreadable:
            raise CommandError(
                f"{unreadable} were sealed with a key that is neither in SECRET_KEY nor in SECRET_KEY_FALLBACKS. Add it"
                " there and run this again, or take them off with forget_second_step NAME."
            )
