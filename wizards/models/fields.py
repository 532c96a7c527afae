"""Model fields of our own, and the rules that keep what is stored fit for a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.deconstruct import deconstructible

from ..flow.fields import MAX_LINE, MAX_TEXT, printable

MAX_LIST = 200


def fits_line(value: str) -> None:
    """Refuse what makes no line of a document: control characters, or too many characters once composed."""
    _fits(value, MAX_LINE)


def fits_text(value: str) -> None:
    """Refuse what makes no text of a document: control characters, or too many characters once composed."""
    _fits(value, MAX_TEXT)


def _fits(value: str, longest: int) -> None:
    try:
        length = len(str(printable(value)))
    except ValueError as mistake:
        raise ValidationError(f"This {mistake}.", code="unprintable") from mistake
    if length > longest:
        raise ValidationError(f"This has {length:,} characters; at most {longest:,} fit.", code="max_length")


@deconstructible
class FitsList:
    """Refuses a list with too many lines, or with one that is no line of a document or does not match `pattern`."""

    def __init__(self, most: int = MAX_LIST, pattern: str = "", wanted: str = "") -> None:
        self.most, self.pattern, self.wanted = most, pattern, wanted

    def __call__(self, lines: Sequence[str]) -> None:
        if len(lines) > self.most:
            raise ValidationError(f"These are {len(lines)} lines; at most {self.most} fit.", code="too-many")
        for line in lines:
            fits_line(line)
            if self.pattern and not re.fullmatch(self.pattern, line):
                raise ValidationError(f"“{line}” {self.wanted}", code="invalid")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FitsList) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.most, self.pattern))


class LinesFormField(forms.CharField):
    """A list of lines in a text area, one a line."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str | None) else "\n".join(value)

    def to_python(self, value: Any) -> str:
        return "\n".join(as_lines(super().to_python(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self.disabled and as_lines(initial) != as_lines(data)


class LinesField(models.TextField):
    """A list of one-line strings, kept as text with one on each line, so that an editor types one a line.

    Its Python value is a tuple of strings without blanks around them; empty lines are dropped.
    """

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> tuple[str, ...]:
        return self.to_python(value)

    def to_python(self, value: str | Iterable[str] | None) -> tuple[str, ...]:
        return as_lines(value)

    def get_prep_value(self, value: Any) -> str:
        return "\n".join(self.to_python(value))

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": LinesFormField, **kwargs})


def as_lines(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the lines of a text, or of a list of lines, without blanks around them; empty ones are dropped."""
    lines = (value or "").splitlines() if isinstance(value, str | None) else value
    return tuple(line.strip() for line in lines if line.strip())
