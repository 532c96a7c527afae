"""URL converters `<code:code>` and `<capitals:code>`. Importing this module registers them."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import StringConverter

from .models import CODE_ALPHABET, CODE_LENGTH


class CodeConverter(StringConverter):
    """A session's code."""

    regex = f"[{CODE_ALPHABET}]{{{CODE_LENGTH}}}"


class CapitalsConverter(StringConverter):
    """A session's code typed with capitals. The view gets it in lower case."""

    regex = f"(?=[^/]*[A-Z])[{CODE_ALPHABET}{CODE_ALPHABET.upper()}]{{{CODE_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value.lower()

    def to_url(self, value: str) -> str:
        return value.upper()


register_converter(CodeConverter, "code")
register_converter(CapitalsConverter, "capitals")
