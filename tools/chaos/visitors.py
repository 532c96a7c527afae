"""People who walk through the site over HTTP, and note what they were told.

An answer counts as acknowledged when the whole reply to it arrived. Whoever was cut off does what a person does: they
load the page again, and give the same answer once more.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from tools.chaos.connection import Dropped, Line, Reply, Request

BACK = 0.08  # how often somebody goes back instead of answering
SLUGS = ("hikvision-camera", "hikvision-watch-code", "zosi-camera")


class Unavailable(Exception):
    """A page said that the site is away for a moment, and when to try again."""


class Wrong(Exception):
    """A reply that nobody should get."""


@dataclass(frozen=True)
class Move:
    """What somebody did on page `number`: gave an answer, or (None) went back. `became` is the page it led to."""

    number: int
    given: str | None
    became: int = 0


@dataclass
class Page:
    """What of a page somebody needs to go on."""

    token: str
    answers: list[str]
    goes_back: bool

    @classmethod
    def read(cls, body: str) -> Page:
        """Read a step's page, or the fragment of one."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', body)
        answers = re.findall(r'name="answer"\s+value="([\w-]+)"', body)
        return cls(token[1] if token else "", answers, re.search(r'formaction="/s/\w+/\d+/back/"', body) is not None)


@dataclass
class Person:
    """Somebody with a browser: without JavaScript, or with htmx.

    `said` holds the moves that were acknowledged, those made at the same moment together; `open_move` is the one that
    was sent and not acknowledged so far.
    """

    dice: random.Random
    htmx: bool = False
    cookies: dict[str, str] = field(default_factory=dict)
    slug: str = ""
    code: str = ""
    symptom: str = ""
    number: int = 0
    page: Page | None = None
    said: list[tuple[Move, ...]] = field(default_factory=list)
    open_move: Move | None = None
    ended: bool = False

    @property
    def address(self) -> str:
        """The address of the page at which they stand."""
        return f"/s/{self.code}/{self.number}/"

    def ready(self, line: Line) -> None:
        """Begin a session where there is none, and look at the page. Raises Dropped, Unavailable, Wrong."""
        if not self.code:
            self.begin(line)
        if self.page is None:
            self.page = Page.read(self._get(line, self.address).body)
        self.ended = not self.page.answers and self.open_move is None

    def act(self, line: Line) -> None:
        """Give an answer or go back, or do once more what was cut off. Raises as `ready`, which comes before."""
        assert self.page is not None
        if self.open_move is None:
            back = self.page.goes_back and self.dice.random() < BACK
            self.open_move = Move(self.number, None if back else self.dice.choice(self.page.answers))
        page, self.page = self.page, None  # whoever is cut off loads it again
        move = self.open_move
        reply = self._ask(line, *self._form(move, page), htmx=self.htmx)
        self._arrive(reply)
        self.said.append((Move(move.number, move.given, self.number),))
        self.open_move = None
        if self.htmx:
            self.page = Page.read(reply.body)

    def race(self, line: Line, other: Line) -> None:
        """Answer at the same moment in two tabs: the same answer twice, or two answers. Raises as `ready`."""
        assert self.page is not None
        page, self.page = self.page, None
        first = self.dice.choice(page.answers)
        second = first if self.dice.random() < 0.5 else self.dice.choice(page.answers)
        moves = [Move(self.number, given) for given in (first, second)]
        lines = (line, other)
        for each, move in zip(lines, moves, strict=True):
            each.send(Request(*self._form(move, page), self.cookies))
        try:
            replies = [each.receive() for each in lines]
        except Dropped:
            line.close()  # a reply that nobody read must not be taken for the next one
            other.close()
            raise
        said = []
        for reply, move in zip(replies, moves, strict=True):
            self._arrive(self._allowed(reply, f"two tabs of {self.address}"))
            said.append(Move(move.number, move.given, self.number))
        self.number = max(move.became for move in said)
        self.said.append(tuple(said))

    def begin(self, line: Line) -> None:
        """Begin a session by one of the ways in."""
        self.slug = self.slug or self.dice.choice(SLUGS)
        body = self._get(line, f"/w/{self.slug}/").body
        ways = re.findall(r'formaction="/begin/[\w-]+/([\w-]+)/"', body)
        symptom = self.dice.choice(ways)
        form = {"csrfmiddlewaretoken": Page.read(body).token}
        self._arrive(self._ask(line, "POST", f"/begin/{self.slug}/{symptom}/", form))
        self.symptom = symptom

    def _form(self, move: Move, page: Page) -> tuple[str, str, dict[str, str]]:
        token = {"csrfmiddlewaretoken": page.token}
        address = f"/s/{self.code}/{move.number}/"
        if move.given is None:
            return "POST", f"{address}back/", token
        return "POST", address, token | {"answer": move.given}

    def _arrive(self, reply: Reply) -> None:
        """Stand where a reply leads."""
        address = reply.headers.get("location") or reply.headers.get("hx-push-url", "")
        found = re.fullmatch(r"/s/(\w+)/(\d+)/", address)
        if not found or reply.status not in (200, 303):
            raise Wrong(f"{reply.status} leads to {address!r}: {words(reply.body)}")
        self.code, self.number = found[1], int(found[2])

    def _get(self, line: Line, path: str) -> Reply:
        reply = self._ask(line, "GET", path)
        if reply.status != 200:
            raise Wrong(f"{reply.status} for GET {path}: {words(reply.body)}")
        return reply

    def _ask(self, line: Line, method: str, path: str, form: dict[str, str] | None = None, htmx: bool = False) -> Reply:
        return self._allowed(line.ask(Request(method, path, form, self.cookies, htmx)), f"{method} {path}")

    def _allowed(self, reply: Reply, what: str) -> Reply:
        self.cookies |= reply.cookies
        if reply.status == 503 and "retry-after" in reply.headers:
            raise Unavailable(words(reply.body))
        if reply.status >= 400:
            raise Wrong(f"{reply.status} for {what}: {words(reply.body)}")
        return reply


def words(body: str) -> str:
    """Return the heading and the first words of a page."""
    heading = re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>(.{0,300})", body, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", heading[0] if heading else body[:200]).split())
