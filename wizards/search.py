"""Search over the symptoms of the published wizards: word forms, typing errors and an unfinished last word are fine.

    query --words--> words --understand--> the stems that each may mean --score--> symptoms, best first

The index is made from the published documents and kept in memory, so that every database searches alike. One index
serves the wizards of one language; what is domain language comes from the documents' own search words.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import snowballstemmer
from django.conf.locale import LANG_INFO
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from . import flow, publishing

LONGEST = 400  # characters of a query that are read
NEAREST = 3  # symptoms offered where nothing is found
ALIKE = 0.75  # similarity of words that may be a typing error: one letter in four, two in eight
SHORTEST_MISTYPED, SHORTEST_UNFINISHED = 4, 2  # letters
LEAST, LEAST_OF_BEST = 0.15, 0.4  # a result's score, and its share of the best one's
WHOLE, PHRASE, TITLE = 0.5, 0.4, 0.3  # what counts: the query in all of a symptom, in one phrase, in the title

# English that says nothing about a symptom, that helps to rank but finds nothing alone, and forms no stemmer knows.
EMPTY = frozenset(
    "a about also am an and any are as at be been being but by can could dear did do does doing for from get gets "
    "getting got had has have having he hello help her here hey hi his i if in into is it its just keep keeps kindly "
    "m me my of on or our please pls really s she should so some that thank thanks the their them then there these "
    "they this those to up us very want wants was we were will with would you your".split()
)
WEAK = frozenset("not what where how who when why which".split())
NEGATIONS = "no none never cannot cant dont doesnt didnt isnt wasnt wont wouldnt couldnt arent havent hasnt unable without"
FORMS = {word: "not" for word in NEGATIONS.split()} | {
    form: word
    for word, forms in {
        "forget": "forgot forgotten",
        "lose": "lost losing",
        "find": "found",
        "buy": "bought",
        "give": "gave given",
        "take": "took taken",
        "break": "broke broken",
        "hold": "held",
        "know": "knew known",
        "stick": "stuck",
        "sell": "sold selling",
        "see": "saw seen",
    }.items()
    for form in forms.split()
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A symptom that was found, by its wizard's slug and its own id; the higher the score the better."""

    slug: str
    wizard_title: str
    symptom: str
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found, best first; `nearest` only where that is nothing."""

    results: tuple[Hit, ...] = ()
    nearest: tuple[Hit, ...] = ()


def find(query: str, most: int = 8) -> Found:
    """Return the symptoms that `query` may mean, at most `most`, or else the nearest ones. One database query."""
    if not query.strip():
        return Found()
    indexes = _indexes(tuple((version.pk, version.content_hash) for version in publishing.published()))
    hits = _best(hit for index in indexes for hit in index.hits(query[:LONGEST]))
    good = [hit for hit in hits if hit.score >= max(LEAST, LEAST_OF_BEST * hits[0].score)]
    if good:
        return Found(results=tuple(good[:most]))
    return Found(nearest=tuple(_best(hit for index in indexes for hit in index.nearest(query[:LONGEST]))[:NEAREST]))


def _best(hits: Iterable[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: -hit.score)


@lru_cache(maxsize=2)
def _indexes(versions: tuple[tuple[int, str], ...]) -> list[Index]:
    """Return an index for each language of these versions, (id, hash); they never change, so it is never stale."""
    by_language: dict[str, list[flow.Document]] = {}
    for pk, _ in versions:
        document = publishing.document_of(pk)
        by_language.setdefault(_algorithm(document.language), []).append(document)
    return [Index(algorithm, documents) for algorithm, documents in by_language.items()]


def _algorithm(language: str) -> str:
    """Return the stemmer's name for a language code such as de or en-GB; English where there is none."""
    name = LANG_INFO.get(language.split("-")[0], {}).get("name", "English").split()[0].lower()
    return name if name in snowballstemmer.algorithms() else "english"


def words(text: str) -> list[str]:
    """Return the words of a text in small letters, without accents and apostrophes."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'").replace("'", ""))
    return re.findall(r"[^\W_]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))


@dataclass(frozen=True, slots=True)
class Entry:
    """A symptom in the index: its label and search words as sets of stems, the title's stems, and everything."""

    hit: Hit
    phrases: tuple[frozenset[str], ...]
    title: frozenset[str]
    stems: frozenset[str]
    text: str


