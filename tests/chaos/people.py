"""People who walk through the site over HTTP, and note what they were told.

An answer counts as acknowledged when the whole reply to it arrived. Whoever was cut off does what a person does: they
load the page again, and give the same answer once more.
"""

from __future__ import annotations

import contextlib
import random
import re
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

HOST = "127.0.0.1"
PATIENCE = 40  # seconds for one reply
IDLE = 3  # seconds after which the server may have closed a connection that nobody used
PAUSE = 0.1  # seconds until somebody who was cut off tries again
HTMX = 0.7  # how many have JavaScript
BACK = 0.08  # how often somebody goes back instead of answering
SLUGS = ("hikvision-camera", "hikvision-watch-code", "zosi-camera")


class Dropped(Exception):
    """No whole reply arrived."""


class Unavailable(Exception):
    """A page said that the site is away for a moment, and when to try again."""


class Wrong(Exception):
    """A reply that nobody should get."""


@dataclass(frozen=True)
class Reply:
    """What arrived, whole."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: str


class Line:
    """One connection to the site, kept open; by hand, because it must not cost more than what it asks for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.used = 0.0

    def ask(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
        htmx: bool = False,
    ) -> Reply:
        """Send a request and return the reply; raise Dropped where no whole one arrives."""
        body = urlencode(form).encode() if form is not None else b""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{self.port}"]
        if cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
        if form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        if htmx:
            lines += ["HX-Request: true", "HX-Target: page"]
        try:
            return self._exchange("\r\n".join([*lines, "", ""]).encode() + body)
        except (OSError, ValueError, IndexError) as broken:
            self.close()
            raise Dropped(repr(broken)) from broken

    def _exchange(self, request: bytes) -> Reply:
        if self.socket is None or time.monotonic() - self.used > IDLE:
            self.close()
            self.socket = socket.create_connection((HOST, self.port), timeout=PATIENCE)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in rest)]
        headers = dict(pairs)
        if "content-length" not in headers:
            raise ValueError(f"a reply without a length: {first}")
        while len(body) < int(headers["content-length"]):
            body += self._more()
        self.used = time.monotonic()
        if headers.get("connection") == "close":
            self.close()
        cookies = [value.partition(";")[0].partition("=") for name, value in pairs if name == "set-cookie"]
        return Reply(int(first.split()[1]), headers, {name: value for name, _, value in cookies}, body.decode())

    def _more(self) -> bytes:
        assert self.socket is not None
        more = self.socket.recv(65536)
        if not more:
            raise ConnectionResetError("closed before the whole reply")
        return more

    def close(self) -> None:
        """Close it; the next request opens another one."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


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

    def act(self, line: Line) -> bool:
        """Do the next thing; return whether a move was acknowledged. Raises Dropped, Unavailable, Wrong."""
        if not self.code:
            self.begin(line)
        if self.page is None:
            self.page = Page.read(self._get(line, self.address).body)
        if self.open_move is None:
            if not self.page.answers:
                self.ended = True
                return False
            back = self.page.goes_back and self.dice.random() < BACK
            self.open_move = Move(self.number, None if back else self.dice.choice(self.page.answers))
        self.send(line, self.open_move)
        return True

    def begin(self, line: Line) -> None:
        """Begin a session by one of the ways in."""
        self.slug = self.slug or self.dice.choice(SLUGS)
        body = self._get(line, f"/w/{self.slug}/").body
        ways = re.findall(r'formaction="/begin/[\w-]+/([\w-]+)/"', body)
        symptom = self.dice.choice(ways)
        form = {"csrfmiddlewaretoken": Page.read(body).token}
        reply = self._ask(line, "POST", f"/begin/{self.slug}/{symptom}/", form)
        self.symptom = symptom
        self._arrive(reply.headers.get("location", ""), reply)

    def send(self, line: Line, move: Move) -> None:
        """Send a move, and note that it was acknowledged."""
        page, self.page = self.page, None  # whoever is cut off loads it again
        assert page is not None
        form = {"csrfmiddlewaretoken": page.token} | ({"answer": move.given} if move.given is not None else {})
        address = f"/s/{self.code}/{move.number}/" + ("" if move.given is not None else "back/")
        reply = self._ask(line, "POST", address, form, self.htmx)
        self._arrive(reply.headers.get("hx-push-url" if self.htmx else "location", ""), reply)
        self.said.append((Move(move.number, move.given, self.number),))
        self.open_move = None
        if self.htmx:
            self.page = Page.read(reply.body)

    def _arrive(self, address: str, reply: Reply) -> None:
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
        reply = line.ask(method, path, form, self.cookies, htmx)
        self.cookies |= reply.cookies
        if reply.status == 503 and "retry-after" in reply.headers:
            raise Unavailable(words(reply.body))
        if reply.status >= 400:
            raise Wrong(f"{reply.status} for {method} {path}: {words(reply.body)}")
        return reply


def words(body: str) -> str:
    """Return the heading and the first words of a page."""
    heading = re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>(.{0,300})", body, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", heading[0] if heading else body[:200]).split())


class Crowd:
    """Many people at once, each in the middle of a session, over a few connections: whose turn it is goes round.

    Some have htmx, some no JavaScript.

    rate: answers a second in all, at most; 0 for as many as the site gives.
    """

    def __init__(self, port: int, seed: int, people: int, lines: int = 8, rate: float = 0) -> None:
        self.port, self.rate = port, rate
        self.dice = random.Random(seed)
        self.people = [self._newcomer() for _ in range(people)]
        self.queue = deque(self.people)
        self.counts: Counter[str] = Counter()
        self.complaints: list[str] = []
        self.taken: list[float] = []  # seconds from when an answer was due to when it was acknowledged
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(lines)]
        self.due = 0.0

    def _newcomer(self) -> Person:
        return Person(random.Random(self.dice.random()), self.dice.random() < HTMX)

    @property
    def acknowledged(self) -> int:
        """How many answers and steps back were acknowledged so far."""
        return self.counts["acknowledged"]

    def start(self) -> None:
        """Let them walk."""
        self.due = time.monotonic()
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody finish what they are at, and stop."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE + 5)

    def wait(self, more: int, seconds: float) -> bool:
        """Wait until so many more moves were acknowledged; return whether they were, within so many seconds."""
        return self.until(lambda enough=self.acknowledged + more: self.acknowledged >= enough, seconds)

    def until(self, happened: Callable[[], bool], seconds: float) -> bool:
        """Wait until something happened; return whether it did, within so many seconds. Stops at a complaint."""
        end = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > end or len(self.complaints) > 20:
                return False
            time.sleep(0.01)
        return True

    def _serve(self) -> None:
        line = Line(self.port)
        while not self.stopping.is_set():
            try:
                person = self.queue.popleft()
            except IndexError:
                time.sleep(PAUSE)
                continue
            due = self._turn()
            self._count(person, line, due)
        line.close()

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

    def _count(self, person: Person, line: Line, due: float) -> None:
        what, complaint = "ended", ""
        try:
            if person.act(line):
                what = "acknowledged"
        except Dropped:
            what = "dropped"
        except Unavailable:
            what = "unavailable"
        except Wrong as wrong:
            what, complaint = "wrong", str(wrong)
        with self.lock:
            self.counts[what] += 1
            if what == "acknowledged":
                self.taken.append(time.monotonic() - due)
            if complaint:
                self.complaints.append(complaint)
            elif person.ended:
                self.people.append(newcomer := self._newcomer())
                self.queue.append(newcomer)
            else:
                self.queue.append(person)
        if what in ("dropped", "unavailable"):
            time.sleep(PAUSE)


@contextlib.contextmanager
def walking(port: int, seed: int, people: int, **options: float) -> Iterator[Crowd]:
    """Give a crowd that walks, and stop it at the end."""
    crowd = Crowd(port, seed, people, **options)  # type: ignore[arg-type]
    crowd.start()
    try:
        yield crowd
    finally:
        crowd.stop()
