"""How many examples a property is tried with: few where each change is tested, many where somebody searches."""

from __future__ import annotations

import os

LONG = 40  # times as many with HYPOTHESIS_PROFILE=long


def examples(number: int) -> int:
    """Return `number`, or LONG times as many with HYPOTHESIS_PROFILE=long.

    What a test sets itself, no profile changes: a number written out would stay as it is in a long search.
    """
    return number * LONG if os.environ.get("HYPOTHESIS_PROFILE") == "long" else number
