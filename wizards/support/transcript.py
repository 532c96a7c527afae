"""What a session's customer told us and tried, as data and as plain text. Nothing personal is in it."""

from __future__ import annotations

import unicodedata
from textwrap import indent
from typing import Any

from .. import journal, presenters
from ..models import Session, Version

Transcript = dict[str, Any]

LONGEST_LINE = 150


def build_transcript(session: Session) -> Transcript:
    """Return what will be sent about a session: the product, what they told us, what was tried, where it stands.

    Holds only strings, numbers, lists and dicts: it is kept as JSON.
    """
    history = journal.history_of(session)
    symptom = history.document.symptom(session.symptom)
    told = [
        {"question": storable(each["question"]), "answer": storable(each["answer"])}
        for each in presenters.answers_so_far(session, history)
    ]
    return {
        "reference": presenters.reference(session),
        "product": {
            "slug": history.document.slug,
            "title": storable(history.document.title),
            "version": Version.objects.values_list("number", flat=True).get(pk=session.version_id),
        },
        "symptom": storable(symptom.label) if symptom else "",
        "told": told,
        "stands_at": storable(presenters.heading(presenters.page_of(session))),
        "status": session.status,
    }


def as_text(told: Transcript) -> str:
    """Return a transcript as lines of plain text."""
    lines = [
        f"Product: {one_line(told['product']['title'])}",
        f"Reference: {told['reference']}",
        "",
        "What they told us, and what was tried",
        "",
    ]
    for number, each in enumerate(told["told"], 1):
        lines.append(f"{number:3}. {one_line(each['question'])}")
        lines.append(indent(each["answer"].strip() or "(no answer)", "     "))
    lines += ["", f"Where it stands: {one_line(told['stands_at'])}", ""]
    return "\n".join(lines)


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Return a text as one line for a header: no line breaks, no control characters, at most so many characters."""
    plain = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text)
    line = " ".join(plain.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def storable(text: str) -> str:
    """Return a text that every database keeps and every encoding takes: no NUL, no half characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
