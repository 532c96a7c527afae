"""Model fields of our own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models


class LinesField(models.TextField):
    """A list of one-line strings, kept as text with one on each line, so that an editor types one a line.

    Its Python value is a tuple of strings without blanks around them; empty lines are dropped.
    """

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> tuple[str, ...]:
        return self.to_python(value)

    def to_python(self, value: str | Iterable[str] | None) -> tuple[str, ...]:
        lines = (value or "").splitlines() if isinstance(value, str | None) else value
        return tuple(line.strip() for line in lines if line.strip())

    def get_prep_value(self, value: Any) -> str:
        return "\n".join(self.to_python(value))

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))
