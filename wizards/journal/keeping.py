"""Housekeeping of the log: noting what the tallies hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..models import Session


def tallied(counts: Mapping[int, int]) -> None:
    """Note how many events of each session the tallies hold, by the sessions' primary keys."""
    keys: dict[int, list[int]] = {}
    for key, count in counts.items():
        keys.setdefault(count, []).append(key)
    for count, of_count in keys.items():
        Session.objects.filter(pk__in=of_count).update(tallied=count)


def untally(since: datetime | None) -> None:
    """Note that the tallies hold nothing of the sessions that began at `since` or later; None: of any session."""
    sessions = Session.objects.filter(tallied__gt=0)
    if since:
        sessions = sessions.filter(begun_at__gte=since)
    sessions.update(tallied=0)
