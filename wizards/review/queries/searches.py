"""The search log: what people typed, counted by wording, and what came of it.

    rows of Search in the period --grouped by query--> QueryTally --> QueryRow, most often without a result first

A search ends in one of three ways: nothing was found, nothing suitable was found, or a symptom that was found was
chosen. After the first, one of the nearest symptoms may have been chosen, too.
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

PAGE_SIZE = 50
MAX_SIMILAR = 500  # choices after other wordings that are compared for a suggestion
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
        return self.nothing + self.unfit + self.chosen

    @property
    def nothing_rate(self) -> Rate:
        """Those that found nothing, out of all."""
        return rate(self.nothing, self.searches)


@dataclass(frozen=True, slots=True)
class Target:
    """A symptom of a draft to which words can be added; `revision` is its wizard's."""

    key: Key
    wizard_title: str
    label: str
    revision: int
    lines: frozenset[str]

    @property
    def value(self) -> str:
        """The form value: slug/key@revision."""
        return f"{'/'.join(self.key)}@{self.revision}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A symptom, and how many times it was chosen."""

    label: str
    wizard_title: str
    count: int


@dataclass(frozen=True, slots=True)
class QueryRow:
    """A wording as it was last typed, how the searches for it ended, and what was chosen.

    `existing` are the symptoms that already have these search words; `suggestion` is the one they probably belong to.
    """

    words: str
    outcomes: SearchOutcomes
    choices: tuple[Choice, ...] = ()
    existing: tuple[Target, ...] = ()
    suggestion: Target | None = None


@dataclass(slots=True)
class QueryTally:
    """What the searches for one wording add up to; `last` is the primary key of the latest."""

    nothing: int = 0
    unfit: int = 0
    chosen: int = 0
    last: int = 0
    choices: Counter[Key] = field(default_factory=Counter)

    def add(self, found: int, choice: Key, count: int, last: int) -> None:
        """Add searches of one kind. A row without a symptom is not a choice."""
        has_choice = bool(choice[1])
        self.nothing += count * (not found)
        self.unfit += count * (found > 0 and not has_choice)
        self.chosen += count * (found > 0 and has_choice)
        self.last = max(self.last, last)
        if has_choice:
            self.choices[choice] += count

    @property
    def rank(self) -> tuple[int, int, int]:
        """Sort key: most often without a result first."""
        return -self.nothing, -self.unfit, -self.chosen


class SearchReport:
    """The search log of a period, counted in one query."""

    def __init__(self, filters: Filter) -> None:
        """Count the searches of the period; the rest of the filter does not apply to searches."""
        start, end = filters.begun
        self.wizard = filters.wizard
        self.tallies: dict[str, QueryTally] = {}
        rows = Search.objects.filter(at__gte=start, at__lt=end).order_by()
        groups = rows.values_list("query", "found", "wizard", "symptom").annotate(Count("pk"), Max("pk"))
        for query, found, wizard, symptom, count, last in groups.iterator(CHUNK):
            self.tallies.setdefault(query, QueryTally()).add(found, (wizard, symptom), count, last)

    @cached_property
    def outcomes(self) -> SearchOutcomes:
        tallies = self.tallies.values()
        return SearchOutcomes(
            sum(t.nothing for t in tallies), sum(t.unfit for t in tallies), sum(t.chosen for t in tallies)
        )

    def page(self, number: int) -> tuple[list[QueryRow], bool]:
        """Return the rows of a page (from 1), and whether there are more; in two queries."""
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
        """Sort all targets, those most often chosen after similar words first."""
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
        """Score symptoms by choices after the same wording, or else after wordings that share words with it."""
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
    return frozenset(text.casefold() for text in texts)


def search_summary(outcomes: SearchOutcomes, worst: QueryRow | None) -> str:
    """Summarize the log in a sentence; `worst` is the wording that most often found nothing."""
    if not outcomes.searches:
        return "No searches were logged in this period."
    if not outcomes.nothing and outcomes.searches == 1:
        return "The only search in this period found something."
    if not outcomes.nothing:
        return f"All {outcomes.searches:,} searches found something."
    sentence = f"{outcomes.nothing:,} of {outcomes.searches:,} searches found nothing"
    if worst is None:
        return f"{sentence}."
    return f"{sentence}, most often “{worst.words}”: {worst.outcomes.nothing} of {worst.outcomes.searches}."
