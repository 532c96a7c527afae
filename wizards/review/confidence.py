"""Rates with confidence intervals, so that three visitors do not look like a trend."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.959964  # standard normal quantile for 95 %


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `out_of` as a share from 0 to 1; `low` and `high` are the limits of its 95 % interval."""

    count: int
    out_of: int
    share: float
    low: float
    high: float

    @property
    def percent(self) -> int:
        return round(100 * self.share)

    @property
    def low_percent(self) -> int:
        return round(100 * self.low)

    @property
    def high_percent(self) -> int:
        return round(100 * self.high)


def rate(count: int, out_of: int) -> Rate:
    """Return `count` of `out_of` with its 95 % interval (Wilson); of nothing, the interval is 0 to 1.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927): 209-212.
    Raises ValueError unless 0 <= count <= out_of.
    """
    if not 0 <= count <= out_of:
        raise ValueError(f"{count} of {out_of} is not a rate")
    if not out_of:
        return Rate(0, 0, 0.0, 0.0, 1.0)
    share, z2 = count / out_of, Z * Z
    middle = share + z2 / (2 * out_of)
    spread = Z * sqrt(share * (1 - share) / out_of + z2 / (4 * out_of * out_of))
    whole = 1 + z2 / out_of
    low = 0.0 if count == 0 else max(0.0, (middle - spread) / whole)
    high = 1.0 if count == out_of else min(1.0, (middle + spread) / whole)
    return Rate(count, out_of, share, low, high)


def compare_rates(now: Rate, before: Rate) -> int:
    """Return 1 if `now` is significantly higher than `before`, -1 if lower, 0 if the difference may be chance.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine
    17 (1998): 873-890, method 10.
    """
    gap = now.share - before.share
    below = gap - sqrt((now.share - now.low) ** 2 + (before.high - before.share) ** 2)
    above = gap + sqrt((now.high - now.share) ** 2 + (before.share - before.low) ** 2)
    return 1 if below > 0 else -1 if above < 0 else 0
