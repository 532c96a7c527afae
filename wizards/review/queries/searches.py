"""What people typed into the search, counted by the words, and what came of it.

    rows of Search in the period --counted by the words--> Tally --> Typed, those first that most often found nothing

Each search came to one of three ends: nothing was found, something was found but none of it fitted, or a symptom that
was found was chosen. The first may have ended with a choice, too: among the nearest that were offered.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Count, Max

from ...models import Search, Symptom
from ..confidence import Rate, rate
from ..filters import Filter

PAGE_SIZE = 50  # rows
MAX_SIMILAR = 500  # choices after other words that are looked through for a likely symptom
CHUNK = 2_000

Key = tuple[str, str]  # a wizard's slug, and the key of one of its symptoms


@dataclass(frozen=True, slots=True)
class SearchOutcomes:
    """How searches ended: searches = nothing + unfit + chosen."""

    nothing: int
    unfit: int
    chosen: int

    @property
    def searches(self) -> int:
        """All of them."""
        return self.nothing + self.unfit + self.chosen

    @property
    def nothing_rate(self) -> Rate:
        """Those that found nothing, of all."""
        return rate(self.nothing, self.searches)


@dataclass(frozen=True, slots=True)
class Target:
    """A symptom of a draft, as words can be added to it; `revision` is that of its wizard."""

    key: Key
    wizard_title: str
    label: str
    revision: int
    lines: frozenset[str]

    @property
    def value(self) -> str:
        """What a form sends for it: slug/key@revision."""
        return f"{'/'.join(self.key)}@{self.revision}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A symptom that was chosen so many times."""

    label: str
    wizard_title: str
    count: int


@dataclass(frozen=True, slots=True)
class QueryRow:
    """Words as they were typed last, how the searches for them ended, and what was chosen then.

    `there` are the symptoms among whose search words they are already; `likely` is the one to which they may belong.
    """

    words: str
    outcomes: SearchOutcomes
    choices: tuple[Choice, ...] = ()
    existing: tuple[Target, ...] = ()
    suggestion: Target | None = None


@dataclass(slots=True)
class QueryTally:
    """What the searches for some words add up to; `last` is the key of the latest."""

    nothing: int = 0
    unfit: int = 0
    chosen: int = 0
    last: int = 0
    choices: Counter[Key] = field(default_factory=Counter)

    def add(self, found: int, choice: Key, count: int, last: int) -> None:
        """Add searches of the same kind; a choice of no symptom is none."""
        has_choice = bool(choice[1])
        self.nothing += count * (not found)
        self.unfit += count * (found > 0 and not has_choice)
        self.chosen += count * (found > 0 and has_choice)
        self.last = max(self.last, last)
        if has_choice:
            self.choices[choice] += count

    @property
    def rank(self) -> tuple[int, int, int]:
        """By what the words are ranked: those first that found nothing most often."""
        return -self.nothing, -self.unfit, -self.chosen


