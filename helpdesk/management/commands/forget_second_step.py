"""Remove an account's phone and recovery codes: for the last admin, whom no other admin can help."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from helpdesk import accounts


class Command(BaseCommand):
    """The account's sessions end, and the next sign-in with its password sets up a new phone."""

    help = "Remove the phone and the recovery codes of an account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account with the user name {name!r}.")
        accounts.reset_second_step(user)
        self.stdout.write(f"Removed the phone and the recovery codes of {name}.")
