"""Commands under their names before version 1.1, which work until version 2."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand


class RenamedCommand(BaseCommand):
    """Runs the command `new_name`, and prints its new name to the standard error output."""

    new_name: str

    def execute(self, *args: Any, **options: Any) -> str | None:
        old_name = type(self).__module__.rpartition(".")[2]
        error_output = options.get("stderr") or sys.stderr
        if error_output is not None:  # closed by whoever runs it
            error_output.write(f"{old_name} is called {self.new_name} now. The old name works until version 2.\n")
        return super().execute(*args, **options)
