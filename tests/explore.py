"""Finds every screen of a document that a person can reach, without the site: for tests of whole wizards."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from wizards import flow
from wizards.flow.procedures import FAILED, NEXT, WORKED


@dataclass(frozen=True)
class Screen:
    """A screen, and the shortest path to it: `answers` from `symptom`."""

    symptom: str
    answers: tuple[str, ...]
    position: flow.Position

    @property
    def key(self) -> tuple[str, str, str]:
        """The identity of a screen; a list of causes is the same screen whichever were tried."""
        return self.position.node, self.position.cause, self.position.step

    def offered(self, document: flow.Document) -> tuple[str, ...]:
        """Return the answers on the page: fewer than are legal before the last step of a procedure."""
        node = flow.node_at(document, self.position)
        answers = node.answers(document, self.position)
        if NEXT not in answers:
            return answers
        procedure = node.current_procedure(document, self.position)
        hidden = {FAILED, WORKED} if procedure and procedure.erases else {FAILED}
        return tuple(each for each in answers if each not in hidden)

    def after(self, document: flow.Document, answer: str) -> Screen:
        return Screen(self.symptom, (*self.answers, answer), flow.next_position(document, self.position, answer))


def screens(document: flow.Document) -> list[Screen]:
    """Return every reachable screen, nearest to a symptom first."""
    queue = deque(Screen(symptom.id, (), flow.entry_position(document, symptom.id)) for symptom in document.symptoms)
    seen: dict[tuple[str, str, str], Screen] = {}
    while queue:
        screen = queue.popleft()
        if seen.setdefault(screen.key, screen) is screen:
            queue.extend(screen.after(document, answer) for answer in screen.offered(document))
    return list(seen.values())


def covering_walks(reachable: list[Screen]) -> list[Screen]:
    """Return screens whose paths together cover every screen: those on no other screen's path."""
    passed = {(each.symptom, each.answers[:length]) for each in reachable for length in range(len(each.answers))}
    return [each for each in reachable if (each.symptom, each.answers) not in passed]
