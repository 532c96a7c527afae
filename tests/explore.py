"""Every screen of a document that a person can reach, found without the site: for tests of whole wizards."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from wizards import flow
from wizards.flow.procedures import FAILED, NEXT, WORKED


@dataclass(frozen=True)
class Screen:
    """One screen that a person can reach: from `symptom` by these `answers`, the shortest way there is."""

    symptom: str
    answers: tuple[str, ...]
    position: flow.Position

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it a screen of its own; a list with some causes tried is the same list."""
        return self.position.node, self.position.cause, self.position.step

    def offered(self, document: flow.Document) -> tuple[str, ...]:
        """Return the answers that the page shows: fewer than are legal, on the way to a procedure's last step."""
        node = flow.node_at(document, self.position)
        answers = node.answers(document, self.position)
        if NEXT not in answers:
            return answers
        procedure = node.current_procedure(document, self.position)
        hidden = {FAILED, WORKED} if procedure and procedure.erases else {FAILED}
        return tuple(each for each in answers if each not in hidden)

    def after(self, document: flow.Document, answer: str) -> Screen:
        """Return the screen that an answer leads to."""
        return Screen(self.symptom, (*self.answers, answer), flow.next_position(document, self.position, answer))


def screens(document: flow.Document) -> list[Screen]:
    """Return every screen that can be reached from any symptom, nearest first."""
    waiting = deque(Screen(symptom.id, (), flow.entry_position(document, symptom.id)) for symptom in document.symptoms)
    seen: dict[tuple[str, str, str], Screen] = {}
    while waiting:
        screen = waiting.popleft()
        if seen.setdefault(screen.key, screen) is screen:
            waiting.extend(screen.after(document, answer) for answer in screen.offered(document))
    return list(seen.values())


def ways(found: list[Screen]) -> list[Screen]:
    """Return the screens whose ways, taken together, pass every screen: those on no other screen's way."""
    passed = {(each.symptom, each.answers[:length]) for each in found for length in range(len(each.answers))}
    return [each for each in found if (each.symptom, each.answers) not in passed]
