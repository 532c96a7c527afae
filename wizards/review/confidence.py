"""Rates with their intervals, so that three visitors do not look like a trend."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.959964  # of the normal distribution: 95 %


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `out_of`, as a share from 0 to 1, with the limits between which the true share is likely to lie."""

    count: int
    out_of: int
    share: float
    low: float
    high: float

    @property
    def percent(self) -> int:
        """The share in whole percent."""
        return round(100 * self.share)

    @property
    def low_percent(self) -> int:
        """The lower limit in whole percent."""
        return round(100 * self.low)

    @property
    def high_percent(self) -> int:
        """The upper limit in whole percent."""
        return round(100 * self.high)


def rate(count: int, out_of: int) -> Rate:
    """Return `count` of `out_of` with its 95 % interval; of nothing, anything from 0 to 1 is likely.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927): 209-212.
    Raises ValueError for counts that are no part of the whole.
    """
    if not 0 <= count <= out_of:
        raise ValueError(f"{count} is no part of {out_of}")
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
    """Return 1 where a share is higher than another, -1 where it is lower, 0 where the difference may be luck.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine
    17 (1998): 873-890, method 10.
    """
    gap = now.share - before.share
    below = gap - sqrt((now.share - now.low) ** 2 + (before.high - before.share) ** 2)
    above = gap + sqrt((now.high - now.share) ** 2 + (before.share - before.low) ** 2)
    return 1 if below > 0 else -1 if above < 0 else 0
