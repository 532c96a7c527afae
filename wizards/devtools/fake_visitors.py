"""How people walk through one version: what they answer, where they hesitate, where they give up.

The shares are made up, and lean on what holds for every wizard: what takes long or erases something loses people, and
so do a few places that are hard to understand. Each version after the first mends one of these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from .. import flow
from ..flow import EventKind, Position

LONGEST = 60  # events of a walk
HARD_PLACES = 4  # of a wizard that are hard to understand
SAMPLE = 300  # walks that tell which places many people come by

Spot = tuple[str, str, str]  # node, cause, step


def seeded_random(*words: object) -> Random:
    """Return a source of chance: the same words give the same throws, on every machine."""
    return Random("/".join(map(str, words)))  # nosec B311  # noqa: S311  nothing here is a secret


@dataclass(frozen=True, slots=True)
class FakeWalk:
    """A whole walk. `waits`: the median of the seconds before each event; 0 where it comes with the one before it."""

    history: flow.History
    waits: tuple[float, ...]

    @property
    def told(self) -> list[int]:
        """The numbers of the events that people may write something with."""
        return [
            n for n, event in enumerate(self.history.events, 1) if event.kind in (EventKind.REMARK, EventKind.FEEDBACK)
        ]

    def first(self, count: int) -> FakeWalk:
        """Return the walk as far as its first `count` events go."""
        return FakeWalk(flow.History(self.history.document, self.history.events[:count]), self.waits[:count])


@dataclass(frozen=True)
class Habits:
    """How likely people are to do something on a page, besides answering it. `hard` is added at a hard place."""

    leave: float = 1.0  # times what the page's kind says
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
# Answers of a procedure: on its way, on its last step, before it begins.
ON_THE_WAY = {"next": 90, "worked": 4, "failed": 3, "blocked": 3}
AT_LAST = {"worked": 66, "failed": 25, "blocked": 9}
BEFORE = {"confirm": 72, "decline": 28}


class FakeVisitors:
    """People who walk through one version of a wizard."""

    def __init__(self, document: flow.Document, mended: int, seed: str, habits: Habits = CUSTOMERS) -> None:
        """`mended`: how many hard places were mended before this version."""
        self.document, self.seed, self.habits = document, f"{seed}/{document.slug}", habits
        self.rng = seeded_random(self.seed, mended, habits)
        self.likely: dict[tuple[Spot, Sequence[str]], list[float]] = {}
        self.symptoms = [symptom.id for symptom in document.symptoms]
        self.entered = [self._taste(symptom) for symptom in self.symptoms]
        self.hard: frozenset[Spot] = frozenset()
        self.hard = frozenset(self._hard_places()[mended:])

    def walk(self) -> FakeWalk:
        """Return the walk of one more person."""
        (symptom,) = self.rng.choices(self.symptoms, self.entered)
        walk = _Walk(self.document, symptom)
        while len(walk.history) < LONGEST and self._act(walk):
            pass
        return FakeWalk(walk.history, tuple(walk.waits))

    def _act(self, walk: _Walk) -> bool:
        """Do what a person does on a page; return whether they stay."""
        if walk.history.ended:
            return self._say_goodbye(walk)
        habits, seconds = self.habits, self._seconds(walk.position)
        hard = habits.hard if _spot(walk.position) in self.hard else 0.0
        if self._happens(habits.remark + hard / 3):
            walk.add(seconds, walk.history.annotate(len(walk.history), EventKind.REMARK))
        if self._happens(habits.help + hard / 3) and habits.help:
            walk.ask_for_help(seconds)
        if self._happens(habits.leave * self._leaving(walk.position) + hard):
            return False
        if self._happens(habits.back + hard):
            walk.add(seconds, *walk.history.back(len(walk.history)))
        elif self._happens(habits.change):
            self._change(walk, seconds)
        else:
            walk.add(seconds, *walk.history.answer(len(walk.history), self._answer(walk.position)))
        return True

    def _say_goodbye(self, walk: _Walk) -> bool:
        history, solved = walk.history, walk.history.ended == "solved"
        if self._happens(self.habits.feedback * (1 if solved else 0.6)):
            said = "yes" if self._happens(0.93 if solved else 0.35) else "no"
            walk.add(SECONDS["outcome"], history.annotate(len(history), EventKind.FEEDBACK, said))
        if not self._happens(self.habits.again):
            return False
        back = history.back(len(history))
        walk.add(SECONDS["outcome"], *back)
        return bool(back)

    def _change(self, walk: _Walk, seconds: float) -> None:
        """Answer an earlier page otherwise."""
        number = self.rng.choice(walk.history.trail())
        walk.add(seconds, *walk.history.answer(number, self._answer(walk.history.page(number).position)))

    def _answer(self, position: Position) -> str:
        answers = flow.node_at(self.document, position).answers(self.document, position)
        key = (_spot(position), answers)
        if key not in self.likely:
            self.likely[key] = self._likelihoods(position, answers)
        weights = self.likely[key]
        if position.tried and not position.cause:
            tried = dict(position.tried)
            weights = [weight * (0.03 if each in tried else 1) for each, weight in zip(answers, weights, strict=True)]
        return self.rng.choices(answers, weights)[0]

    def _likelihoods(self, position: Position, answers: Sequence[str]) -> list[float]:
        node = flow.node_at(self.document, position)
        screen = node.screen(position)
        if screen == "procedure":
            known = ON_THE_WAY if "next" in answers else AT_LAST
            return [known[each] * self._taste(*_spot(position), each) for each in answers]
        if screen == "confirm":
            return [BEFORE[each] for each in answers]
        if screen == "diagnosis":  # best first, and most people take what stands first
            return [0.12 if each == answers[-1] else 0.62**place for place, each in enumerate(answers)]
        return [self._taste(*_spot(position), each) for each in answers]

    def _taste(self, *words: str) -> float:
        """Return how much people like something, from 0.2 to 2: the same for every version of a wizard."""
        return seeded_random(self.seed, *words).uniform(0.2, 2)

    def _leaving(self, position: Position) -> float:
        screen = flow.node_at(self.document, position).screen(position)
        return LEAVE[screen] + min(self._counted_down(position) / 900, 0.1)

    def _seconds(self, position: Position) -> float:
        screen = flow.node_at(self.document, position).screen(position)
        return SECONDS[screen] + 1.2 * self._counted_down(position)

    def _counted_down(self, position: Position) -> int:
        """Return the seconds that a step makes one hold or wait."""
        procedure = flow.node_at(self.document, position).current_procedure(self.document, position)
        if procedure is None or not position.step:
            return 0
        step = procedure.steps[procedure.index(position.step)]
        return step.hold_seconds + step.wait_seconds

    def _hard_places(self) -> list[Spot]:
        """Return some of the places that many people come by, the same for every version where they are there."""
        own = self.rng, self.habits
        self.rng, self.habits = seeded_random(self.seed, "sample"), replace(CUSTOMERS, hard=0.0)
        reached = Counter(spot for _ in range(SAMPLE) for spot in self._passed(self.walk().history))
        self.rng, self.habits = own
        often = [spot for spot, walks in reached.items() if walks > SAMPLE / 12]
        return sorted(often, key=lambda spot: self._taste("hard", *spot))[:HARD_PLACES]

    def _passed(self, history: flow.History) -> set[Spot]:
        """Return the places of a walk, without where it ended."""
        positions = {page.position for page in history.pages}
        return {_spot(each) for each in positions if not flow.outcome(self.document, each)}

    def _happens(self, share: float) -> bool:
        return self.rng.random() < share


class _Walk:
    """A walk on its way: its history, and how long each event let wait."""

    def __init__(self, document: flow.Document, symptom: str) -> None:
        self.history = flow.History(document)
        self.waits: list[float] = []
        self.add(0.0, *flow.begin_events(document, symptom))

    @property
    def position(self) -> Position:
        return self.history.pages[-1].position

    def add(self, seconds: float, *events: flow.Event) -> None:
        """Append the events of one move, made after so many seconds."""
        for place, event in enumerate(events):
            self.history.append(event)
            self.waits.append(0.0 if place else seconds)

    def ask_for_help(self, seconds: float) -> None:
        """Ask for a person, once on each page."""
        event = self.history.annotate(self.history.pages[-1].origin, EventKind.HELP)
        if event not in self.history.events:
            self.add(seconds, event)


def _spot(position: Position) -> Spot:
    return position.node, position.cause, position.step
