"""Numbers and times in words, and their comparison with the period before."""

from __future__ import annotations

from .confidence import Rate, compare_rates

NOTHING_BEFORE = "no earlier data to compare with"
DAY = 24 * 60 * 60  # seconds


def format_count(number: int, noun: str = "") -> str:
    """Format a count, with a noun in the singular or plural: "1,234 sessions"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}" if noun else f"{number:,}"


def format_change(now: int, before: int) -> str:
    """Compare a count with the period before, in words."""
    if now == before:
        return "also 0 before" if not now else f"same as before ({before:,})"
    if not before:
        return "none before"
    return f"{abs(now - before):,} {'more' if now > before else 'fewer'} than the {before:,} before"


def format_comparison(now: Rate, before: Rate) -> str:
    """Compare a rate with the period before, in words."""
    if not before.out_of:
        return NOTHING_BEFORE
    words = {1: "higher than", -1: "lower than", 0: "about as"}[compare_rates(now, before)]
    return (
        f"{words} the {before.percent} % before"
        if compare_rates(now, before)
        else f"{words} before ({before.percent} %)"
    )


def format_seconds(seconds: float) -> str:
    """Format a time in at most two units: "48 s", "1 min 35 s", "2 h 5 min"."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes < 1:
        return f"{whole} s"
    hours, left = divmod(minutes, 60)
    big, small = (f"{hours} h", f"{left} min") if hours else (f"{minutes} min", f"{rest} s")
    return big if small.startswith("0 ") else f"{big} {small}"


def format_duration(seconds: float) -> str:
    """Format a time that may take days: "8 s", "2 min 5 s", "3 h 20 min", "2 days 4 h"."""
    days, rest = divmod(max(0, round(seconds)), DAY)
    if not days:
        return format_seconds(rest)
    hours = rest // 3600
    return f"{days} day{'' if days == 1 else 's'}" + (f" {hours} h" if hours else "")
