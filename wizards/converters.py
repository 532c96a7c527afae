"""URL converters `<code:code>` and `<capitals:code>`. Importing this module registers them."""

from __future__ import annotations

from django.urls import register_converter

from .models import CODE_ALPHABET, CODE_LENGTH


class Code:
    """A session's code."""

    regex = f"[{CODE_ALPHABET}]{{{CODE_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Capitals:
    """A session's code typed with capitals. The view gets it in lower case."""

    regex = f"(?=[^/]*[A-Z])[{CODE_ALPHABET}{CODE_ALPHABET.upper()}]{{{CODE_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value.lower()

    def to_url(self, value: str) -> str:
        return value.upper()


register_converter(Code, "code")
register_converter(Capitals, "capitals")
