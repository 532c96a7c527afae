"""Chance that can be repeated."""

from random import Random


def dice(*words: object) -> Random:
    """Return a source of chance: the same words give the same throws, on every machine."""
    return Random("/".join(map(str, words)))  # nosec B311  # noqa: S311  nothing here is a secret
