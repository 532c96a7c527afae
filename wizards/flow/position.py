"""A session's position, the events of its log, and their two exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class IllegalMoveError(Exception):
    """The move is not legal at the session's position. `str()` is a sentence for the person who tried it."""


class BrokenLogError(Exception):
    """A log is not one that `transitions` could have produced. `number` is the first invalid event."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"event {number}: {reason}")
        self.number = number
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Position:
    """A session's place in its document.

    node:  id of the node.
    cause: id of the cause being tried at a diagnosis; empty on the list of causes.
    step:  id of the current step of a procedure; empty on its confirmation page.
    tried: (cause id, result) for each cause that did not help, in the order tried;
           a result is "failed", "blocked" or "declined".
    """

    node: str
    cause: str = ""
    step: str = ""
    tried: tuple[tuple[str, str], ...] = ()


class EventKind(StrEnum):
    """What happened.

    note, join, part, passed: an agent wrote a note, joined, left (or was asked to leave), was given the session.
    """

    BEGIN = "begin"
    ANSWER = "answer"
    BACK = "back"
    REMARK = "remark"
    HELP = "help"
    FEEDBACK = "feedback"
    NOTE = "note"
    JOIN = "join"
    PART = "part"
    PASSED = "passed"
    END = "end"


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a session's log, without its number, time and author.

    node, cause, step: the position at which it happened.
    answer:  begin: the symptom's id; answer: the answer; feedback: "yes" or "no"; end: the outcome's result.
    to:      back and annotations: the number of the page that they refer to; otherwise None.
    offered: an answer on a diagnosis's list: the causes in the order in which they were offered.
    """

    kind: EventKind
    node: str = ""
    cause: str = ""
    step: str = ""
    answer: str = ""
    to: int | None = None
    offered: tuple[str, ...] = ()
