"""Search over the symptoms of published wizards; handles word forms, typing errors and an unfinished last word.

    query --tokenize--> words --parse_query--> the stems that each may stand for --score--> symptoms, best first

The index is built in memory from the published documents, so it does not depend on the database. There is one index
for each language. Vocabulary of products comes from the documents' search words, never from this module.
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

MAX_QUERY = 400  # characters; the rest of a query is ignored
MAX_NEAREST = 3  # symptoms offered if nothing is found
MIN_WORD_SIMILARITY = 0.75  # of a mistyped word: one wrong letter in four, two in eight
MIN_LENGTH_FIRST_LETTER_TYPO = 6  # letters; in shorter words the first letter must match
MIN_LENGTH_TYPO, MIN_LENGTH_PREFIX = 4, 2  # letters
MIN_SCORE_RATIO = 0.4  # lowest score of a result relative to the best one
# Weights in a score of the share of the query found in the whole symptom, in its best phrase, in the wizard's title.
ENTRY_WEIGHT, PHRASE_WEIGHT, TITLE_WEIGHT = 0.5, 0.4, 0.3

# English: stop words, words that affect the ranking but find nothing alone, irregular forms.
STOP_WORDS_TEXT = """
a about also am an and any are as at be been being but by can could did do does doing for from get gets getting got had
has have having he hello help her here hey hi his i if im in into is it its ive just keep keeps kindly m me my of on or
our please pls really s she should so some t that thank thanks the their them then there these they this those to up us
very want wants was we were will with would you your
"""
WEAK_WORDS = {"not", "what", "where", "how", "who", "when", "why", "which"}
IRREGULAR_FORMS = """
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
STOP_WORDS = frozenset(STOP_WORDS_TEXT.split())
BASE_FORMS = {form: base for base, *forms in map(str.split, IRREGULAR_FORMS.strip().splitlines()) for form in forms}


