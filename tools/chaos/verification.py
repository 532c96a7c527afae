"""What the log says against what people were told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from tools.chaos.databases import connected
from tools.chaos.visitors import Move, Person
from wizards import flow
from wizards.analytics import audit
from wizards.models import Session
from wizards.publishing import document_of

SHOWN = 5  # breaks that are told in words


@dataclass
class Verdict:
    """How many moves were acknowledged, how many stand in the log that nobody was told of, and every break."""

    acknowledged: int = 0
    untold: int = 0
    sessions: int = 0
    breaks: list[str] = field(default_factory=list)


def verdict(url: str, people: Iterable[Person]) -> Verdict:
    """Hold every person's notes against the log of the database `url`, and run the audit over the whole of it."""
    found = Verdict()
    with connected(url):
        logs = _logs()
        found.sessions = len(logs)
        for person in people:
            if person.code:
                _hold(person, *logs.pop(person.code, (0, [])), found)
        # Whoever was cut off at the very beginning began anew; nobody was told of the first one.
        found.breaks += [f"{code}: an answer of nobody's" for code, (_, events) in logs.items() if len(events) > 1]
        found.breaks += islice(audit.find_violations(), SHOWN)
    return found


def _logs() -> dict[str, tuple[int, list[flow.Event]]]:
    """Return code -> the version and the log of each session."""
    from wizards.models import Event

    events: dict[int, list[flow.Event]] = defaultdict(list)
    for row in Event.objects.order_by("session_id", "number").iterator(2000):
        events[row.session_id].append(row.event)
    sessions = Session.objects.values_list("pk", "code", "version_id")
    return {code: (version, events[key]) for key, code, version in sessions}


def _hold(person: Person, version: int, log: list[flow.Event], found: Verdict) -> None:
    """Replay what a person was told, and compare: their log is this, or this and the move that was on its way."""
    found.acknowledged += sum(len(each) for each in person.said)
    if not log:
        found.breaks.append(f"{person.code}: the session is gone")
        return
    try:
        wrong = _differs(person, flow.History(document_of(version), log[:1]), log)
    except (flow.IllegalMoveError, flow.BrokenLogError) as illegal:
        wrong = str(illegal)
    if wrong is None:
        found.untold += 1
    elif wrong:
        found.breaks.append(f"{person.code}: {wrong}")


def _differs(person: Person, history: flow.History, log: list[flow.Event]) -> str | None:
    """Return how a log differs from what its person was told; None where it holds what was on its way besides."""
    if history.events != list(flow.begin_events(history.document, person.symptom)):
        return "it began otherwise"
    for each in person.said:
        _replay(history, each, log)
    if log == history.events:
        return ""
    if person.open_move and log == history.events + list(_events(history, person.open_move)):
        return None
    lost = len(log) < len(history)
    return f"its log of {len(log)} {'has lost' if lost else 'is not'} what was acknowledged ({len(history)})"


def _replay(history: flow.History, moves: Sequence[Move], log: Sequence[flow.Event]) -> None:
    """Append what was acknowledged. Of moves that were made at the same moment, the log says which was first."""
    if len(moves) > 1 and list(log[len(history) : len(history) + 1]) != list(_events(history, moves[0])[:1]):
        moves = moves[::-1]
    for move in moves:
        for event in _events(history, move):
            history.append(event)
    if max(move.became for move in moves) != len(history):
        raise flow.IllegalMoveError(f"after {moves} there are {len(history)} events")


def _events(history: flow.History, move: Move) -> tuple[flow.Event, ...]:
    return history.back(move.number) if move.given is None else history.answer(move.number, move.given)
