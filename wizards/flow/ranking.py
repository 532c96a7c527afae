"""The order in which a diagnosis offers its causes.

With a single fault, trying causes by likelihood / cost, highest first, minimizes the expected time to a fix
(W. E. Smith, "Various optimizers for single-stage production", 1956; Heckerman, Breese and Rommelse,
"Decision-theoretic troubleshooting", 1995). Here likelihood is the editors' weight and cost the minutes.
Causes whose procedure erases something come last, whatever their efficiency: their minutes do not include what
the person loses.
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
    """Sort by weight / minutes, highest first, with causes that erase something last; ties keep their order."""
    return sorted(causes, key=lambda cause: (erases(cause), -cause.weight / cause.minutes))
