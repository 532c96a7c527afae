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
        self.send(method, path, form, cookies, htmx)
        return self.receive()

    def send(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
        htmx: bool = False,
    ) -> None:
        """Send a request; raise Dropped where that cannot be done."""
        body = urlencode(form).encode() if form is not None else b""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{self.port}"]
        if cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
        if form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        if htmx:
            lines += ["HX-Request: true", "HX-Target: page"]
        with self._whole():
            if self.socket is None or time.monotonic() - self.used > IDLE:
                self.close()
                self.socket = socket.create_connection((HOST, self.port), timeout=PATIENCE)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def receive(self) -> Reply:
        """Return the reply to what was sent; raise Dropped where no whole one arrives."""
        with self._whole():
            return self._reply()

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, IndexError) as broken:
            self.close()
            raise Dropped(repr(broken)) from broken

    def _reply(self) -> Reply:
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
            each.send(*self._form(move, page), self.cookies)
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
        return self._allowed(line.ask(method, path, form, self.cookies, htmx), f"{method} {path}")

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
