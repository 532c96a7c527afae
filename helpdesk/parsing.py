"""Whole numbers as requests hold them: text that anybody may have written."""

from __future__ import annotations

MAX_DIGITS = 18  # digits that every key and every counter has room for


def parse_nonnegative_int(words: str | None) -> int | None:
    """Return the number that these words are, from 0 on; None where they are none, or one that nothing here has."""
    return int(words) if words and words.isascii() and words.isdigit() and len(words) <= MAX_DIGITS else None
