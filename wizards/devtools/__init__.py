"""Realistic made-up sessions, for demonstrations and measurements.

    fake_calendar: when people come ---+
    fake_visitors: what they answer ---+--> fake_sessions: whole sessions for journal.load_sessions, and searches

`flow` makes every walk, so only legal ones come out. The same plan gives the same sessions.
"""

from .fake_sessions import Plan, searches, sessions

__all__ = ["Plan", "searches", "sessions"]
