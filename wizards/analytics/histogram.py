"""Times as a histogram: small, quick to add, and independent of the order of adding.

Bucket k counts the times from 1.1^k to 1.1^(k+1) seconds; a quantile read at the bucket's geometric mean is within 5 %
of the true one. The counters are packed into one integer, 32 bits each: adding two histograms adds two integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

BASE = 1.1
LANE_BITS = 32
LANE_MASK = (1 << LANE_BITS) - 1
MAX_SECONDS = 10**7  # about four months; longer times count as this


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many times fell into each bucket. Subtraction takes out what was added before."""

    lanes: int = 0

    @classmethod
    def of(cls, *seconds: float) -> Histogram:
        return cls(sum(1 << LANE_BITS * bucket(each) for each in seconds))

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> Histogram:
        return cls(int.from_bytes(data, "little"))

    def to_bytes(self) -> bytes:
        """Serialize for the database; an empty histogram is empty bytes."""
        return self.lanes.to_bytes((self.lanes.bit_length() + 7) // 8, "little")

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram(self.lanes + other.lanes)

    def __sub__(self, other: Histogram) -> Histogram:
        return Histogram(self.lanes - other.lanes)

    def counts(self) -> list[int]:
        """Return the counts by bucket, shortest times first."""
        return [self.lanes >> shift & LANE_MASK for shift in range(0, self.lanes.bit_length(), LANE_BITS)]

    @property
    def count(self) -> int:
        return sum(self.counts())

    def quantile(self, share: float) -> float | None:
        """Return the seconds that a share (0 to 1) of the times do not exceed, within 5 %; None if empty."""
        counts = self.counts()
        remaining = share * sum(counts)
        for index, count in enumerate(counts):
            remaining -= count
            if count and remaining <= 0:
                return sqrt(BASE ** (2 * index + 1))
        return None


def bucket(seconds: float) -> int:
    """Return the index of the bucket of a time; times below a second go to the first."""
    return int(log(min(seconds, MAX_SECONDS)) / log(BASE)) if seconds > 1 else 0
