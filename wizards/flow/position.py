"""Where a session stands, and what can happen to it: the values that every move is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class IllegalMoveError(Exception):
    """The move cannot be made from where the session stands. `str()` is a sentence for the person who tried."""


class BrokenLogError(Exception):
    """A log breaks one of its promises. `number` is the first event at which it does."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"event {number}: {reason}")
        self.number = number
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Position:
    """Where a session stands in its document.

    node:  id of the node.
    cause: id of the cause in hand at a diagnosis; empty while its list is shown.
    step:  id of the step in hand in a procedure; empty while its confirmation is asked.
    tried: (cause id, result) for each cause that did not help, in the order tried;
           the results are "failed", "blocked" and "declined".
    """

    node: str
    cause: str = ""
    step: str = ""
    tried: tuple[tuple[str, str], ...] = ()


class EventKind(StrEnum):
    """What a line of the log says happened.

    note, join, part, passed: an agent noted something, joined, left (or was asked to leave), was passed the session.
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
    """One line of a session's log, without its number, time and author.

    node, cause, step: the position at which it happened.
    answer:  begin: the symptom's id; answer: the answer given; feedback: "yes" or "no"; end: the outcome's result.
    to:      back and whatever is said beside the way: the number of the page that it concerns; else None.
    offered: an answer given at a diagnosis's list: the causes in the order in which they were offered.
    """

    kind: EventKind
    node: str = ""
    cause: str = ""
    step: str = ""
    answer: str = ""
    to: int | None = None
    offered: tuple[str, ...] = ()
