"""The table says what was measured, and which goal was missed."""

import pytest

from tools.bench import results


def test_the_95th_percentile_leaves_out_one_of_twenty():
    assert results.percentile([float(number) for number in range(20, 0, -1)], 0.95) == 19


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        ({"ratio": 0.5, "goal": 1, "p95_ms": 299, "p95_goal_ms": 300}, ""),
        ({"ratio": 0.5, "goal": 1, "p95_ms": 301, "p95_goal_ms": 300}, "too slow"),
        ({"ratio": 1.5, "goal": 1, "p95_ms": 1, "p95_goal_ms": 300}, "ratio"),
        ({"ratio": 1.5, "goal": 1}, "ratio"),
        ({"ratio": 1.2, "goal": 1.3, "at_least": True}, "ratio"),
        ({"ratio": 1.3, "goal": 1.3, "at_least": True}, ""),
        ({"ratio": 99, "goal": None, "p95_ms": 299, "p95_goal_ms": 300}, ""),
        ({"ratio": 99, "goal": None, "p95_ms": 301, "p95_goal_ms": 300}, "too slow"),
    ],
)
def test_the_table_says_which_goal_is_missed(measured, words):
    assert results.misses(measured) == words
    about = {
        "database": "SQLite",
        "events": 10,
        "sessions": 1,
        "machine": "1 x that",
        "name": "overview",
        "against": "it",
    }
    line = results.table([about | {"page_ms": 2.0, "query_ms": 4.0, "load": 4.5} | measured]).splitlines()[-1]
    assert line.startswith("overview")
    assert line.rstrip().endswith(words or "4.5")
