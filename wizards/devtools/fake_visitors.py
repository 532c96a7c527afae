"""How people walk through one version: what they answer, where they hesitate, where they give up.

The probabilities are made up from what holds for every wizard: people leave at steps that take long or erase something,
and at a few pages that are hard to understand. Each version after the first fixes one of those pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from .. import flow
from ..flow import EventKind, Position

MAX_EVENTS = 60  # of a walk
HARD_PAGES = 4  # of a wizard
SAMPLE_SIZE = 300  # walks that show which pages are visited often

PageKey = tuple[str, str, str]  # node, cause, step


def seeded_random(*words: object) -> Random:
    """Return a random generator that is the same on every machine for the same words."""
    return Random("/".join(map(str, words)))  # nosec B311  # noqa: S311  nothing here is a secret


@dataclass(frozen=True, slots=True)
class FakeWalk:
    """A whole walk. `waits`: the median seconds before each event; 0 for all but the first event of a move."""

    history: flow.History
    waits: tuple[float, ...]

    @property
    def text_events(self) -> list[int]:
        """The numbers of the events that may carry a text."""
        return [
            n for n, event in enumerate(self.history.events, 1) if event.kind in (EventKind.REMARK, EventKind.FEEDBACK)
        ]

    def truncated(self, count: int) -> FakeWalk:
        """Return the walk up to its first `count` events."""
        return FakeWalk(flow.History(self.history.document, self.history.events[:count]), self.waits[:count])


@dataclass(frozen=True)
class Habits:
    """The probability of each action on a page other than answering. `hard` is added on a hard page.

    The repr of this class is part of a random seed: another field or name changes all made-up sessions.
    """

    leave: float = 1.0  # a factor for LEAVE
    back: float = 0.035
    change: float = 0.012
    remark: float = 0.008
    help: float = 0.015
    feedback: float = 0.4
    again: float = 0.03  # going back from an outcome
    hard: float = 0.13


CUSTOMERS = Habits()
AGENTS = Habits(leave=0.3, remark=0.003, help=0.0, feedback=0.15, hard=0.04)

LEAVE = {"question": 0.012, "diagnosis": 0.03, "procedure": 0.02, "confirm": 0.12}
SECONDS = {"question": 14.0, "diagnosis": 22.0, "procedure": 28.0, "confirm": 18.0, "outcome": 25.0}
# The weights of a procedure's answers: before its last step, on its last step, and before it begins.
STEP_WEIGHTS = {"next": 90, "worked": 4, "failed": 3, "blocked": 3}
LAST_STEP_WEIGHTS = {"worked": 66, "failed": 25, "blocked": 9}
CONFIRM_WEIGHTS = {"confirm": 72, "decline": 28}


class FakeVisitors:
    """People who walk through one version of a wizard."""

    def __init__(self, document: flow.Document, fixed: int, seed: str, habits: Habits = CUSTOMERS) -> None:
        """Earlier versions have `fixed` so many of the hard pages."""
        self.document, self.seed, self.habits = document, f"{seed}/{document.slug}", habits
        self.rng = seeded_random(self.seed, fixed, habits)
        self.answer_weights: dict[tuple[PageKey, Sequence[str]], list[float]] = {}
        self.symptoms = [symptom.id for symptom in document.symptoms]
        self.symptom_weights = [self._preference(symptom) for symptom in self.symptoms]
        self.hard: frozenset[PageKey] = frozenset()
        self.hard = frozenset(self._hard_pages()[fixed:])

    def walk(self) -> FakeWalk:
        """Return the walk of one more visitor."""
        (symptom,) = self.rng.choices(self.symptoms, self.symptom_weights)
        walk = _Walk(self.document, symptom)
        while len(walk.history) < MAX_EVENTS and self._act(walk):
            pass
        return FakeWalk(walk.history, tuple(walk.waits))

    def _act(self, walk: _Walk) -> bool:
        """Take one action on the current page; return whether the visitor stays."""
        if walk.history.ended:
            return self._end(walk)
        habits, seconds = self.habits, self._seconds(walk.position)
        hard = habits.hard if _page_key(walk.position) in self.hard else 0.0
        if self._chance(habits.remark + hard / 3):
            walk.add(seconds, walk.history.annotate(len(walk.history), EventKind.REMARK))
        if self._chance(habits.help + hard / 3) and habits.help:
            walk.ask_for_help(seconds)
        if self._chance(habits.leave * self._leave_probability(walk.position) + hard):
            return False
        if self._chance(habits.back + hard):
            walk.add(seconds, *walk.history.back(len(walk.history)))
        elif self._chance(habits.change):
            self._change(walk, seconds)
        else:
            walk.add(seconds, *walk.history.answer(len(walk.history), self._answer(walk.position)))
        return True

    def _end(self, walk: _Walk) -> bool:
        history, solved = walk.history, walk.history.ended == "solved"
        if self._chance(self.habits.feedback * (1 if solved else 0.6)):
            answer = "yes" if self._chance(0.93 if solved else 0.35) else "no"
            walk.add(SECONDS["outcome"], history.annotate(len(history), EventKind.FEEDBACK, answer))
        if not self._chance(self.habits.again):
            return False
        back = history.back(len(history))
        walk.add(SECONDS["outcome"], *back)
        return bool(back)

    def _change(self, walk: _Walk, seconds: float) -> None:
        """Change the answer to an earlier page."""
        number = self.rng.choice(walk.history.trail())
        walk.add(seconds, *walk.history.answer(number, self._answer(walk.history.page(number).position)))

    def _answer(self, position: Position) -> str:
        answers = flow.node_at(self.document, position).answers(self.document, position)
        key = (_page_key(position), answers)
        if key not in self.answer_weights:
            self.answer_weights[key] = self._answer_weights(position, answers)
        weights = self.answer_weights[key]
        if position.tried and not position.cause:
            tried = dict(position.tried)
            weights = [weight * (0.03 if each in tried else 1) for each, weight in zip(answers, weights, strict=True)]
        return self.rng.choices(answers, weights)[0]

    def _answer_weights(self, position: Position, answers: Sequence[str]) -> list[float]:
        node = flow.node_at(self.document, position)
        screen = node.screen(position)
        if screen == "procedure":
            weights = STEP_WEIGHTS if "next" in answers else LAST_STEP_WEIGHTS
            return [weights[each] * self._preference(*_page_key(position), each) for each in answers]
        if screen == "confirm":
            return [CONFIRM_WEIGHTS[each] for each in answers]
        if screen == "diagnosis":  # sorted best first, and most people take the first
            return [0.12 if each == answers[-1] else 0.62**index for index, each in enumerate(answers)]
        return [self._preference(*_page_key(position), each) for each in answers]

    def _preference(self, *words: str) -> float:
        """Return the popularity of something, from 0.2 to 2; it is the same in every version of a wizard."""
        return seeded_random(self.seed, *words).uniform(0.2, 2)

    def _leave_probability(self, position: Position) -> float:
        screen = flow.node_at(self.document, position).screen(position)
        return LEAVE[screen] + min(self._timer_seconds(position) / 900, 0.1)

    def _seconds(self, position: Position) -> float:
        screen = flow.node_at(self.document, position).screen(position)
        return SECONDS[screen] + 1.2 * self._timer_seconds(position)

    def _timer_seconds(self, position: Position) -> int:
        """Return the seconds of a step's hold and wait timers."""
        procedure = flow.node_at(self.document, position).current_procedure(self.document, position)
        if procedure is None or not position.step:
            return 0
        step = procedure.steps[procedure.index(position.step)]
        return step.hold_seconds + step.wait_seconds

    def _hard_pages(self) -> list[PageKey]:
        """Pick hard pages among those visited often; versions that have the same pages pick the same ones."""
        saved = self.rng, self.habits
        self.rng, self.habits = seeded_random(self.seed, "sample"), replace(CUSTOMERS, hard=0.0)
        visits = Counter(key for _ in range(SAMPLE_SIZE) for key in self._pages_of(self.walk().history))
        self.rng, self.habits = saved
        often = [key for key, walks in visits.items() if walks > SAMPLE_SIZE / 12]
        return sorted(often, key=lambda key: self._preference("hard", *key))[:HARD_PAGES]

    def _pages_of(self, history: flow.History) -> set[PageKey]:
        """Return the pages of a walk without its outcome."""
        positions = {page.position for page in history.pages}
        return {_page_key(each) for each in positions if not flow.outcome(self.document, each)}

    def _chance(self, probability: float) -> bool:
        return self.rng.random() < probability


class _Walk:
    """A walk in progress: its history, and the seconds before each event."""

    def __init__(self, document: flow.Document, symptom: str) -> None:
        self.history = flow.History(document)
        self.waits: list[float] = []
        self.add(0.0, *flow.begin_events(document, symptom))

    @property
    def position(self) -> Position:
        return self.history.pages[-1].position

    def add(self, seconds: float, *events: flow.Event) -> None:
        """Append the events of one move, made `seconds` after the one before."""
        for index, event in enumerate(events):
            self.history.append(event)
            self.waits.append(0.0 if index else seconds)

    def ask_for_help(self, seconds: float) -> None:
        """Ask for a person, at most once on each page."""
        event = self.history.annotate(self.history.pages[-1].origin, EventKind.HELP)
        if event not in self.history.events:
            self.add(seconds, event)


def _page_key(position: Position) -> PageKey:
    return position.node, position.cause, position.step
