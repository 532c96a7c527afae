"""Many people at once, who walk through the site over a few connections."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable

from tools.chaos.connection import PATIENCE, Dropped, Line
from tools.chaos.visitors import Person, Unavailable, Wrong

PAUSE = 0.1  # seconds until somebody who was cut off tries again
HTMX = 0.7  # how many have JavaScript


class Crowd:
    """Many people at once, each in the middle of a session, over a few connections: whose turn it is goes round.

    Some have htmx, some no JavaScript.

    rate:   answers a second in all, at most; 0 for as many as the site gives
    racing: everybody answers in two tabs at the same moment
    strict: being cut off or told to wait is a complaint, too
    enough: complaints after which nobody is waited for
    """

    def __init__(
        self,
        port: int,
        seed: int,
        people: int,
        *,
        enough: int,
        lines: int = 8,
        rate: float = 0,
        racing: bool = False,
        strict: bool = False,
    ) -> None:
        self.port, self.rate, self.racing, self.strict, self.enough = port, rate, racing, strict, enough
        self.dice = random.Random(seed)
        self.people = [self._newcomer() for _ in range(people)]
        self.queue = deque(self.people)
        self.counts: Counter[str] = Counter()
        self.complaints: list[str] = []
        self.taken: list[float] = []  # seconds from when an answer was due to when it was acknowledged
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.lines, self.threads, self.due = lines, [], 0.0

    def _newcomer(self) -> Person:
        return Person(random.Random(self.dice.random()), self.dice.random() < HTMX and not self.racing)

    @property
    def acknowledged(self) -> int:
        """How many answers, steps back or races were acknowledged so far."""
        return self.counts["acknowledged"]

    @property
    def troubled(self) -> bool:
        """Whether there are complaints enough."""
        return len(self.complaints) >= self.enough

    def gather(self) -> None:
        """Let everybody begin, and stand before their first page."""
        waiting = deque(self.people)
        self._run(self._gather, waiting)
        for thread in self.threads:
            thread.join()

    def start(self) -> None:
        """Let them walk."""
        self.due = time.monotonic()
        self._run(self._serve)

    def stop(self) -> None:
        """Let everybody finish what they are at, and stop."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE + 5)

    def wait(self, more: int, seconds: float) -> bool:
        """Wait until so many more moves were acknowledged; return whether they were, within so many seconds."""
        return self.until(lambda enough=self.acknowledged + more: self.acknowledged >= enough, seconds)

    def until(self, happened: Callable[[], bool], seconds: float) -> bool:
        """Wait until something happened; return whether it did, within so many seconds. Stops at many complaints."""
        end = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > end or self.troubled:
                return False
            time.sleep(0.01)
        return True

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        self.threads = [threading.Thread(target=work, args=arguments, daemon=True) for _ in range(self.lines)]
        for thread in self.threads:
            thread.start()

    def _gather(self, waiting: deque[Person]) -> None:
        line = Line(self.port)
        with contextlib.suppress(IndexError):
            while True:
                person = waiting.popleft()
                self._noting(person, lambda person=person: person.ready(line))
        line.close()

    def _serve(self) -> None:
        lines = (Line(self.port), Line(self.port))
        while not self.stopping.is_set():
            try:
                person = self.queue.popleft()
            except IndexError:
                time.sleep(PAUSE)
                continue
            if self._noting(person, lambda person=person: self._go(person, lines)):
                again = person if not person.ended else self._newcomer()
                with self.lock:
                    self.people += [again] if again is not person else []
                    self.queue.append(again)
        for line in lines:
            line.close()

    def _go(self, person: Person, lines: tuple[Line, Line]) -> None:
        """Let somebody make one move when it is their turn."""
        person.ready(lines[0])
        if person.ended:
            return
        due = self._turn()
        if self.racing:
            person.race(*lines)
        else:
            person.act(lines[0])
        with self.lock:
            self.counts["acknowledged"] += 1
            self.taken.append(time.monotonic() - due)

    def _turn(self) -> float:
        """Wait for the moment at which the next answer is due, and return it."""
        now = time.monotonic()
        if not self.rate:
            return now
        with self.lock:
            self.due = due = self.due + 1 / self.rate
        if due > now:
            self.stopping.wait(due - now)
        return due

    def _noting(self, person: Person, deed: Callable[[], None]) -> bool:
        """Do something and note what came of it; return whether the person goes on."""
        try:
            deed()
            return True
        except (Dropped, Unavailable) as cut:
            with self.lock:
                self.counts[type(cut).__name__.lower()] += 1
                self.complaints += [f"{type(cut).__name__}: {cut}"] if self.strict else []
            time.sleep(PAUSE)
            return True
        except Wrong as wrong:
            with self.lock:
                self.complaints.append(str(wrong))
            return False
