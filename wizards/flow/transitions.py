"""The walk: how a session moves through a document. Pure, total and deterministic.

Words of this module:

- the *log* is a list of events numbered 1..n; *page* k is what the person sees after event k;
- a page's *origin* is the number of the event that first led to it: remarks and going back lead to pages that
  look like an earlier one, and share its origin;
- the *trail* is the list of origins from the first page to the current one, what was given up by going back left out.

Every function returns the events to append, and appends nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .document import Document
from .kinds import BaseNode, enter_target
from .position import BrokenLogError, Event, EventKind, IllegalMoveError, Position

ANNOTATIONS = frozenset(EventKind) - {EventKind.BEGIN, EventKind.ANSWER, EventKind.BACK, EventKind.END}
HELPED = ("yes", "no")


@dataclass(frozen=True, slots=True)
class Page:
    """What stands after one event: the position, the page's origin, and the origin of the page before it (0: none)."""

    position: Position
    origin: int
    before: int


def begin_events(document: Document, symptom_id: str) -> tuple[Event, ...]:
    """Return the first events of a session that enters by a symptom; raise IllegalMoveError if it cannot be entered."""
    return _with_end(document, Event(EventKind.BEGIN, answer=symptom_id), entry_position(document, symptom_id))


def apply_answer(document: Document, position: Position, given: str) -> tuple[Event, ...]:
    """Return the events of answering `given` at `position`; raise IllegalMoveError if that is no legal answer there."""
    node = node_at(document, position)
    if not given:
        raise IllegalMoveError("Please choose an answer to go on.")
    if given not in node.answers(document, position):
        raise IllegalMoveError("That is not one of the answers on this page. Please choose one of those shown.")
    event = Event(
        EventKind.ANSWER,
        node=position.node,
        cause=position.cause,
        step=position.step,
        answer=given,
        offered=node.offered(document, position),
    )
    return _with_end(document, event, next_position(document, position, given))


def next_position(document: Document, position: Position, given: str) -> Position:
    """Return where a legal answer leads from `position`."""
    return node_at(document, position).move(document, position, given)


def outcome(document: Document, position: Position) -> str:
    """Return the result of the outcome at `position`; empty where the walk goes on."""
    return node_at(document, position).outcome()


def annotation(document: Document, position: Position, kind: EventKind, page: int, given: str = "") -> Event:
    """Return the event that annotates a page, a remark for example; raise IllegalMoveError if out of place."""
    if kind not in ANNOTATIONS:
        raise IllegalMoveError("That cannot be noted here.")
    if kind == EventKind.FEEDBACK and (given not in HELPED or not outcome(document, position)):
        raise IllegalMoveError("Please say yes or no, at the end of the walk.")
    return Event(kind, position.node, position.cause, position.step, given if kind == EventKind.FEEDBACK else "", page)


def node_at(document: Document, position: Position) -> BaseNode:
    """Return the node of a position; raise IllegalMoveError if the document has no such node."""
    node = document.node(position.node)
    if node is None:
        raise IllegalMoveError("This page is no longer there. Please start again, or talk to a person.")
    return node


