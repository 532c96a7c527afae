"""`manage.py write_schema`: update docs/wizard.schema.json."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from wizards import flow


class Command(BaseCommand):
    """The schema is checked in; a test ensures that it is up to date."""

    help = "Write the JSON Schema of wizard files to docs/wizard.schema.json."

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "wizard.schema.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(flow.schema())
        self.stdout.write(f"wrote {path.relative_to(settings.BASE_DIR)}")
