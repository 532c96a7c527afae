"""Figures in words, and against the period before."""

from __future__ import annotations

from math import sqrt

from .confidence import Rate

NOTHING_BEFORE = "nothing before to compare with"


def format_count(number: int, thing: str = "") -> str:
    """Say a count, with its thing in the singular or plural: "1,234 sessions"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}" if thing else f"{number:,}"


def format_change(now: int, before: int) -> str:
    """Say how a count is against the period before."""
    if now == before:
        return "none before either" if not now else f"as many as before ({before:,})"
    if not before:
        return "none before"
    return f"{abs(now - before):,} {'more' if now > before else 'fewer'} than the {before:,} before"


def format_difference(now: Rate, before: Rate) -> int:
    """Return 1 where a share is higher than another, -1 where it is lower, 0 where the difference may be luck.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine
    17 (1998): 873-890, method 10.
    """
    gap = now.share - before.share
    below = gap - sqrt((now.share - now.low) ** 2 + (before.high - before.share) ** 2)
    above = gap + sqrt((now.high - now.share) ** 2 + (before.share - before.low) ** 2)
    return 1 if below > 0 else -1 if above < 0 else 0


def format_comparison(now: Rate, before: Rate) -> str:
    """Say how a share is against the period before."""
    if not before.out_of:
        return NOTHING_BEFORE
    words = {1: "higher than", -1: "lower than", 0: "about as"}[format_difference(now, before)]
    return (
        f"{words} the {before.percent} % before"
        if format_difference(now, before)
        else f"{words} before ({before.percent} %)"
    )
