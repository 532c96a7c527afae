"""Parsing numbers in requests."""

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
    "text", [None, "", " ", "-1", "+1", "1.0", "1_000", "²", "٣", "1\n", "9" * (MAX_DIGITS + 1), "9" * 5000]
)
def test_everything_else_is_none(text):
    assert parse_nonnegative_int(text) is None


@given(st.text())
def test_no_text_fails(text):
    assert parse_nonnegative_int(text) is None or str(int(text)) == text.lstrip("0") or not text.strip("0")
