"""A walk in memory over a toy wizard that has every kind of node."""

from __future__ import annotations

from tests.graphs import graph
from wizards import flow
from wizards.flow import Event, EventKind, Position

TOY = graph(
    "q? yes:ok no:why again:q",
    "why{loose=tighten/50/5 worn=swap/40/20 lost=wipe/90/1 stuck=press/30/1} worked:ok failed:fix",
    "fix[press] worked:ok failed:q blocked:ask",
    "ask[wipe] worked:ok failed:human blocked:human declined:tip",
    "ok = solved",
    "human = unsolved",
    "tip = advice",
    "press: hold release",
    "tighten: turn",
    "swap: open change close",
    "wipe!: erase restore",
)


class Walk:
    """A session in memory that appends legal events, as the journal does."""

    def __init__(self, document: flow.Document = TOY, symptom: str = "s") -> None:
        self.history = flow.History(document, flow.begin_events(document, symptom))

    def answer(self, *answers: str) -> Walk:
        """Answer the current page, then the next ones."""
        for each in answers:
            self.add(self.history.answer(len(self.history), each))
        return self

    def answer_at(self, page: int, given: str) -> Walk:
        return self.add(self.history.answer(page, given))

    def back(self, page: int) -> Walk:
        return self.add(self.history.back(page))

    def remark(self, page: int) -> Walk:
        return self.add(self.history.annotate(page, EventKind.REMARK))

    def feedback(self, given: str) -> Walk:
        return self.add(self.history.annotate(len(self.history), EventKind.FEEDBACK, given))

    def add(self, events: tuple[Event, ...] | Event) -> Walk:
        for event in (events,) if isinstance(events, Event) else events:
            self.history.append(event)
        return self

    @property
    def position(self) -> Position:
        return self.history.pages[-1].position

    @property
    def legal(self) -> tuple[str, ...]:
        return flow.node_at(self.history.document, self.position).answers(self.history.document, self.position)

    @property
    def kinds(self) -> list[str]:
        return [event.kind.value for event in self.history.events]
