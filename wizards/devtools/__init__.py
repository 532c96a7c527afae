"""Sessions as people would have made them: for demonstrations, and to measure with.

    calendar: when people come --+
    crowd:    how they walk -----+--> past: whole sessions, to be written by journal.load; and what was searched for

Every walk is made by `flow`, so that only legal ones come out. The same plan gives the same sessions.
"""

from .fake_sessions import Plan, searches, sessions

__all__ = ["Plan", "searches", "sessions"]
