"""Histograms of times: small, addable, and accurate within five percent."""

from __future__ import annotations

from statistics import quantiles

from hypothesis import given
from hypothesis import strategies as st

from wizards.analytics import Histogram

TIMES = st.lists(st.floats(1, 100_000), max_size=60)


def test_an_empty_histogram_has_no_quantile():
    assert Histogram().quantile(0.5) is None
    assert Histogram().to_bytes() == b""


@given(TIMES, TIMES)
def test_adding_histograms_is_adding_their_times(first, second):
    assert Histogram.of(*first) + Histogram.of(*second) == Histogram.of(*first, *second)


@given(TIMES, TIMES)
def test_subtraction_undoes_addition_in_any_order(first, second):
    assert (Histogram() - Histogram.of(*first)) + Histogram.of(*first, *second) == Histogram.of(*second)


@given(TIMES)
def test_bytes_round_trip(times):
    assert Histogram.from_bytes(Histogram.of(*times).to_bytes()) == Histogram.of(*times)


@given(TIMES)
def test_every_time_is_counted(times):
    assert Histogram.of(*times).count == len(times)


@given(st.lists(st.floats(1, 100_000), min_size=1, max_size=60), st.floats(0.01, 1))
def test_a_quantile_is_within_five_percent_of_the_true_one(times, share):
    quantile_seconds = Histogram.of(*times).quantile(share)
    ordered = sorted(times)
    expected = next(time for number, time in enumerate(ordered, 1) if number >= share * len(ordered) - 1e-9)
    assert abs(quantile_seconds / expected - 1) < 0.05


def test_the_median_of_a_hundred_times_is_close_to_the_true_one():
    times = [float(each) for each in range(10, 110)]
    assert abs(Histogram.of(*times).quantile(0.5) / quantiles(times, n=2)[0] - 1) < 0.06


def test_times_below_a_second_and_of_a_year_are_counted():
    assert Histogram.of(0.0, -3.0, 0.2).quantile(1) < 1.1
    assert Histogram.of(400 * 86_400.0).count == 1
