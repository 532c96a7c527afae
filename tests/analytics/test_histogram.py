"""Histograms of times: small, addable, and right within five per cent."""

from __future__ import annotations

from statistics import quantiles

from hypothesis import given
from hypothesis import strategies as st

from wizards.analytics import Histogram

TIMES = st.lists(st.floats(1, 100_000), max_size=60)


def test_an_empty_histogram_has_no_quantile():
    assert Histogram().quantile(0.5) is None
    assert Histogram().bytes() == b""


@given(TIMES, TIMES)
def test_adding_histograms_is_adding_their_times(one, other):
    assert Histogram.of(*one) + Histogram.of(*other) == Histogram.of(*one, *other)


@given(TIMES, TIMES)
def test_subtracting_takes_out_what_was_added_in_whatever_order(one, other):
    assert (Histogram() - Histogram.of(*one)) + Histogram.of(*one, *other) == Histogram.of(*other)


@given(TIMES)
def test_what_is_written_reads_back(times):
    assert Histogram.read(Histogram.of(*times).bytes()) == Histogram.of(*times)


@given(TIMES)
def test_nothing_is_lost(times):
    assert Histogram.of(*times).count == len(times)


@given(st.lists(st.floats(1, 100_000), min_size=1, max_size=60), st.floats(0.01, 1))
def test_a_quantile_is_within_five_per_cent_of_a_time_that_so_many_do_not_exceed(times, share):
    found = Histogram.of(*times).quantile(share)
    ordered = sorted(times)
    true = next(time for number, time in enumerate(ordered, 1) if number >= share * len(ordered) - 1e-9)
    assert abs(found / true - 1) < 0.05


def test_the_median_of_a_hundred_times_is_near_the_true_one():
    times = [float(each) for each in range(10, 110)]
    assert abs(Histogram.of(*times).quantile(0.5) / quantiles(times, n=2)[0] - 1) < 0.06


def test_a_time_below_a_second_and_one_of_a_year_have_a_place():
    assert Histogram.of(0.0, -3.0, 0.2).quantile(1) < 1.1
    assert Histogram.of(400 * 86_400.0).count == 1
