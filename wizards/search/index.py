"""Search over the symptoms of the published wizards: word forms, typing errors and an unfinished last word are fine.

    query --words--> words --understand--> the stems that each may mean --score--> symptoms, best first

The index is made from the published documents and kept in memory, so every database finds the same. One index serves
the wizards of one language. What belongs to the devices comes from the documents' own search words, never from here.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, zip_longest

import snowballstemmer
from django.conf.locale import LANG_INFO
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from .. import flow, publishing

MAX_QUERY = 400  # characters of a query that are read
MAX_NEAREST = 3  # symptoms offered where nothing is found
MIN_SIMILARITY = (
    0.75  # similarity of words from which on one may be the other mistyped: one letter in four, two in eight
)
LONG = 6  # letters from which on even the first one may be mistyped
SHORTEST_MISTYPED, SHORTEST_UNFINISHED = 4, 2  # letters
LEAST_OF_BEST = 0.4  # a result's score, at least, as a share of the best one's
WHOLE, PHRASE, TITLE = 0.5, 0.4, 0.3  # what counts: the query in all of the symptom, in one phrase, in the title

# English: words that say nothing about a symptom, words that help to rank but find nothing alone, irregular forms.
EMPTY = """
a about also am an and any are as at be been being but by can could did do does doing for from get gets getting got had
has have having he hello help her here hey hi his i if im in into is it its ive just keep keeps kindly m me my of on or
our please pls really s she should so some t that thank thanks the their them then there these they this those to up us
very want wants was we were will with would you your
"""
WEAK = {"not", "what", "where", "how", "who", "when", "why", "which"}
IRREGULAR = """
not no none never cannot cant dont doesnt didnt isnt arent wasnt wont wouldnt couldnt hasnt havent unable
break broke broken
buy bought
find found
forget forgot forgotten
give gave given
hold held
know knew known
lose lost losing
see saw seen
sell sold
stick stuck
take took taken
"""
NO_STEM = frozenset(EMPTY.split())
REGULAR = {form: word for word, *forms in map(str.split, IRREGULAR.strip().splitlines()) for form in forms}


@dataclass(frozen=True, slots=True)
class Hit:
    """A symptom that was found, by its wizard's slug and its own id; the higher the score, the better."""

    slug: str
    wizard_title: str
    symptom: str
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a query found, best first; `nearest` only where that is nothing."""

    results: tuple[Hit, ...] = ()
    nearest: tuple[Hit, ...] = ()


def search(query: str, most: int = 8) -> SearchResult:
    """Return the symptoms that `query` may mean, at most `most`, or else the nearest ones; nothing for a blank query.

    One database query, once the published versions are in memory.
    """
    query = query[:MAX_QUERY]
    if not query.strip():
        return SearchResult()
    indexes = _indexes(tuple((version.pk, version.content_hash) for version in publishing.published_versions()))
    hits = _best(hit for index in indexes for hit in index.hits(query))
    if hits:
        return SearchResult(results=tuple(hit for hit in hits[:most] if hit.score >= LEAST_OF_BEST * hits[0].score))
    return SearchResult(nearest=tuple(_best(hit for index in indexes for hit in index.nearest(query))[:MAX_NEAREST]))


def _best(hits: Iterable[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: -hit.score)


@lru_cache(maxsize=2)
def _indexes(versions: tuple[tuple[int, str], ...]) -> list[Index]:
    """Return an index for each language of these versions (id, content hash). They never change: it is never stale."""
    by_stemmer: dict[str, list[flow.Document]] = {}
    for version_id, _ in versions:
        document = publishing.document_of(version_id)
        by_stemmer.setdefault(stemmer_of(document.language), []).append(document)
    return [Index(name, documents) for name, documents in by_stemmer.items()]


def stemmer_of(language: str) -> str:
    """Return the name of the stemmer for a language code such as de or en-GB: English where there is none."""
    name = LANG_INFO.get(language.split("-")[0], {}).get("name", "English").split()[0].lower()
    return name if name in snowballstemmer.algorithms() else "english"


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters, without accents and apostrophes."""
    letters = unicodedata.normalize("NFKD", re.sub("['’]", "", text.casefold()))
    return re.findall(r"[^\W_]+", "".join(letter for letter in letters if not unicodedata.combining(letter)))