class Index:
    """The symptoms of some wizards of one language."""

    def __init__(self, algorithm: str, documents: list[flow.Document]) -> None:
        self.algorithm = algorithm
        texts = [text for document in documents for text in _texts(document)]
        self.single = {word for text in texts for word in words(text)}
        self.pairs = {a + b: (a, b) for text in texts for a, b in pairwise(words(text))}
        self.vocabulary = self._stemmed({word for text in texts for word in self._joined(words(text))})
        self.entries = [self._entry(document, symptom) for document in documents for symptom in document.symptoms]
        often = Counter(stem for entry in self.entries for stem in entry.stems)
        self.weight = {
            stem: math.log(1 + len(self.entries) / count) * (0.5 if stem in WEAK else 1) for stem, count in often.items()
        }

    def _entry(self, document: flow.Document, symptom: flow.Symptom) -> Entry:
        hit = Hit(document.slug, document.title, symptom.id, symptom.label, 0.0)
        phrases = [self._stems(text) for text in (symptom.label, *symptom.words)]
        title = self._stems(document.title)
        text = " ".join((symptom.label, *symptom.words, document.title))
        return Entry(hit, tuple(filter(None, phrases)), title, title.union(*phrases), text)

    def _stems(self, text: str) -> frozenset[str]:
        return frozenset(self.vocabulary[word] for word in self._joined(words(text)) if word in self.vocabulary)

    def _joined(self, said: list[str]) -> list[str]:
        """Return the words with "log in" as "login" where the documents know that as one word, and the other way."""
        joined: list[str] = []
        rest = iter(range(len(said)))
        for place in rest:
            both = "".join(said[place : place + 2])
            if place + 1 < len(said) and both in self.single:
                joined.append(both)
                next(rest)
            elif said[place] in self.single:
                joined.append(said[place])
            else:
                joined.extend(self.pairs.get(said[place], (said[place],)))
        return joined

    def _stemmed(self, said: Iterable[str]) -> dict[str, str]:
        """Return the stem of each word; empty words have none."""
        stemmer = snowballstemmer.stemmer(self.algorithm)  # not shared: a stemmer is not safe in threads
        if self.algorithm != "english":
            return {word: stemmer.stemWord(word) for word in said}
        return {word: stemmer.stemWord(FORMS.get(word, word)) for word in said if word not in EMPTY}

    def understand(self, query: str) -> list[dict[str, float]]:
        """Return for each word of the query that means something here the stems that it may mean, and how surely."""
        said = list(dict.fromkeys(self._joined(words(query))))
        stems = self._stemmed(said)
        meant = [self._meanings(word, stems[word], word == said[-1]) for word in said if word in stems]
        return [meaning for meaning in meant if meaning]

    def _meanings(self, word: str, stem: str, last: bool) -> dict[str, float]:
        found: dict[str, float] = {}
        if last and len(word) >= SHORTEST_UNFINISHED:
            for known, its_stem in self.vocabulary.items():
                if known.startswith(word):
                    found[its_stem] = max(found.get(its_stem, 0), 0.5 + 0.5 * len(word) / len(known))
        if stem in self.weight:
            found[stem] = 1.0
        elif not found and len(word) >= SHORTEST_MISTYPED:
            scorer = OSA.normalized_similarity
            for known, alike, _ in process.extract(word, self.vocabulary.keys(), scorer=scorer, score_cutoff=ALIKE):
                its_stem = self.vocabulary[known]
                found[its_stem] = max(found.get(its_stem, 0), alike**2)
        return found

    def hits(self, query: str) -> list[Hit]:
        """Return the symptoms that share more than weak words with the query."""
        meant = self.understand(query)
        total = sum(max(self.weight[stem] for stem in meaning) for meaning in meant)
        known = {stem for meaning in meant for stem in meaning} - WEAK
        return [
            replace(entry.hit, score=self._score(entry, meant, total))
            for entry in self.entries
            if not known.isdisjoint(entry.stems)
        ]

    def _score(self, entry: Entry, meant: list[dict[str, float]], total: float) -> float:
        def covered(stems: frozenset[str]) -> float:
            return sum(
                max((sure * self.weight[stem] for stem, sure in meaning.items() if stem in stems), default=0.0)
                for meaning in meant
            )

        phrase = max(
            (covered(stems) / math.sqrt(total * sum(self.weight[s] for s in stems)) for stems in entry.phrases), default=0.0
        )
        return WHOLE * covered(entry.stems) / total + PHRASE * phrase + TITLE * covered(entry.title) / total

    def nearest(self, query: str) -> list[Hit]:
        """Return every symptom by how much its letters are like the query's."""
        text = " ".join(words(query))
        return [replace(entry.hit, score=fuzz.WRatio(text, entry.text) / 100) for entry in self.entries]


def _texts(document: flow.Document) -> Iterable[str]:
    yield document.title
    for symptom in document.symptoms:
        yield from (symptom.label, *symptom.words)
