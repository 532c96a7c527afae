"""Random acts on a session in the database, over random documents: the log keeps its promises, and so does the row.

12 sessions, and with HYPOTHESIS_PROFILE=long 480.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.examples import examples
from tests.strategies import IDS, broken_documents
from tests.versions import freeze
from tests.walks import TOY
from wizards import flow, journal
from wizards.analytics import audit
from wizards.models import Event, Session, Version, Words

FORGED = ("", "none", "confirm", "decline", "next", "worked", "failed", "blocked", "a\0b", "\ud800", "x" * 5000, *IDS)
NUMBERS = st.one_of(st.integers(-1, 8), st.sampled_from([2**31, 2**63, 10**30]))
WORDS = st.sampled_from(["", "It looks different.", "Anna, 0123"])


class Machine(RuleBasedStateMachine):
    """One session of one version that may be wrong in every way."""

    @initialize(document=broken_documents())
    def begin(self, document: flow.Document) -> None:
        try:
            self.version = freeze(document)
            self.session = journal.begin(self.version, "s", "visitor")
        except flow.IllegalMoveError:
            document, self.version = TOY, freeze(TOY)
            self.session = journal.begin(self.version, "s", "visitor")
        self.document = document
        self.query = Session.objects.filter(code=self.session.code)
        self.logged = self.lines()

    def lines(self) -> list[dict]:
        """Return the session's log as stored, in every field."""
        return list(self.session.events.order_by("number").values())

    def attempt(self, command: Callable[[], Session]) -> bool:
        """Do something if it is legal; return whether it was. Nothing but IllegalMoveError may be raised."""
        before = Session.objects.filter(pk=self.session.pk).values().get(), Words.objects.count()
        try:
            with transaction.atomic():
                session = command()
        except flow.IllegalMoveError:
            assert self.lines() == self.logged
            assert (Session.objects.filter(pk=self.session.pk).values().get(), Words.objects.count()) == before
            return False
        after = self.lines()
        assert after[: len(self.logged)] == self.logged, "something that was logged has changed"
        assert session.count == len(after)
        self.logged = after
        return True

    def legal(self, number: int) -> tuple[str, ...]:
        position = journal.history_of(self.session).page(number).position
        return flow.node_at(self.document, position).answers(self.document, position)

    def answer(self, number: int, given: str) -> None:
        if self.attempt(lambda: journal.answer(self.query, number, given)):
            length = len(self.logged)
            assert self.attempt(lambda: journal.answer(self.query, number, given))
            assert len(self.logged) == length, "the same answer again was logged twice"

    @rule(data=st.data(), times=st.integers(1, 4))
    def answer_as_offered(self, data: st.DataObject, times: int) -> None:
        for _ in range(times):
            if legal := self.legal(len(self.logged)):
                self.answer(len(self.logged), data.draw(st.sampled_from(legal)))

    @rule(data=st.data())
    def answer_on_an_earlier_page(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, len(self.logged)))
        self.answer(number, data.draw(st.sampled_from(self.legal(number) * 8 + FORGED)))

    @rule(number=NUMBERS, given=st.sampled_from(FORGED))
    def forge(self, number: int, given: str) -> None:
        self.answer(number, given)

    @rule(number=NUMBERS)
    def back(self, number: int) -> None:
        self.attempt(lambda: journal.back(self.query, number))

    @rule(number=NUMBERS)
    def restart(self, number: int) -> None:
        self.attempt(lambda: journal.restart(self.query, number))

    @rule(number=NUMBERS, words=WORDS)
    def remark(self, number: int, words: str) -> None:
        if self.attempt(lambda: journal.remark(self.query, number, words)):
            length = len(self.logged)
            self.attempt(lambda: journal.remark(self.query, number, words))
            assert len(self.logged) == length, "the same remark again was logged twice"

    @rule(number=NUMBERS, given=st.sampled_from(["yes", "no", "", "maybe"]), words=WORDS)
    def feedback(self, number: int, given: str, words: str) -> None:
        self.attempt(lambda: journal.feedback(self.query, number, given, words))

    @rule()
    def help_wanted(self) -> None:
        assert self.attempt(lambda: journal.request_help(self.query))

    @rule()
    def erase_words(self) -> None:
        Words.objects.filter(event__session=self.session).delete()

    @invariant()
    def the_row_says_what_the_log_says(self) -> None:
        stored = self.query.get()
        rebuilt = journal.rebuild_row(stored)
        for name in audit.DENORMALIZED_COLUMNS:
            assert getattr(stored, name) == getattr(rebuilt, name), name
        assert [line["number"] for line in self.logged] == list(range(1, stored.count + 1))

    @invariant()
    def the_log_replays_to_the_page_where_the_session_stands(self) -> None:
        history = flow.replay(self.document, [event.event for event in self.session.events.order_by("number")])
        assert history.pages[-1].position == self.query.get().position

    def teardown(self) -> None:
        assert list(audit.find_violations()) == []
        Words.objects.all().delete()
        Event.objects.all().delete()
        Session.objects.all().delete()
        Version.objects.all().delete()


# Without making a failure small: that takes minutes here, and tests/flow/test_machine.py does it for the engine.
RUN = settings(max_examples=examples(12), stateful_step_count=12, phases=[Phase.explicit, Phase.generate])


@pytest.mark.django_db
def test_random_commands_keep_the_log_and_the_row_consistent():
    run_state_machine_as_test(Machine, settings=RUN)
