"""Numbers that requests hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.parsing import MAX_DIGITS, parse_nonnegative_int

pytestmark = pytest.mark.once


@pytest.mark.parametrize("number", [0, 1, 42, 10**MAX_DIGITS - 1])
def test_digits_are_a_number(number):
    assert parse_nonnegative_int(str(number)) == number


@pytest.mark.parametrize(
    "words", [None, "", " ", "-1", "+1", "1.0", "1_000", "²", "٣", "1\n", "9" * (MAX_DIGITS + 1), "9" * 5000]
)
def test_everything_else_is_none(words):
    assert parse_nonnegative_int(words) is None


@given(st.text())
def test_no_text_fails(words):
    assert parse_nonnegative_int(words) is None or str(int(words)) == words.lstrip("0") or not words.strip("0")
