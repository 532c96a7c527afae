"""`manage.py load_wizards PATH...`: validate wizard files, load them into the draft and publish them."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from wizards import flow, publishing
from wizards.models import Wizard
from wizards.publishing import images

from .check_wizards import read_all


class Command(BaseCommand):
    """Loads all files or none: if one is invalid, its problems are printed and nothing changes."""

    help = "Validate wizard files (YAML or JSON, or folders of them), load them into the draft and publish them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")

    def handle(self, *args: Any, paths: list[Path], **options: Any) -> None:
        documents, problems = read_all(paths)
        problems += find_conflicts(documents)
        if problems:
            raise CommandError("\n".join([*problems, "Nothing was changed."]))
        with transaction.atomic():
            for name, document in documents.items():
                self.load(name, document)

    def load(self, name: str, document: flow.Document) -> None:
        """Load and publish one document, and print the result."""
        wizard = Wizard.objects.select_related("current").filter(slug=document.slug).first()
        if wizard is None or publishing.compile_draft(wizard) != document:
            wizard = publishing.import_document(document)
        version, is_new = publishing.publish(wizard, note=f"Loaded from {Path(name).name}")
        result = "published as" if is_new else "unchanged,"
        self.stdout.write(f"{document.slug}: {result} version {version.number}, {version.content_hash[:12]}")
        for picture in sorted(images.missing_names([document])):
            self.stderr.write(f"{document.slug}: the picture “{picture}” is missing; its step is shown without it")


def find_conflicts(documents: dict[str, flow.Document]) -> list[str]:
    """Return a line for each slug that two files share, and for each procedure that differs between two files."""
    conflicts: list[str] = []
    slugs: dict[str, str] = {}
    procedures: dict[str, tuple[str, flow.Procedure]] = {}
    for name, document in documents.items():
        if document.slug in slugs:
            conflicts.append(f"{name}: the slug “{document.slug}” is also that of {slugs[document.slug]}. Change one.")
        slugs[document.slug] = name
        for procedure in document.procedures:
            other, existing = procedures.setdefault(procedure.id, (name, procedure))
            if existing != procedure:
                message = f"procedure “{procedure.id}” is worded differently in {other}"
                conflicts.append(f"{name}: {message}. Procedures are shared by id: make them the same, or rename one.")
    return conflicts
