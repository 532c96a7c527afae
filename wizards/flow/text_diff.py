"""How one text became another, word by word."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

# Texts of which less than this share of words is common are shown as one that went and one that came.
MIN_SIMILARITY = 0.3
# Pairs of words up to which they are compared one by one; beyond, frequent words are left out of the search.
EASY = 1_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """A run of words in a text that changed: `mark` is "same", "added" or "removed"."""

    mark: str
    text: str


def diff_words(before: str, after: str) -> list[Run]:
    """Return the runs of words that stayed, went and came, in order; joined, all but the removed ones give `after`.

    A change of blanks between words is none; a change of line breaks is one.
    """
    old, new = re.findall(r"\s*\S+\s*", before), re.findall(r"\s*\S+\s*", after)
    if not old or not new:
        return [Run(mark, text) for mark, text in (("removed", before), ("added", after)) if text]
    easy = len(old) * len(new) <= EASY
    matcher = difflib.SequenceMatcher(None, list(map(_key, old)), list(map(_key, new)), autojunk=not easy)
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
    """Return a word with its blanks as they are compared: line breaks count, blanks do not."""
    return token.strip() + "\n" * token.count("\n")
