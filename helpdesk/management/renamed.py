"""Commands under the names that they had before version 1.1. They work until version 2."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand


class RenamedCommand(BaseCommand):
    """Does what the command `new_name` does, and says on the error output what it is called now."""

    new_name: str

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Say the new name, and run the command."""
        old_name = type(self).__module__.rpartition(".")[2]
        print(f"{old_name} is called {self.new_name} now. The old name works until version 2.", file=sys.stderr)
        return super().execute(*args, **options)
