"""The same questions for every app that is measured: a ring of them, so that a walk never ends. Plain data, no Django.

A page of them weighs about 3 kB as HTML.
"""

from __future__ import annotations

from typing import Any

QUESTIONS = 59  # in the ring that is measured most
WORKER = "/worker"  # where each app says which worker answers
TEXT = "Look at the camera from the front, close enough to read what is printed beside its light."
CHOICES = {
    "steady": ("The light is on and does not change", "It has power, and it has started."),
    "slow": ("The light blinks slowly", "It is looking for the network that it knows."),
    "quick": ("The light blinks quickly", "It waits for an app to set it up."),
    "off": ("There is no light at all", "It may have no power, or the light may be switched off."),
}


def node(number: int) -> str:
    """Return the id of a question."""
    return f"light-{number}"


def title(number: int) -> str:
    """Return the heading of a question."""
    return f"What does light {number} of the camera do just now?"


def document(size: int, slug: str = "ring") -> dict[str, Any]:
    """Return a wizard of so many nodes as plain data: questions that lead to the next one, and one way out."""
    nodes: list[dict[str, Any]] = [
        {
            "id": node(number),
            "kind": "question",
            "title": title(number),
            "text": TEXT,
            "choices": [
                {"id": name, "label": label, "reason": reason, "to": target(name, number, size - 1)}
                for name, (label, reason) in CHOICES.items()
            ],
        }
        for number in range(size - 1)
    ]
    nodes.append({"id": "out", "kind": "outcome", "title": "It works", "result": "solved"})
    symptoms = [{"id": "s", "label": "It does not work", "to": node(0)}]
    return {"format": 1, "slug": slug, "title": f"Wizard {slug}", "symptoms": symptoms, "nodes": nodes}


def target(name: str, number: int, questions: int) -> str:
    """Return where an answer leads: the last choice ends the walk, the others lead on."""
    return "out" if name == "off" else node((number + 1) % questions)
