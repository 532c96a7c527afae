"""`manage.py check_wizards [PATH...]`: print the faults of wizard files, or of the drafts in the database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wizards import flow, publishing
from wizards.models import Wizard

FORMATS: dict[str, flow.serialization.Format] = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}


class Command(BaseCommand):
    """Prints one line for each fault; fails if any of them prevents publishing."""

    help = "Print the faults of wizard files (or folders of them); without a path, of the drafts in the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")

    def handle(self, *args: Any, paths: list[Path], **options: Any) -> None:
        if paths:
            documents, problems = read_all(paths)
        else:
            documents = {wizard.slug: publishing.compile_draft(wizard) for wizard in Wizard.objects.all()}
            problems = [
                f"{name}: error: {fault}"
                for name, document in documents.items()
                for fault in flow.find_errors(document)
            ]
        for name, document in documents.items():
            for fault in flow.find_faults(document):
                if fault.level == "warning":
                    self.stdout.write(f"{name}: warning: {fault}")
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write(f"{len(documents)} wizards, no errors")


def read_all(paths: list[Path]) -> tuple[dict[str, flow.Document], list[str]]:
    """Return the valid documents by file name, and a line for each problem with its file and line number."""
    documents: dict[str, flow.Document] = {}
    problems: list[str] = []
    for path in _files(paths, problems):
        try:
            documents[str(path)] = flow.parse_valid_document(path.read_bytes(), FORMATS[path.suffix])
        except OSError as error:
            problems.append(f"{path}: cannot be read: {error.strerror}.")
        except flow.InvalidFileError as error:
            problems += [
                f"{path}:{problem.line}: {problem.where + ': ' if problem.where else ''}{problem.message}"
                for problem in error.problems
            ]
    return documents, problems


def _files(paths: list[Path], problems: list[str]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        found = sorted(file for file in path.iterdir() if file.suffix in FORMATS) if path.is_dir() else [path]
        if not found:
            problems.append(f"{path}: contains no .yaml, .yml or .json file.")
        elif not path.exists():
            problems.append(f"{path}: there is no such file.")
        elif path.suffix not in FORMATS and not path.is_dir():
            problems.append(f"{path}: is neither .yaml, .yml nor .json.")
        else:
            files += found
    return files