class SearchReport:
    """The search log of a period, counted in one question to the database."""

    def __init__(self, filters: Filter) -> None:
        """Count the searches of the period; the rest of the filter says nothing about a search."""
        start, end = filters.begun
        self.wizard = filters.wizard
        self.tallies: dict[str, QueryTally] = {}
        rows = Search.objects.filter(at__gte=start, at__lt=end).order_by()
        groups = rows.values_list("query", "found", "wizard", "symptom").annotate(Count("pk"), Max("pk"))
        for query, found, wizard, symptom, count, last in groups.iterator(CHUNK):
            self.tallies.setdefault(query, QueryTally()).add(found, (wizard, symptom), count, last)

    @cached_property
    def outcomes(self) -> SearchOutcomes:
        """How all of them ended."""
        tallies = self.tallies.values()
        return SearchOutcomes(
            sum(t.nothing for t in tallies), sum(t.unfit for t in tallies), sum(t.chosen for t in tallies)
        )

    def page(self, number: int) -> tuple[list[QueryRow], bool]:
        """Return the words on a page, counted from 1, and whether there are more; in two queries."""
        ranked = sorted(self.tallies.items(), key=lambda item: (*item[1].rank, item[0]))
        start = (number - 1) * PAGE_SIZE
        page = ranked[start : start + PAGE_SIZE]
        words = dict(Search.objects.filter(pk__in=[tally.last for _, tally in page]).values_list("pk", "words"))
        rows = [self._row(query, words.get(tally.last, query), tally) for query, tally in page]
        return rows, len(ranked) > start + PAGE_SIZE

    @cached_property
    def targets(self) -> dict[Key, Target]:
        """The symptoms of the drafts (of the filter's wizard), in their order."""
        rows = Symptom.objects.filter(wizard__archived=False).order_by("wizard__title", "wizard_id", "place")
        if self.wizard:
            rows = rows.filter(wizard__slug=self.wizard)
        columns = ("wizard__slug", "key", "wizard__title", "label", "wizard__revision", "words")
        return {
            (slug, key): Target((slug, key), title or slug, label or key, revision, casefolded_lines(label, *words))
            for slug, key, title, label, revision, words in rows.values_list(*columns)
        }

    def ranked_targets(self, query: str) -> list[Target]:
        """Return all targets, those first that people most often chose after like words."""
        likelihoods = self._likelihoods(query)
        return sorted(self.targets.values(), key=lambda target: -likelihoods[target.key])

    def _row(self, query: str, words: str, tally: QueryTally) -> QueryRow:
        existing = tuple(target for target in self.targets.values() if words.casefold() in target.lines)
        likelihoods = defaultdict(float) if existing else self._likelihoods(query)
        best = max(self.targets, key=lambda key: likelihoods[key], default=None)
        return QueryRow(
            words=words,
            outcomes=SearchOutcomes(tally.nothing, tally.unfit, tally.chosen),
            choices=tuple(self._choice(key, count) for key, count in tally.choices.most_common()),
            existing=existing,
            suggestion=self.targets[best] if best and likelihoods[best] else None,
        )

    def _choice(self, key: Key, count: int) -> Choice:
        target = self.targets.get(key)
        return Choice(target.label, target.wizard_title, count) if target else Choice(key[1], key[0], count)

    @cached_property
    def _most_chosen(self) -> list[tuple[int, frozenset[str], Key]]:
        choices = ((count, query, key) for query, tally in self.tallies.items() for key, count in tally.choices.items())
        top = heapq.nlargest(MAX_SIMILAR, choices)
        return [(count, frozenset(query.split()), key) for count, query, key in top]

    def _likelihoods(self, query: str) -> dict[Key, float]:
        """Return how likely each symptom is meant: chosen after these very words, else after words that share some."""
        likelihoods: dict[Key, float] = defaultdict(float)
        if query in self.tallies and self.tallies[query].choices:
            likelihoods.update(self.tallies[query].choices)
            return likelihoods
        words = frozenset(query.split())
        for count, other_words, key in self._most_chosen:
            if shared := len(words & other_words):
                likelihoods[key] += count * shared / len(words | other_words)
        return likelihoods


def casefolded_lines(*texts: str) -> frozenset[str]:
    """Return texts such that case does not tell them apart."""
    return frozenset(text.casefold() for text in texts)


def search_summary(outcomes: SearchOutcomes, worst: QueryRow | None) -> str:
    """Return what the log tells, in a sentence; `worst` are the words for which most often nothing was found."""
    if not outcomes.searches:
        return "In these days nobody chose what a search found, and nobody found nothing."
    if not outcomes.nothing and outcomes.searches == 1:
        return "Something was found the one time that somebody searched."
    if not outcomes.nothing:
        return f"Something was found each time: all {outcomes.searches:,} searches."
    sentence = f"{outcomes.nothing:,} of {outcomes.searches:,} searches found nothing"
    if worst is None:
        return f"{sentence}."
    return f"{sentence}, most often “{worst.words}”: {worst.outcomes.nothing} of {worst.outcomes.searches}."
