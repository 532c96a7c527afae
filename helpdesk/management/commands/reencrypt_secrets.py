"""Encrypt the secrets of second steps with the current SECRET_KEY, so that the old one is no longer needed."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from helpdesk.accounts import encryption


class Command(BaseCommand):
    """Run it after changing SECRET_KEY, while the old key is in SECRET_KEY_FALLBACKS."""

    help = "Encrypt phones and recovery codes with the new SECRET_KEY; then SECRET_KEY_FALLBACKS can lose the old one."

    def handle(self, *args: Any, **options: Any) -> None:
        """Encrypt all secrets; exit non-zero if there are some that no key decrypts."""
        with transaction.atomic():
            encrypted, unreadable = encryption.reencrypt(Authenticator.objects.select_for_update())
        self.stdout.write(f"{encrypted} encrypted with the current SECRET_KEY.")
        if unreadable:
            raise CommandError(
                f"{unreadable} were encrypted with a key that is neither SECRET_KEY nor in SECRET_KEY_FALLBACKS. Add it"
                " there and run this again, or remove them with forget_second_step NAME."
            )
