"""Custom model fields, and validators that keep stored values valid in a document."""

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
    """Reject control characters, and more than MAX_LINE characters in NFC."""
    _check_length(value, MAX_LINE)


def fits_text(value: str) -> None:
    """Reject control characters, and more than MAX_TEXT characters in NFC."""
    _check_length(value, MAX_TEXT)


def _check_length(value: str, max_length: int) -> None:
    try:
        length = len(str(printable(value)))
    except ValueError as error:
        raise ValidationError(f"This {error}.", code="unprintable") from error
    if length > max_length:
        raise ValidationError(f"This has {length:,} characters; at most {max_length:,} are allowed.", code="max_length")


@deconstructible
class FitsList:
    """Rejects a list with too many lines, or with an invalid line: see `fits_line`, or not matching `pattern`."""

    def __init__(self, most: int = MAX_LIST, pattern: str = "", wanted: str = "") -> None:
        self.most, self.pattern, self.wanted = most, pattern, wanted

    def __call__(self, lines: Sequence[str]) -> None:
        if len(lines) > self.most:
            raise ValidationError(f"These are {len(lines)} lines; at most {self.most} are allowed.", code="too-many")
        for line in lines:
            fits_line(line)
            if self.pattern and not re.fullmatch(self.pattern, line):
                raise ValidationError(f"“{line}” {self.wanted}", code="invalid")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FitsList) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.most, self.pattern))


class LinesFormField(forms.CharField):
    """A text area for a list of lines."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str | None) else "\n".join(value)

    def to_python(self, value: Any) -> str:
        return "\n".join(as_lines(super().to_python(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self.disabled and as_lines(initial) != as_lines(data)


class LinesField(models.TextField):
    """A list of one-line strings, stored as text with one on each line.

    Its Python value is a tuple of stripped strings; empty lines are dropped.
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
    """Strip the lines of a text or of a list; empty ones are dropped."""
    lines = (value or "").splitlines() if isinstance(value, str | None) else value
    return tuple(line.strip() for line in lines if line.strip())
