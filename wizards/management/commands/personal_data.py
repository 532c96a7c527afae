"""`manage.py personal_data find|export|erase REFERENCE`: what is stored about the person of one session."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from wizards.models import Session
from wizards.privacy import subject_access

UNKNOWN = (
    "There is no session with the reference “{}”. It has 12 letters and digits, without 0, 1, I, L and O."
    " It may have been deleted at the end of its retention period."
)


class Command(BaseCommand):
    """Works on the person that the session with this reference belongs to."""

    help = "Find, export or erase what is stored about one person, by the reference of one of their sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["find", "export", "erase"])
        parser.add_argument("reference", nargs="+", metavar="REFERENCE", help="as read out, such as ABCD EFGH JKMN")
        parser.add_argument(
            "--dry-run", action="store_true", help="with erase: show what would be erased, and erase nothing"
        )

    def handle(self, *args: Any, what: str, reference: list[str], dry_run: bool, **options: Any) -> None:
        if dry_run and what != "erase":
            raise CommandError("--dry-run works only with erase.")
        try:
            person = subject_access.find_person(" ".join(reference))
        except Session.DoesNotExist as missing:
            raise CommandError(UNKNOWN.format(" ".join(reference))) from missing
        if what == "export":
            self.stdout.write(
                json.dumps(subject_access.export(person), indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
            )
        else:
            self.list(person)
        if what == "erase":
            self.erase(person, dry_run)

    def list(self, person: subject_access.Person) -> None:
        """Print the person's sessions, without their texts."""
        for session in person.sessions:
            number = session.version.number
            version = f"{session.version.wizard.slug} {f'v{number}' if number else 'preview'}"
            begun = f"{session.begun_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(f"{session.code}  {begun}  {version}  {session.status}  {session.count} events")
        self.stdout.write(f"{person.sessions.count()} sessions of one person, with {person.texts} texts")

    def erase(self, person: subject_access.Person, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write("This would erase these texts, and what links the sessions to each other or to a person.")
            return
        texts = subject_access.erase(person)
        self.stdout.write(f"Erased {texts} texts, and what linked the sessions to each other or to a person.")
