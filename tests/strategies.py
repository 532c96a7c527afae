"""Random wizards and random texts for property tests (hypothesis).

documents()         documents without errors, with nasty texts
broken_documents()  documents of a valid form whose graph may have any error: dangling targets, duplicate ids, ...
texts()             what an editor might type, including the worst
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from wizards import flow
from wizards.flow.fields import is_visible

# Texts that file formats tend to convert.
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


def texts() -> st.SearchStrategy[str]:
    """Return texts of one or more lines, as typed, or empty."""
    alphabet = st.one_of(st.sampled_from("\n\t \r-#:'\"ab"), _CHARACTERS)
    return st.one_of(st.just(""), st.sampled_from(NASTY_TEXTS + NASTY), st.text(alphabet, max_size=20))


def documents(slug: str = "toy") -> st.SearchStrategy[flow.Document]:
    """Return documents in which `flow.find_errors` finds nothing."""
    return _documents(slug, broken=False)


def broken_documents(slug: str = "toy") -> st.SearchStrategy[flow.Document]:
    """Return documents of a valid form, with or without errors in the graph. They all have the symptom “s”."""
    return _documents(slug, broken=True)


@st.composite
def _documents(draw: st.DrawFn, slug: str, broken: bool) -> flow.Document:
    facts = draw(st.lists(st.sampled_from(FACTS), max_size=3, unique=True))
    build = _Builder(draw, broken, facts)
    names = build.names(draw(st.sampled_from(range(1, 7))))
    procedures = build.procedures()
    nodes = [build.node(index, names, [each["id"] for each in procedures]) for index in range(len(names))]
    return flow.Document.model_validate(
        {
            "format": 1,
            "slug": slug,
            "title": build.title(),
            "summary": build.text(),
            "language": build.pick("en", "de", "pt-BR", "zh-Hant"),
            "sources": [{"id": fact, "fact": build.text(), "open": build.pick(True, False)} for fact in facts],
            "symptoms": build.symptoms(names),
            "nodes": draw(st.permutations(nodes)),
            "procedures": procedures,
        }
    )


class _Builder:
    """Builds the parts of one document as plain data.

    The graph is drawn choice by choice; one seed places the texts drawn, which is fast.
    """

    def __init__(self, draw: st.DrawFn, broken: bool, facts: Sequence[str]) -> None:
        self.draw = draw
        self.broken = broken
        self.known = [*facts, "editorial"]
        self.pool = ["", *draw(st.lists(texts(), min_size=2, max_size=6))]
        self.random = random.Random(draw(st.integers(0, 2**32)))

    def pick(self, *options: Any) -> Any:
        return self.random.choice(options)

    def text(self) -> str:
        return self.random.choice(self.pool)

    def title(self) -> str:
        text = self.text()
        return text if is_visible(text) else "Title"

    def label(self, index: int) -> str:
        return f"{self.text()} {index}"

    def texts(self) -> list[str]:
        return self.random.choices(self.pool, k=self.pick(0, 1, 2))

    def cited(self) -> list[str]:
        return self.random.choices(self.known, k=self.pick(0, 1, 2))

    def names(self, size: int) -> list[str]:
        """Return `size` different ids; in broken documents, some may be repeated."""
        names = self.random.sample(IDS, size)
        return names + self.random.choices(names, k=self.pick(0, 0, 1, 2)) if self.broken else names

    def ids(self) -> list[str]:
        """Return one to three ids for the parts of a list; in broken documents, none or repeated ones."""
        size = self.random.randint(0 if self.broken else 1, 3)
        return self.random.choices(IDS[:6], k=size) if self.broken else self.random.sample(IDS, size)

    def target(self, names: Sequence[str], index: int | None = None) -> str:
        """Return a target after `place` in `names`, so that every node leads to the last one; any target for None."""
        if self.broken:
            return self.draw(st.sampled_from([*names, *names, *names, "", "nowhere"]))
        return self.draw(st.sampled_from(names if index is None else names[index + 1 :]))

    def symptoms(self, names: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {
                "id": name,
                "label": self.label(index),
                "words": self.texts(),
                "to": names[0] if self.broken and index == 0 else self.target(names),
                "sources": self.cited(),
            }
            for index, name in enumerate(["s", *self.random.sample(IDS, self.pick(0, 1, 2))])
        ]

    def procedures(self) -> list[dict[str, Any]]:
        return [
            {
                "id": name,
                "title": self.title(),
                "minutes": self.pick(1, 5, 600),
                "text": self.text(),
                "erases": self.pick("", "Every setting.", self.text()),
                "worked_label": self.text(),
                "failed_label": self.text(),
                "steps": [self.step(each) for each in self.ids()],
                "sources": self.cited(),
            }
            for name in self.random.sample(IDS, self.pick(1, 2, 3))
        ]

    def step(self, name: str) -> dict[str, Any]:
        return {
            "id": name,
            "title": self.title(),
            "text": self.text(),
            "say": self.text(),
            "signs": self.texts(),
            "caution": self.text(),
            "note": self.text(),
            "picture": self.pick(None, {"name": "card", "alt": self.title()}),
            "sources": self.cited(),
            **self.pick({}, {"hold_seconds": 20}, {"wait_seconds": 3600}),
        }

    def node(self, index: int, names: Sequence[str], procedures: Sequence[str]) -> dict[str, Any]:
        kinds = ["question", "diagnosis", "procedure", "diagnosis", "procedure", "outcome"]
        kind = "outcome" if index == len(names) - 1 else self.draw(st.sampled_from(kinds))
        common = {
            "id": names[index],
            "kind": kind,
            "title": self.title(),
            "text": self.text(),
            "say": self.text(),
            "note": self.text(),
            "sources": self.cited(),
        }
        return common | getattr(self, f"_{kind}")(index, names, [*procedures, ""] if self.broken else procedures)

    def _question(self, index: int, names: Sequence[str], procedures: Sequence[str]) -> dict[str, Any]:
        return {
            "choices": [
                {
                    "id": name,
                    "label": self.label(place),
                    "reason": self.text(),
                    "to": self.target(names, index if place == 0 else None),
                }
                for place, name in enumerate(self.ids())
            ]
        }

    def _diagnosis(self, index: int, names: Sequence[str], procedures: Sequence[str]) -> dict[str, Any]:
        causes = [
            {
                "id": "none" if self.broken and name == "null" else name,
                "label": self.label(place),
                "reason": self.text(),
                "weight": self.random.randint(1, 100),
                "minutes": self.random.randint(1, 600),
                "procedure": self.draw(st.sampled_from(procedures)),
                "worked": self.pick("", self.target(names)),
                "failed": self.pick("", self.target(names)),
                "note": self.text(),
                "sources": self.cited(),
            }
            for place, name in enumerate(self.ids())
        ]
        return {"causes": causes, "worked": self.target(names), "failed": self.target(names, index)}

    def _procedure(self, index: int, names: Sequence[str], procedures: Sequence[str]) -> dict[str, Any]:
        targets = {name: self.target(names) for name in ("failed", "blocked", "declined")}
        return {"procedure": self.draw(st.sampled_from(procedures)), "worked": self.target(names, index)} | targets

    def _outcome(self, index: int, names: Sequence[str], procedures: Sequence[str]) -> dict[str, Any]:
        return {"result": self.pick("solved", "unsolved", "advice")}
