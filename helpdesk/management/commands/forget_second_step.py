"""Take phone and recovery codes from an account: for an admin who has lost both, and whom no other admin can help."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from helpdesk import accounts


class Command(BaseCommand):
    """The next sign-in with the password sets up a new phone. Sessions of the account end."""

    help = "Forget the phone and the recovery codes of an account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user's name."""
        parser.add_argument("name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        """Forget, or say that there is no such account."""
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account with the user name {name!r}.")
        accounts.reset_second_step(user)
        self.stdout.write(f"Phone and recovery codes of {name} are forgotten.")