@dataclass(frozen=True, slots=True)
class Meaning:
    """A word of a query: the stems that it may stand for, each with 0 < likeness <= 1, and how much it tells."""

    stems: dict[str, float]
    weight: float  # about symptoms: the rarer, the more
    naming: float  # about wizards: 0 where all titles have it, or none

    def likeness(self, stems: frozenset[str]) -> float:
        """Return how surely the word is one of `stems`."""
        return max((likeness for stem, likeness in self.stems.items() if stem in stems), default=0.0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A symptom in the index: its label and search words as texts and as sets of stems, its title's stems, and all."""

    hit: Hit
    texts: tuple[str, ...]
    phrases: tuple[frozenset[str], ...]
    title: frozenset[str]
    stems: frozenset[str]


class Index:
    """The symptoms of some wizards of one language."""

    def __init__(self, stemmer: str, documents: list[flow.Document]) -> None:
        self.stemmer = stemmer
        documents = [document for document in documents if document.symptoms]
        texts = [words_of(text) for document in documents for text in _texts(document)]
        self.pairs = {first + second: (first, second) for text in texts for first, second in pairwise(text)}
        self.words = {word for text in texts for word in text}
        self.stems = self._stemmed(self.words)
        rows = zip_longest(*([self._entry(document, part) for part in document.symptoms] for document in documents))
        self.entries = [entry for row in rows for entry in row if entry]  # where scores are equal, wizards take turns
        often = Counter(stem for entry in self.entries for stem in entry.stems)
        self.weight = {stem: math.log(1 + len(self.entries) / count) for stem, count in often.items()}
        titles = Counter(stem for document in documents for stem in self._stems_in(document.title))
        self.naming = {stem: math.log(len(documents) / count) for stem, count in titles.items()}

    def _entry(self, document: flow.Document, symptom: flow.Symptom) -> Entry:
        hit = Hit(document.slug, document.title, symptom.id, symptom.label, 0.0)
        phrases = [self._stems_in(text) for text in (symptom.label, *symptom.words)]
        texts = tuple(" ".join(words_of(text)) for text in (symptom.label, *symptom.words))
        title = self._stems_in(document.title)
        return Entry(hit, texts, tuple(filter(None, phrases)), title, title.union(*phrases))

    def _stems_in(self, text: str) -> frozenset[str]:
        return frozenset(self.stems[word] for word in self._said(words_of(text)) if word in self.stems)

    def _stemmed(self, words: Iterable[str]) -> dict[str, str]:
        """Return the stem of each word; empty words have none."""
        stemmer = snowballstemmer.stemmer(self.stemmer)  # made anew: threads must not share one
        if self.stemmer != "english":
            return {word: stemmer.stemWord(word) for word in words}
        return {word: stemmer.stemWord(REGULAR.get(word, word)) for word in words if word not in NO_STEM}

    def _said(self, words: list[str]) -> Iterator[str]:
        """Yield the words, and what they are when written together or apart, as in "log in" and "login"."""
        for word in words:
            yield from (word, *self.pairs.get(word, ()))
        yield from (first + second for first, second in pairwise(words) if first + second in self.words)

    def understand(self, query: str) -> list[Meaning]:
        """Return what the words of the query mean here, without those that mean nothing."""
        words = words_of(query)
        stems = self._stemmed(dict.fromkeys(self._said(words)))
        found = (self._likenesses(word, stem, word == words[-1]) for word, stem in stems.items())
        return [self._meaning(likenesses) for likenesses in found if likenesses]

    def _meaning(self, stems: dict[str, float]) -> Meaning:
        weight = min(self.weight[stem] for stem in stems)
        return Meaning(stems, weight, naming=max(self.naming.get(stem, 0.0) for stem in stems))

    def _likenesses(self, word: str, stem: str, last: bool) -> dict[str, float]:
        """Return the stems that a word may stand for: its own, those it begins, else those it is a slip for."""
        found = {stem: 1.0} if stem in self.weight else {}
        if last and len(word) >= SHORTEST_UNFINISHED:
            for known, its_stem in self.stems.items():
                if known.startswith(word):
                    found[its_stem] = max(found.get(its_stem, 0.0), (1 + len(word) / len(known)) / 2)
        if not found and len(word) >= SHORTEST_MISTYPED:
            alike = process.extract(
                word, self.stems.keys(), scorer=OSA.normalized_similarity, score_cutoff=MIN_SIMILARITY
            )
            for known, likeness, _ in alike:
                if known[0] == word[0] or len(word) >= LONG:
                    found[self.stems[known]] = max(found.get(self.stems[known], 0.0), likeness**2)
        return found

    def hits(self, query: str) -> list[Hit]:
        """Return the symptoms that share more than weak words with the query."""
        meanings = self.understand(query)
        telling = {stem for meaning in meanings for stem in meaning.stems} - WEAK
        understood = len(meanings) / (len(words_of(query)) or 1)  # the same for all here: indexes compare by it
        return [
            replace(entry.hit, score=self._score(entry, meanings) * understood)
            for entry in self.entries
            if not telling.isdisjoint(entry.stems)
        ]

    def _score(self, entry: Entry, meanings: list[Meaning]) -> float:
        total = sum(meaning.weight for meaning in meanings)
        naming = sum(meaning.naming for meaning in meanings) or 1.0
        meanings = [meaning for meaning in meanings if not entry.stems.isdisjoint(meaning.stems)]

        def share(stems: frozenset[str]) -> float:
            return sum(meaning.weight * meaning.likeness(stems) for meaning in meanings) / total

        def closeness(phrase: frozenset[str]) -> float:
            return share(phrase) * math.sqrt(total / sum(self.weight[stem] for stem in phrase))

        named = sum(meaning.naming * meaning.likeness(entry.title) for meaning in meanings) / naming
        best = max(map(closeness, entry.phrases), default=0.0)
        return WHOLE * share(entry.stems) + PHRASE * best + TITLE * named

    def nearest(self, query: str) -> list[Hit]:
        """Return every symptom, scored by how much the letters of its most similar phrase are like the query's."""
        said = " ".join(words_of(query))
        return [
            replace(entry.hit, score=max(fuzz.token_sort_ratio(said, text) for text in entry.texts) / 100)
            for entry in self.entries
        ]


def _texts(document: flow.Document) -> Iterator[str]:
    yield document.title
    for symptom in document.symptoms:
        yield from (symptom.label, *symptom.words)
