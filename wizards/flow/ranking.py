"""The order in which a diagnosis offers its causes.

Under one fault at a time, trying causes by likelihood / cost, highest first, has the least expected time to a fix
(W. E. Smith, "Various optimizers for single-stage production", 1956; Heckerman, Breese and Rommelse,
"Decision-theoretic troubleshooting", 1995). Here likelihood is the editors' weight and cost the minutes.
What erases something comes after everything that does not, whatever its efficiency: its minutes do not count
what the person loses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar


class Rankable(Protocol):
    @property
    def weight(self) -> int: ...
    @property
    def minutes(self) -> int: ...


C = TypeVar("C", bound=Rankable)


def best_first(causes: Iterable[C], erases: Callable[[C], bool]) -> list[C]:
    """Return `causes` with the most efficient (weight / minutes) first and those that erase last; ties keep order."""
    return sorted(causes, key=lambda cause: (erases(cause), -cause.weight / cause.minutes))
