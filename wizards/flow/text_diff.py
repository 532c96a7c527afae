"""A word-by-word diff of two texts."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

# Texts with a smaller share of common words are shown as one removed and one added text.
MIN_SIMILARITY = 0.3
# Pairs of words; above this, the diff ignores frequent words to stay fast.
MAX_EXACT_PAIRS = 1_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """A run of words in a text that changed: `mark` is "same", "added" or "removed"."""

    mark: str
    text: str


def diff_words(before: str, after: str) -> list[Run]:
    """Return the runs of words in order; those not removed, joined, give `after`.

    A change of spaces between words is ignored; a change of line breaks is not.
    """
    old, new = re.findall(r"\s*\S+\s*", before), re.findall(r"\s*\S+\s*", after)
    if not old or not new:
        return [Run(mark, text) for mark, text in (("removed", before), ("added", after)) if text]
    is_small = len(old) * len(new) <= MAX_EXACT_PAIRS
    matcher = difflib.SequenceMatcher(None, list(map(_key, old)), list(map(_key, new)), autojunk=not is_small)
    if matcher.quick_ratio() < MIN_SIMILARITY:
        return [Run("removed", before), Run("added", after)]
    runs: list[Run] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            runs.append(Run("same", "".join(new[j1:j2])))
            continue
        if i2 > i1:
            runs.append(Run("removed", "".join(old[i1:i2])))
        if j2 > j1:
            runs.append(Run("added", "".join(new[j1:j2])))
    return runs


def _key(token: str) -> str:
    """Return the form of a word that is compared: line breaks count, other whitespace does not."""
    return token.strip() + "\n" * token.count("\n")
