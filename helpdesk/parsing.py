"""Parses numbers in requests, where anybody can write anything."""

from __future__ import annotations

MAX_DIGITS = 18  # fits every key and every counter


def parse_nonnegative_int(text: str | None) -> int | None:
    """Return the number; None for anything but ASCII digits, and for more than MAX_DIGITS of them."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None
