"""A session's answers and attempts, as data and as plain text, without personal data."""

from __future__ import annotations

import unicodedata
from textwrap import indent
from typing import Any

from .. import journal, presenters
from ..models import Session, Version

Transcript = dict[str, Any]

MAX_LINE = 150


def build_transcript(session: Session) -> Transcript:
    """Return what is sent about a session. It is stored as JSON: only strings, numbers, lists and dicts.

    Its keys are part of the webhooks' format (docs/connecting.md).
    """
    history = journal.history_of(session)
    symptom = history.document.symptom(session.symptom)
    answers = [
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
        "told": answers,
        "stands_at": storable(presenters.heading(presenters.page_of(session))),
        "status": session.status,
    }


def as_text(transcript: Transcript) -> str:
    lines = [
        f"Product: {one_line(transcript['product']['title'])}",
        f"Reference: {transcript['reference']}",
        "",
        "What they told us, and what was tried",
        "",
    ]
    for number, each in enumerate(transcript["told"], 1):
        lines.append(f"{number:3}. {one_line(each['question'])}")
        lines.append(indent(each["answer"].strip() or "(no answer)", "     "))
    lines += ["", f"Where it stands: {one_line(transcript['stands_at'])}", ""]
    return "\n".join(lines)


def one_line(text: str, max_length: int = MAX_LINE) -> str:
    """Return text that is safe in a header: no line breaks, no control characters, cut to `max_length`."""
    plain = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    line = " ".join(plain.split())
    return line if len(line) <= max_length else line[: max_length - 1].rstrip() + "…"


def storable(text: str) -> str:
    """Remove NUL and replace lone surrogates, which some databases and encodings refuse."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
