"""The order of causes: the least expected time to a fix, and nothing erased before it must be."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from wizards.flow.ranking import best_first


@dataclass(frozen=True)
class Cause:
    weight: int
    minutes: int
    erases: bool = False


CAUSES = st.lists(st.builds(Cause, st.integers(1, 100), st.integers(1, 600), st.booleans()), max_size=5)


def ordered(causes):
    return best_first(causes, lambda cause: cause.erases)


def expected_minutes(causes) -> float:
    """Return the expected time to the fix, when exactly one cause is at fault, likely as its weight says."""
    spent, total = 0, 0
    for cause in causes:
        spent += cause.minutes
        total += cause.weight * spent
    return total


@given(CAUSES)
def test_no_other_order_has_a_shorter_expected_time_to_the_fix(causes):
    harmless = [Cause(each.weight, each.minutes) for each in causes]
    assert expected_minutes(ordered(harmless)) == min(map(expected_minutes, permutations(harmless)))


@given(CAUSES)
def test_what_erases_comes_last_whatever_its_weight(causes):
    erasing = [cause.erases for cause in ordered(causes)]
    assert erasing == sorted(erasing)


@given(CAUSES)
def test_every_cause_is_offered_once(causes):
    assert sorted(map(repr, ordered(causes))) == sorted(map(repr, causes))


@given(st.integers(1, 100), st.integers(1, 20))
def test_equal_causes_keep_the_editors_order(weight, minutes):
    first, second = Cause(weight, minutes), Cause(weight, minutes)
    assert [id(cause) for cause in ordered([first, second])] == [id(first), id(second)]
