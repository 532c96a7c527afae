"""Times as a histogram: small, quick to add, and the same in whatever order it was added up.

Bucket k counts the times from 1.1^k to 1.1^(k+1) seconds, so that a quantile read from it is within 5 % of the true
one. The counters lie side by side, 32 bits each, in one whole number: adding two histograms is adding two numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

BASE = 1.1
BITS = 32
LANE = (1 << BITS) - 1
MAX_SECONDS = 10**7  # seconds: some months; anything longer counts as this


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many times fell into each bucket. Subtracting takes out again what was added before."""

    lanes: int = 0

    @classmethod
    def of(cls, *seconds: float) -> Histogram:
        """Return the histogram of these times."""
        return cls(sum(1 << BITS * bucket(each) for each in seconds))

    @classmethod
    def read(cls, data: bytes | memoryview) -> Histogram:
        """Return the histogram that `bytes` wrote."""
        return cls(int.from_bytes(data, "little"))

    def bytes(self) -> bytes:
        """Return the histogram as the database keeps it; empty for an empty one."""
        return self.lanes.to_bytes((self.lanes.bit_length() + 7) // 8, "little")

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram(self.lanes + other.lanes)

    def __sub__(self, other: Histogram) -> Histogram:
        return Histogram(self.lanes - other.lanes)

    def counts(self) -> list[int]:
        """Return how many times fell into each bucket, from the shortest on."""
        return [self.lanes >> shift & LANE for shift in range(0, self.lanes.bit_length(), BITS)]

    @property
    def count(self) -> int:
        """How many times there are."""
        return sum(self.counts())

    def quantile(self, share: float) -> float | None:
        """Return the seconds that a share (0 to 1) of the times do not exceed, within 5 %; None of an empty one."""
        counts = self.counts()
        left = share * sum(counts)
        for place, count in enumerate(counts):
            left -= count
            if count and left <= 0:
                return sqrt(BASE ** (2 * place + 1))
        return None


def bucket(seconds: float) -> int:
    """Return the number of the bucket for a time; anything below a second goes to the first."""
    return int(log(min(seconds, MAX_SECONDS)) / log(BASE)) if seconds > 1 else 0
