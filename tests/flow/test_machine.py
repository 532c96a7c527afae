"""Random walks over random documents: whatever is done, the log keeps its promises.

60 walks, and with HYPOTHESIS_PROFILE=long 2,400.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.examples import examples
from tests.strategies import IDS, broken_documents
from tests.walks import TOY
from wizards import flow
from wizards.flow import Event, EventKind

FORGED = ("", "none", "confirm", "decline", "next", "worked", "failed", "blocked", "declined", "\0", "\ud800", *IDS)
NUMBERS = st.integers(-2, 12)
ANNOTATIONS = (EventKind.REMARK, EventKind.HELP, EventKind.FEEDBACK, EventKind.END)


class Machine(RuleBasedStateMachine):
    """One session over one document that may be wrong in every way."""

    @initialize(document=broken_documents())
    def begin(self, document: flow.Document) -> None:
        try:
            events = flow.begin_events(document, "s")
        except flow.IllegalMoveError:  # nobody gets in: then into one that has every kind of node
            document, events = TOY, flow.begin_events(TOY, "s")
        self.document = document
        self.history = flow.History(document, events)
        self.logged = list(events)

    def attempt(self, moves: Callable[[flow.History], Sequence[Event]]) -> bool:
        """Make a move if it is legal; return whether it was. Nothing but IllegalMoveError may be raised."""
        try:
            events = tuple(moves(self.history))
        except flow.IllegalMoveError as illegal:
            assert str(illegal).endswith(".")
            return False
        finally:
            assert self.history.events == self.logged, "asking for a move changed the log"
        assert events == tuple(moves(self.history)), "the same question has two answers"
        for event in events:
            self.history.append(event)
        self.logged += events
        return True

    @rule(data=st.data(), times=st.integers(1, 4))
    def answer_as_offered(self, data: st.DataObject, times: int) -> None:
        for _ in range(times):
            position = self.history.pages[-1].position
            if legal := flow.node_at(self.document, position).answers(self.document, position):
                self.answer(len(self.history), data.draw(st.sampled_from(legal)))

    @rule(data=st.data(), number=NUMBERS)
    def answer_on_some_page(self, data: st.DataObject, number: int) -> None:
        number = number if number < 1 else (number - 1) % (len(self.history) + 2) + 1
        legal: tuple[str, ...] = ()
        if 1 <= number <= len(self.history):
            position = self.history.page(number).position
            legal = flow.node_at(self.document, position).answers(self.document, position)
        self.answer(number, data.draw(st.sampled_from(legal * 8 + FORGED)))

    def answer(self, number: int, given: str) -> None:
        if self.attempt(lambda history: history.answer(number, given)):
            assert self.history.answer(number, given) == (), "the same answer again was logged twice"
            assert self.history.chosen_answer(number) == given

    @rule(number=NUMBERS)
    def back(self, number: int) -> None:
        if self.attempt(lambda history: history.back(number)):
            assert self.history.back(number) == (), "the same step back was logged twice"

    @rule(number=NUMBERS)
    def restart(self, number: int) -> None:
        if self.attempt(lambda history: history.back(number, to=1)):
            assert self.history.pages[-1].origin == 1

    @rule(number=NUMBERS, kind=st.sampled_from(ANNOTATIONS), given=st.sampled_from(["yes", "no", "", "maybe"]))
    def annotate(self, number: int, kind: EventKind, given: str) -> None:
        before = self.history.pages[-1]
        self.attempt(lambda history: (history.annotate(number, kind, given),))
        assert self.history.pages[-1] == before

    @rule(event=st.builds(Event, st.sampled_from(EventKind), *[st.sampled_from(FORGED)] * 4, st.none() | NUMBERS))
    def forge(self, event: Event) -> None:
        """Append what nobody checked: either it could have happened, or the log refuses it and stays as it was."""
        try:
            self.history.append(event)
        except flow.BrokenLogError as broken:
            assert broken.number == len(self.logged) + 1
            assert self.history.events == self.logged
        else:
            self.logged.append(event)

    @invariant()
    def every_log_replays_to_the_same_pages(self) -> None:
        replayed = flow.replay(self.document, self.logged)
        assert replayed.pages == self.history.pages
        assert replayed.events == self.history.events == self.logged

    @invariant()
    def the_answers_of_the_trail_lead_from_the_first_page_to_the_current_one(self) -> None:
        history, trail = self.history, self.history.trail()
        assert trail[0] == 1
        position = flow.entry_position(self.document, "s")
        for number in trail[:-1]:
            assert history.page(number).position == position
            position = flow.next_position(self.document, position, history.chosen_answer(number))
        assert history.pages[-1].position == position

    @invariant()
    def every_page_shows_a_screen_of_its_kind(self) -> None:
        position = self.history.pages[-1].position
        node = flow.node_at(self.document, position)
        assert node.screen(position) in {"question", "diagnosis", "confirm", "procedure", "outcome"}
        assert not (node.outcome() and node.answers(self.document, position))


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=examples(60), stateful_step_count=20)
