"""The field types of a document: ids, one-line labels, texts, references."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

MAX_LINE = 300
MAX_TEXT = 8_000
MAX_COMBINING_MARKS = 30


@dataclass(frozen=True, slots=True)
class Reference:
    """Marks a field that holds the id of something else in the same document; empty means "not set yet"."""

    to: Literal["node", "procedure"]


def printable(value: object) -> object:
    """Return a text in NFC, with plain line feeds, stripped; raise ValueError for control characters.

    Runs before the length is checked, because NFC can make a text longer. Values that are not text are returned as is.
    """
    if not isinstance(value, str):
        return value
    _limit_combining_marks(value)
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t":
            raise ValueError(f"contains the control character U+{ord(character):04X}; delete it")
    return text


def _limit_combining_marks(text: str) -> None:
    """Raise ValueError for too many marks on one letter: NFC takes quadratic time in them (30: Unicode's UAX 15)."""
    if text.isascii():
        return
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MAX_COMBINING_MARKS:
            raise ValueError(f"has more than {MAX_COMBINING_MARKS} accents on one letter; delete some")


def one_line(value: str) -> str:
    return " ".join(value.split())


def is_visible(text: str) -> bool:
    """Return whether a text has a letter, digit, punctuation mark or symbol, not only spaces and joiners."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def non_empty_lines(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(None, lines))


Id = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
FACT_ID = r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$"
FactId = Annotated[str, StringConstraints(strict=True, pattern=FACT_ID)]
Line = Annotated[
    str,
    StringConstraints(strict=True, max_length=MAX_LINE),
    BeforeValidator(printable),
    AfterValidator(one_line),
]
Text = Annotated[str, StringConstraints(strict=True, max_length=MAX_TEXT), BeforeValidator(printable)]
Lines = Annotated[tuple[Line, ...], AfterValidator(non_empty_lines)]
_Target = Annotated[str, StringConstraints(strict=True, pattern=r"^([a-z0-9][a-z0-9-]{0,63})?$")]
NodeId = Annotated[_Target, Reference("node")]
ProcedureId = Annotated[_Target, Reference("procedure")]
Sources = Annotated[tuple[FactId, ...], Field(max_length=40)]


class Part(BaseModel):
    """A piece of a document: immutable, without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)