class History:
    """A session's log replayed over its document: every page that was shown, and the way that led to each."""

    def __init__(self, document: Document, events: Iterable[Event] = ()) -> None:
        """Replay `events`; raise BrokenLogError at the first one that breaks a promise of the log."""
        self.document = document
        self.events: list[Event] = []
        self.pages: list[Page] = []
        for event in events:
            self.append(event)

    def __len__(self) -> int:
        return len(self.events)

    @property
    def complete(self) -> bool:
        """Whether the log may stop here: an event that leads to an outcome is followed by the end."""
        return not self.events or self._due_end() is None

    @property
    def ended(self) -> str:
        """The result of the outcome at which the session stands; empty where it does not stand at one."""
        return outcome(self.document, self.pages[-1].position) if self.pages else ""

    def append(self, event: Event) -> None:
        """Add one event, checked against everything before it; raise BrokenLogError if it cannot have happened."""
        number = len(self.events) + 1
        try:
            page = self._after(number, event)
        except IllegalMoveError as illegal:
            raise BrokenLogError(number, f"illegal move: {illegal}") from illegal
        self.events.append(event)
        self.pages.append(page)

    def page(self, number: int) -> Page:
        """Return page `number`; raise IllegalMoveError if there is no such page yet."""
        if not 1 <= number <= len(self.pages):
            raise IllegalMoveError("This page has not been reached yet.")
        return self.pages[number - 1]

    def trail(self, number: int | None = None) -> list[int]:
        """Return the origins of the pages that lead to page `number` (the current one by default), first to last."""
        origin = self.page(number or len(self.pages)).origin
        trail: list[int] = []
        while origin:
            trail.append(origin)
            origin = self.pages[origin - 1].before
        return trail[::-1]

    def given(self, number: int) -> str | None:
        """Return the answer that stands for page `number`: on the trail, or last given on a branch since given up."""
        origin, trail = self.page(number).origin, self.trail()
        if origin in trail:
            place = trail.index(origin) + 1
            return self.events[trail[place] - 1].answer if place < len(trail) else None
        earlier = self.answers_at(origin)
        return earlier[-1].answer if earlier else None

    def answers_at(self, origin: int) -> list[Event]:
        """Return the answers that were given on pages of this origin, oldest first."""
        return [
            event
            for index, event in enumerate(self.events)
            if event.kind == EventKind.ANSWER and self.pages[index - 1].origin == origin
        ]

    def answer(self, number: int, given: str) -> tuple[Event, ...]:
        """Return the events of answering `given` on page `number`, which may be an earlier one.

        No event for the same answer given again; a back event first where the person changes an earlier answer.
        Raises IllegalMoveError for a page that was not reached and for an answer that the page does not offer.
        """
        page = self.page(number)
        events = apply_answer(self.document, page.position, given)
        if page.origin == self.pages[-1].origin:
            return events
        if self.given(number) == given:
            return ()
        return (self._back_to(number), *events)

    def back(self, number: int, to: int | None = None) -> tuple[Event, ...]:
        """Return the events of going back from page `number` to the page before it (or to page `to`).

        No event where there is nothing before it, and where that very step back is already the last thing logged.
        """
        page = self.page(number)
        target = page.before if to is None else self.page(to).origin
        if not target or target == self.pages[-1].origin:
            return ()
        return (self._back_to(target),)

    def aside(self, number: int, kind: EventKind, given: str = "") -> Event:
        """Return a remark, request for help or feedback about page `number`; raise IllegalMoveError if out of place."""
        return annotation(self.document, self.page(number).position, kind, number, given)

    def _back_to(self, number: int) -> Event:
        here = self.pages[-1].position
        return Event(EventKind.BACK, here.node, here.cause, here.step, to=number)

    def _after(self, number: int, event: Event) -> Page:
        due = self._due_end()
        if due is not None and event != due:
            raise BrokenLogError(number, "an outcome was reached and the end does not follow")
        if (event.kind == EventKind.BEGIN) != (number == 1):
            raise BrokenLogError(number, "a log begins once, with its first event")
        if number == 1:
            return self._begun(event)
        here = self.pages[-1]
        if event.kind == EventKind.ANSWER:
            if event != apply_answer(self.document, here.position, event.answer)[0]:
                raise BrokenLogError(number, "the answer was not given at the position where the log stands")
            return Page(next_position(self.document, here.position, event.answer), number, here.origin)
        if event.kind == EventKind.BACK:
            if event != self._back_to(event.to or 0):
                raise BrokenLogError(number, "the step back does not start at the position where the log stands")
            target = self.page(event.to or 0)
            if target.origin == here.origin:
                raise BrokenLogError(number, "the step back leads to the page where the log stands")
            return target
        if event.kind == EventKind.END:
            if due is None:
                raise BrokenLogError(number, "the end does not follow an answer that reached an outcome")
            return here
        if event != self.aside(event.to or 0, event.kind, event.answer):
            raise BrokenLogError(number, f"the {event.kind} does not match the page that it concerns")
        return here

    def _begun(self, event: Event) -> Page:
        if event != begin_events(self.document, event.answer)[0]:
            raise BrokenLogError(1, "the beginning holds more than a symptom")
        return Page(entry_position(self.document, event.answer), 1, 0)

    def _due_end(self) -> Event | None:
        """Return the end event that has to come next, if the last event reached an outcome."""
        if not self.events or self.events[-1].kind not in (EventKind.BEGIN, EventKind.ANSWER):
            return None
        return _end(self.document, self.pages[-1].position)


def replay(document: Document, events: Sequence[Event]) -> History:
    """Return the history of a whole log; raise BrokenLogError where it breaks a promise, a missing end included."""
    history = History(document, events)
    if not history.complete:
        raise BrokenLogError(len(history), "an outcome was reached and the end does not follow")
    return history


def entry_position(document: Document, symptom_id: str) -> Position:
    """Return where a session stands that enters by a symptom; raise IllegalMoveError if it cannot be entered."""
    symptom = document.symptom(symptom_id)
    if symptom is None:
        raise IllegalMoveError("There is no such way in. Please choose what you see from the list.")
    return enter_target(document, symptom.to)


def _with_end(document: Document, event: Event, arrived: Position) -> tuple[Event, ...]:
    end = _end(document, arrived)
    return (event, end) if end else (event,)


def _end(document: Document, position: Position) -> Event | None:
    result = outcome(document, position)
    return Event(EventKind.END, node=position.node, answer=result) if result else None
