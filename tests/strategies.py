"""Random wizards and random texts for property tests (hypothesis).

documents()         faultless documents with nasty texts
broken_documents()  documents of a valid form whose graph may be wrong in every way: dangling targets, ids twice, ...
lines(), texts()    what an editor might type, the worst of it included
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from wizards import flow

# Texts that file formats like to read as something else.
NASTY = (
    *(
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "n",
        "null",
        "~",
        "true",
        "False",
        "NULL",
        "0",
        "-1",
        "+5",
        "007",
        "0x1F",
        "1_000",
    ),
    *("1e3", ".5", "12:30", "1:2:3", "2024-01-31", "2024-01-31 10:00:00", ".inf", ".nan", "=", "<<", "-", "?", ":"),
    *(
        "- a",
        "? a",
        "a: b",
        "a:",
        "a #b",
        "# c",
        "'",
        '"',
        "''",
        '"a"',
        "{",
        "}",
        "[]",
        "{}",
        ",",
        "|",
        ">",
        "|-",
        "%YAML",
    ),
    *("@a", "`a`", "&a", "*a", "!a", "!!int 3", "---", "...", "--- a", "\\", "\\n", "a\\u0041", "</script>", "{{ a }}"),
    *(
        "\u2028",
        "a\u2028b",
        "a\u2029b",
        "\ufeff",
        "a\ufeffb",
        "\u00a0a\u00a0",
        "e\u0301",
        "\u0958",
        "\u200f\u202e",
        "\ufffd",
    ),
    *("😀", "👩‍👧", "\U0010ffff", "\ufffe", "ß", "ſ", "İ", "K", "  a   b  ", "a\tb", "long " * 40, "x" * 140, "9" * 25),
)
NASTY_TEXTS = (
    *(
        "a\nb",
        "a\n\nb",
        "a\n\n\n  b",
        "a \nb",
        "a\n \nb",
        "  a\n b",
        "a\n\tb",
        "a\r\nb",
        "a\rb",
        "- a\n- b",
        "a: 1\nb: 2",
    ),
    *(
        "---\na\n---",
        "a\n...\nb",
        "# a\n\n* b\n* c",
        "a\n\n",
        "\n\na",
        "a\u2028\nb",
        "a\n\u2029 b",
        "a\n#b",
        "|\n a",
        "'\n\"",
    ),
)
IDS = (
    *("a", "b", "c", "no", "yes", "null", "true", "1", "07", "1-2", "z-", "on", "n" * 64, "confirm", "next", "worked"),
    *("failed", "back", "end", "e3"),
)
FACTS = ("F1", "ZR-P1", "1", "no", "X" * 32)

_CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"))


def lines(empty: bool = True) -> st.SearchStrategy[str]:
    """Return one-line texts, as typed; without `empty`, such that something is left when blanks are cut off."""
    found = st.one_of(st.sampled_from(NASTY), st.text(_CHARACTERS, max_size=12))
    return st.one_of(st.just(""), found) if empty else found.filter(lambda line: bool(line.strip()))


def texts() -> st.SearchStrategy[str]:
    """Return texts of several lines, as typed."""
    alphabet = st.one_of(st.sampled_from("\n\t \r-#:'\"ab"), _CHARACTERS)
    return st.one_of(st.just(""), st.sampled_from(NASTY_TEXTS + NASTY), st.text(alphabet, max_size=20))


def ids(least: int, most: int) -> st.SearchStrategy[list[str]]:
    """Return lists of different ids."""
    return st.lists(st.sampled_from(IDS), min_size=least, max_size=most, unique=True)


def documents(slug: str = "toy") -> st.SearchStrategy[flow.Document]:
    """Return faultless documents: `flow.errors` finds nothing in them."""
    return _documents(slug, broken=False)


def broken_documents(slug: str = "toy") -> st.SearchStrategy[flow.Document]:
    """Return documents of a valid form, with or without errors in the graph. The symptom “s” is always there."""
    return _documents(slug, broken=True)


@st.composite
def _documents(draw: st.DrawFn, slug: str, broken: bool) -> flow.Document:
    facts = draw(st.lists(st.sampled_from(FACTS), max_size=3, unique=True))
    make = _Make(draw, broken, facts)
    names = draw(ids(1, 6)) + (draw(st.lists(st.sampled_from(IDS), max_size=2)) if broken else [])
    procedures = make.procedures()
    nodes = [make.node(place, names, [each["id"] for each in procedures]) for place in range(len(names))]
    return flow.Document.model_validate(
        {
            "format": 1,
            "slug": slug,
            "title": draw(lines(empty=False)),
            "summary": draw(lines()),
            "language": draw(st.sampled_from(["en", "de", "pt-BR", "zh-Hant"])),
            "sources": [{"id": fact, "fact": draw(lines()), "open": draw(st.booleans())} for fact in facts],
            "symptoms": make.symptoms(names),
            "nodes": draw(st.permutations(nodes)),
            "procedures": procedures,
        }
    )


class _Make:
    """Makes the parts of one document as plain data."""

    def __init__(self, draw: st.DrawFn, broken: bool, facts: Sequence[str]) -> None:
        self.draw = draw
        self.broken = broken
        self.cited = st.lists(st.sampled_from([*facts, "editorial"]), max_size=2)

    def label(self, place: int) -> str:
        return f"{self.draw(lines())} {place}"

    def ids(self, least: int, most: int) -> list[str]:
        if self.broken:
            return self.draw(st.lists(st.sampled_from(IDS[:6]), max_size=most))
        return self.draw(ids(least, most))

    def target(self, names: Sequence[str], place: int | None = None) -> str:
        """Return a target: after `place` in `names`, so that every node leads to the last one; else anywhere."""
        if self.broken:
            return self.draw(st.sampled_from([*names, *names, *names, "", "nowhere"]))
        return self.draw(st.sampled_from(names if place is None else names[place + 1 :]))

    def symptoms(self, names: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {
                "id": name,
                "label": self.label(place),
                "words": self.draw(st.lists(lines(), max_size=2)),
                "to": self.target(names),
                "sources": self.draw(self.cited),
            }
            for place, name in enumerate(["s", *self.draw(ids(0, 2))])
        ]

    def procedures(self) -> list[dict[str, Any]]:
        return [
            {
                "id": name,
                "title": self.draw(lines(empty=False)),
                "minutes": self.draw(st.sampled_from([1, 5, 600])),
                "text": self.draw(texts()),
                "erases": self.draw(st.one_of(st.just(""), st.just("Every setting."), texts())),
                "steps": [self.step(each) for each in self.ids(1, 3)],
                "sources": self.draw(self.cited),
            }
            for name in self.draw(ids(1, 3))
        ]

    def step(self, name: str) -> dict[str, Any]:
        countdown = self.draw(st.sampled_from([{}, {"hold_seconds": 20}, {"wait_seconds": 3600}]))
        picture = {"name": "card", "alt": self.draw(lines(empty=False))} if self.draw(st.booleans()) else None
        return {
            "id": name,
            "title": self.draw(lines(empty=False)),
            "text": self.draw(texts()),
            "say": self.draw(texts()),
            "signs": self.draw(st.lists(lines(), max_size=2)),
            "caution": self.draw(texts()),
            "picture": picture,
            "sources": self.draw(self.cited),
            **countdown,
        }

    def node(self, place: int, names: Sequence[str], procedures: Sequence[str]) -> dict[str, Any]:
        kinds = ["question", "diagnosis", "procedure", "outcome"]
        kind = "outcome" if place == len(names) - 1 else self.draw(st.sampled_from(kinds))
        common = {
            "id": names[place],
            "kind": kind,
            "title": self.draw(lines(empty=False)),
            "text": self.draw(texts()),
            "note": self.draw(texts()),
            "sources": self.draw(self.cited),
        }
        return common | getattr(self, f"_{kind}")(place, names, [*procedures, ""] if self.broken else procedures)

    def _question(self, place: int, names: Sequence[str], procedures: Sequence[str]) -> dict[str, Any]:
        return {
            "choices": [
                {
                    "id": name,
                    "label": self.label(index),
                    "reason": self.draw(lines()),
                    "to": self.target(names, place if index == 0 else None),
                }
                for index, name in enumerate(self.ids(1, 3))
            ]
        }

    def _diagnosis(self, place: int, names: Sequence[str], procedures: Sequence[str]) -> dict[str, Any]:
        causes = [
            {
                "id": "none" if self.broken and name == "null" else name,
                "label": self.label(index),
                "reason": self.draw(lines()),
                "weight": self.draw(st.integers(1, 100)),
                "minutes": self.draw(st.integers(1, 600)),
                "procedure": self.draw(st.sampled_from(procedures)),
                "worked": self.draw(st.sampled_from(["", self.target(names)])),
            }
            for index, name in enumerate(self.ids(1, 3))
        ]
        return {"causes": causes, "worked": self.target(names), "failed": self.target(names, place)}

    def _procedure(self, place: int, names: Sequence[str], procedures: Sequence[str]) -> dict[str, Any]:
        ways = {way: self.target(names) for way in ("failed", "blocked", "declined")}
        return {"procedure": self.draw(st.sampled_from(procedures)), "worked": self.target(names, place)} | ways

    def _outcome(self, place: int, names: Sequence[str], procedures: Sequence[str]) -> dict[str, Any]:
        return {"result": self.draw(st.sampled_from(["solved", "unsolved", "advice"]))}
