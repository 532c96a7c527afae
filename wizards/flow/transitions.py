"""How a session moves through a document. Pure and deterministic.

Terms:

- the *log* is a list of events numbered 1..n; *page* k is what the person sees after event k;
- a page's *origin* is the number of the event that first led to it: after a remark, or after going back, the page
  looks like an earlier one and shares its origin;
- the *trail* is the list of origins from the first page to the current one, without branches abandoned by going back.

Functions return the events to append; only `History.append` appends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .document import Document
from .kinds import BaseNode, enter_target
from .position import BrokenLogError, Event, EventKind, IllegalMoveError, Position

ANNOTATIONS = frozenset(EventKind) - {EventKind.BEGIN, EventKind.ANSWER, EventKind.BACK, EventKind.END}
FEEDBACK_ANSWERS = ("yes", "no")


@dataclass(frozen=True, slots=True)
class Page:
    """The page after one event: its position, its origin, and the origin of the previous page (0: none)."""

    position: Position
    origin: int
    previous: int


def begin_events(document: Document, symptom_id: str) -> tuple[Event, ...]:
    """Return the first events of a session that starts from a symptom; raise IllegalMoveError if it cannot start."""
    return _with_end(document, Event(EventKind.BEGIN, answer=symptom_id), entry_position(document, symptom_id))


def answer_events(document: Document, position: Position, answer: str) -> tuple[Event, ...]:
    """Return the events of answering at `position`; raise IllegalMoveError if the answer is not legal there."""
    node = node_at(document, position)
    if not answer:
        raise IllegalMoveError("Please choose an answer to go on.")
    if answer not in node.answers(document, position):
        raise IllegalMoveError("That is not one of the answers on this page. Please choose one of those shown.")
    event = Event(
        EventKind.ANSWER,
        node=position.node,
        cause=position.cause,
        step=position.step,
        answer=answer,
        offered=node.offered(document, position),
    )
    return _with_end(document, event, next_position(document, position, answer))


def next_position(document: Document, position: Position, answer: str) -> Position:
    return node_at(document, position).move(document, position, answer)


def outcome(document: Document, position: Position) -> str:
    """Return the result of the outcome at `position`; empty if the node is not an outcome."""
    return node_at(document, position).outcome()


def annotation(document: Document, position: Position, kind: EventKind, page: int, answer: str = "") -> Event:
    """Return the event of a remark, help request, feedback or note; raise IllegalMoveError if not allowed there."""
    if kind not in ANNOTATIONS:
        raise IllegalMoveError("That cannot be noted here.")
    if kind == EventKind.FEEDBACK and (answer not in FEEDBACK_ANSWERS or not outcome(document, position)):
        raise IllegalMoveError("Please say yes or no, at the end of the walk.")
    return Event(kind, position.node, position.cause, position.step, answer if kind == EventKind.FEEDBACK else "", page)


def node_at(document: Document, position: Position) -> BaseNode:
    """Raise IllegalMoveError if the document has no such node."""
    node = document.node(position.node)
    if node is None:
        raise IllegalMoveError("This page is no longer there. Please start again, or talk to a person.")
    return node


class History:
    """A session's log replayed over its document: every page so far, and the path to each."""

    def __init__(self, document: Document, events: Iterable[Event] = ()) -> None:
        """Replay `events`; raise BrokenLogError at the first one that is invalid."""
        self.document = document
        self.events: list[Event] = []
        self.pages: list[Page] = []
        for event in events:
            self.append(event)

    def __len__(self) -> int:
        return len(self.events)

    @property
    def complete(self) -> bool:
        """False if the last event reached an outcome and the end event is missing."""
        return not self.events or self._expected_end() is None

    @property
    def ended(self) -> str:
        """The result of the current outcome; empty if the session is not at one."""
        return outcome(self.document, self.pages[-1].position) if self.pages else ""

    def append(self, event: Event) -> None:
        """Append an event after checking it against the log; raise BrokenLogError if it cannot have happened."""
        number = len(self.events) + 1
        try:
            page = self._page_after(number, event)
        except IllegalMoveError as illegal:
            raise BrokenLogError(number, f"illegal move: {illegal}") from illegal
        self.events.append(event)
        self.pages.append(page)

    def page(self, number: int) -> Page:
        """Raise IllegalMoveError if page `number` has not been reached."""
        if not 1 <= number <= len(self.pages):
            raise IllegalMoveError("This page has not been reached yet.")
        return self.pages[number - 1]

    def trail(self, number: int | None = None) -> list[int]:
        """Return the origins of the pages that lead to page `number` (default: the current page), first to last."""
        origin = self.page(number or len(self.pages)).origin
        trail: list[int] = []
        while origin:
            trail.append(origin)
            origin = self.pages[origin - 1].previous
        return trail[::-1]

    def chosen_answer(self, number: int) -> str | None:
        """Return the answer to page `number`: the one on the trail, else the latest one on an abandoned branch."""
        origin, trail = self.page(number).origin, self.trail()
        if origin in trail:
            place = trail.index(origin) + 1
            return self.events[trail[place] - 1].answer if place < len(trail) else None
        earlier = self.answers_at(origin)
        return earlier[-1].answer if earlier else None

    def answers_at(self, origin: int) -> list[Event]:
        """Return the answers to pages of this origin, oldest first."""
        return [
            event
            for index, event in enumerate(self.events)
            if event.kind == EventKind.ANSWER and self.pages[index - 1].origin == origin
        ]

    def answer(self, number: int, answer: str) -> tuple[Event, ...]:
        """Return the events of answering page `number`, which may be an earlier one.

        The same answer again gives no events; a different answer to an earlier page gives a back event first.
        Raises IllegalMoveError for a page that was not reached and for an answer that the page does not offer.
        """
        page = self.page(number)
        events = answer_events(self.document, page.position, answer)
        if page.origin == self.pages[-1].origin:
            return events
        if self.chosen_answer(number) == answer:
            return ()
        return (self._back_event(number), *events)

    def back(self, number: int, to: int | None = None) -> tuple[Event, ...]:
        """Return the events of going back from page `number` to the previous page (or to page `to`).

        No events on the first page, or if the session is already on the target page.
        """
        page = self.page(number)
        target = page.previous if to is None else self.page(to).origin
        if not target or target == self.pages[-1].origin:
            return ()
        return (self._back_event(target),)

    def annotate(self, number: int, kind: EventKind, answer: str = "") -> Event:
        """Return the event of an annotation of page `number`; raise IllegalMoveError if it is not allowed there."""
        return annotation(self.document, self.page(number).position, kind, number, answer)

    def _back_event(self, number: int) -> Event:
        current = self.pages[-1].position
        return Event(EventKind.BACK, current.node, current.cause, current.step, to=number)

    def _page_after(self, number: int, event: Event) -> Page:
        expected_end = self._expected_end()
        if expected_end is not None and event != expected_end:
            raise BrokenLogError(number, "an outcome was reached but no end event follows")
        if (event.kind == EventKind.BEGIN) != (number == 1):
            raise BrokenLogError(number, "only the first event of a log is a begin event")
        if number == 1:
            return self._first_page(event)
        current = self.pages[-1]
        if event.kind == EventKind.ANSWER:
            if event != answer_events(self.document, current.position, event.answer)[0]:
                raise BrokenLogError(number, "the answer does not match the current position")
            return Page(next_position(self.document, current.position, event.answer), number, current.origin)
        if event.kind == EventKind.BACK:
            if event != self._back_event(event.to or 0):
                raise BrokenLogError(number, "the back event does not start at the current position")
            target = self.page(event.to or 0)
            if target.origin == current.origin:
                raise BrokenLogError(number, "the back event leads to the current page")
            return target
        if event.kind == EventKind.END:
            if expected_end is None:
                raise BrokenLogError(number, "the end event does not follow an answer that reached an outcome")
            return current
        if event != self.annotate(event.to or 0, event.kind, event.answer):
            raise BrokenLogError(number, f"the {event.kind} does not match the page that it concerns")
        return current

    def _first_page(self, event: Event) -> Page:
        if event != begin_events(self.document, event.answer)[0]:
            raise BrokenLogError(1, "the begin event holds more than a symptom")
        return Page(entry_position(self.document, event.answer), 1, 0)

    def _expected_end(self) -> Event | None:
        """Return the end event that must follow, if the last event reached an outcome."""
        if not self.events or self.events[-1].kind not in (EventKind.BEGIN, EventKind.ANSWER):
            return None
        return _end_event(self.document, self.pages[-1].position)


def replay(document: Document, events: Sequence[Event]) -> History:
    """Replay a whole log; raise BrokenLogError if it is invalid or its end event is missing."""
    history = History(document, events)
    if not history.complete:
        raise BrokenLogError(len(history), "an outcome was reached but no end event follows")
    return history


def entry_position(document: Document, symptom_id: str) -> Position:
    """Return the position at which a symptom starts a session; raise IllegalMoveError if it cannot start there."""
    symptom = document.symptom(symptom_id)
    if symptom is None:
        raise IllegalMoveError("There is no such way in. Please choose what you see from the list.")
    return enter_target(document, symptom.to)


def _with_end(document: Document, event: Event, position: Position) -> tuple[Event, ...]:
    end = _end_event(document, position)
    return (event, end) if end else (event,)


def _end_event(document: Document, position: Position) -> Event | None:
    result = outcome(document, position)
    return Event(EventKind.END, node=position.node, answer=result) if result else None
