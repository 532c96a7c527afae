"""One more customer, who needs no browser. It reads and writes the database itself, as `walks` does not."""

from __future__ import annotations

from tests.browser.walks import Journey
from tests.visitor import Visitor
from wizards import flow


def walked(document: flow.Document, journey: Journey) -> Visitor:
    """Let one more customer walk a journey by HTTP, without a browser; return them, who stand at its end."""
    return Visitor().begin(document.slug, journey.symptom).walk(*journey.answers)
