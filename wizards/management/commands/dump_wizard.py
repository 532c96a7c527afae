"""`manage.py dump_wizard SLUG`: print a wizard as a file."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wizards import flow, publishing
from wizards.models import Version, Wizard


class Command(BaseCommand):
    """Prints the draft, or with --version a published version. Loading the output reproduces the content hash."""

    help = "Print a wizard's draft, or one of its versions, as YAML or JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the wizard's slug")
        parser.add_argument("--format", choices=("yaml", "json"), default="yaml", help="the output format (yaml)")
        parser.add_argument(
            "--version-number",
            "--version",
            dest="number",
            type=int,
            metavar="N",
            help="the version to print; without it, the draft",
        )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def handle(self, *args: Any, slug: str, number: int | None, **options: Any) -> None:
        wizard = Wizard.objects.filter(slug=slug).first()
        if wizard is None:
            known = ", ".join(Wizard.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no wizard “{slug}”. Available: {known}.")
        document = publishing.compile_draft(wizard) if number is None else self.version(wizard, number)
        self.stdout.write(flow.dump_document(document, options["format"]), ending="")

    def version(self, wizard: Wizard, number: int) -> flow.Document:
        """Return the document of a version; raise CommandError if the wizard has no such version."""
        version = Version.objects.filter(wizard=wizard, number=number).first()
        if version is None:
            numbers = Version.objects.filter(wizard=wizard, number__isnull=False).order_by("number")
            known = ", ".join(map(str, numbers.values_list("number", flat=True))) or "none yet"
            raise CommandError(f"{wizard.slug} has no version {number}. Available: {known}.")
        return publishing.document_of(version.pk)