@dataclass(frozen=True, slots=True)
class Hit:
    """A symptom found, by its wizard's slug and its id."""

    slug: str
    wizard_title: str
    symptom: str
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The results, best first; `nearest` only if there are none."""

    results: tuple[Hit, ...] = ()
    nearest: tuple[Hit, ...] = ()


def search(query: str, limit: int = 8) -> SearchResult:
    """Return up to `limit` matching symptoms, or else the nearest ones; nothing for a blank query.

    Takes one database query if the published versions are cached.
    """
    query = query[:MAX_QUERY]
    if not query.strip():
        return SearchResult()
    indexes = _indexes(tuple((version.pk, version.content_hash) for version in publishing.published_versions()))
    hits = _best_first(hit for index in indexes for hit in index.hits(query))
    if hits:
        return SearchResult(results=tuple(hit for hit in hits[:limit] if hit.score >= MIN_SCORE_RATIO * hits[0].score))
    nearest = _best_first(hit for index in indexes for hit in index.nearest(query))
    return SearchResult(nearest=tuple(nearest[:MAX_NEAREST]))


def _best_first(hits: Iterable[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: -hit.score)


@lru_cache(maxsize=2)
def _indexes(versions: tuple[tuple[int, str], ...]) -> list[Index]:
    """Build an index for each language. `versions` are (id, content hash), immutable, so the cache is never stale."""
    by_stemmer: dict[str, list[flow.Document]] = {}
    for version_id, _ in versions:
        document = publishing.document_of(version_id)
        by_stemmer.setdefault(stemmer_for(document.language), []).append(document)
    return [Index(name, documents) for name, documents in by_stemmer.items()]


def stemmer_for(language: str) -> str:
    """Return the name of the stemmer for a language code such as de or en-GB; English if there is none."""
    name = LANG_INFO.get(language.split("-")[0], {}).get("name", "English").split()[0].lower()
    return name if name in snowballstemmer.algorithms() else "english"


def tokenize(text: str) -> list[str]:
    """Return the words of a text in lower case, without accents and apostrophes."""
    letters = unicodedata.normalize("NFKD", re.sub("['’]", "", text.casefold()))
    return re.findall(r"[^\W_]+", "".join(letter for letter in letters if not unicodedata.combining(letter)))


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A word of a query: the stems that it may stand for, each with a similarity in (0, 1], and its weights."""

    stems: dict[str, float]
    weight: float  # inverse frequency among symptoms
    title_weight: float  # inverse frequency among titles; 0 if all titles have the word, or none

    def similarity(self, stems: frozenset[str]) -> float:
        return max((similarity for stem, similarity in self.stems.items() if stem in stems), default=0.0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A symptom: its label and search words as texts and as sets of stems, the stems of the title, and all stems."""

    hit: Hit
    texts: tuple[str, ...]
    phrases: tuple[frozenset[str], ...]
    title: frozenset[str]
    stems: frozenset[str]


class Index:
    """A search index of wizards of one language."""

    def __init__(self, stemmer: str, documents: list[flow.Document]) -> None:
        self.stemmer = stemmer
        documents = [document for document in documents if document.symptoms]
        texts = [tokenize(text) for document in documents for text in _texts(document)]
        self.pairs = {first + second: (first, second) for text in texts for first, second in pairwise(text)}
        self.words = {word for text in texts for word in text}
        self.stems = self._stems(self.words)
        rows = zip_longest(*([self._entry(document, part) for part in document.symptoms] for document in documents))
        self.entries = [entry for row in rows for entry in row if entry]  # ties alternate between wizards
        frequency = Counter(stem for entry in self.entries for stem in entry.stems)
        self.weight = {stem: math.log(1 + len(self.entries) / count) for stem, count in frequency.items()}
        title_frequency = Counter(stem for document in documents for stem in self._stems_of(document.title))
        self.title_weight = {stem: math.log(len(documents) / count) for stem, count in title_frequency.items()}

    def _entry(self, document: flow.Document, symptom: flow.Symptom) -> Entry:
        hit = Hit(document.slug, document.title, symptom.id, symptom.label, 0.0)
        phrases = [self._stems_of(text) for text in (symptom.label, *symptom.words)]
        texts = tuple(" ".join(tokenize(text)) for text in (symptom.label, *symptom.words))
        title = self._stems_of(document.title)
        return Entry(hit, texts, tuple(filter(None, phrases)), title, title.union(*phrases))

    def _stems_of(self, text: str) -> frozenset[str]:
        return frozenset(self.stems[word] for word in self._with_compounds(tokenize(text)) if word in self.stems)

    def _stems(self, words: Iterable[str]) -> dict[str, str]:
        """Return the stem of each word; stop words have none."""
        stemmer = snowballstemmer.stemmer(self.stemmer)  # a new one: stemmers are not thread-safe
        if self.stemmer != "english":
            return {word: stemmer.stemWord(word) for word in words}
        return {word: stemmer.stemWord(BASE_FORMS.get(word, word)) for word in words if word not in STOP_WORDS}

    def _with_compounds(self, words: list[str]) -> Iterator[str]:
        """Yield the words, and their compounds joined or split, as in "log in" and "login"."""
        for word in words:
            yield from (word, *self.pairs.get(word, ()))
        yield from (first + second for first, second in pairwise(words) if first + second in self.words)

    def parse_query(self, query: str) -> list[QueryTerm]:
        """Return the terms of a query, without words that match nothing in the index."""
        words = tokenize(query)
        stems = self._stems(dict.fromkeys(self._with_compounds(words)))
        by_word = (self._similar_stems(word, stem, word == words[-1]) for word, stem in stems.items())
        return [self._term(similarities) for similarities in by_word if similarities]

    def _term(self, stems: dict[str, float]) -> QueryTerm:
        weight = min(self.weight[stem] for stem in stems)
        return QueryTerm(stems, weight, title_weight=max(self.title_weight.get(stem, 0.0) for stem in stems))

    def _similar_stems(self, word: str, stem: str, last: bool) -> dict[str, float]:
        """Return the stems that a word may stand for: its own, those that it begins, else those it may be a typo of."""
        similar = {stem: 1.0} if stem in self.weight else {}
        if last and len(word) >= MIN_LENGTH_PREFIX:
            for known, known_stem in self.stems.items():
                if known.startswith(word):
                    similar[known_stem] = max(similar.get(known_stem, 0.0), (1 + len(word) / len(known)) / 2)
        if not similar and len(word) >= MIN_LENGTH_TYPO:
            typos = process.extract(
                word, self.stems.keys(), scorer=OSA.normalized_similarity, score_cutoff=MIN_WORD_SIMILARITY
            )
            for known, similarity, _ in typos:
                if known[0] == word[0] or len(word) >= MIN_LENGTH_FIRST_LETTER_TYPO:
                    similar[self.stems[known]] = max(similar.get(self.stems[known], 0.0), similarity**2)
        return similar

    def hits(self, query: str) -> list[Hit]:
        """Return the symptoms that share a word with the query that is not weak."""
        terms = self.parse_query(query)
        significant = {stem for term in terms for stem in term.stems} - WEAK_WORDS
        coverage = len(terms) / (len(tokenize(query)) or 1)  # equal within an index: it ranks the languages
        return [
            replace(entry.hit, score=self._score(entry, terms) * coverage)
            for entry in self.entries
            if not significant.isdisjoint(entry.stems)
        ]

    def _score(self, entry: Entry, terms: list[QueryTerm]) -> float:
        total = sum(term.weight for term in terms)
        title_weight = sum(term.title_weight for term in terms) or 1.0
        terms = [term for term in terms if not entry.stems.isdisjoint(term.stems)]

        def share(stems: frozenset[str]) -> float:
            return sum(term.weight * term.similarity(stems) for term in terms) / total

        def phrase_score(phrase: frozenset[str]) -> float:
            return share(phrase) * math.sqrt(total / sum(self.weight[stem] for stem in phrase))

        title_score = sum(term.title_weight * term.similarity(entry.title) for term in terms) / title_weight
        best = max(map(phrase_score, entry.phrases), default=0.0)
        return ENTRY_WEIGHT * share(entry.stems) + PHRASE_WEIGHT * best + TITLE_WEIGHT * title_score

    def nearest(self, query: str) -> list[Hit]:
        """Return every symptom, scored by the string similarity of its most similar phrase."""
        words = " ".join(tokenize(query))
        return [
            replace(entry.hit, score=max(fuzz.token_sort_ratio(words, text) for text in entry.texts) / 100)
            for entry in self.entries
        ]


def _texts(document: flow.Document) -> Iterator[str]:
    yield document.title
    for symptom in document.symptoms:
        yield from (symptom.label, *symptom.words)
