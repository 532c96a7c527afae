"""Eight people who answer as fast as the site lets them: `python -m tools.bench.answers.load`, a job on its input.

In, as JSON: {"port": 8000, "kind": "sessions" or "forms", "seconds": 3, "workers": 2, "walks": [state, ...]}, with a
state for each connection: {} at first, or {"ahead": 25} for one who has given so many answers before.
Out: {"seconds": [...], "walks": [...]}: how long each acknowledged answer took, and where each walk stands now.

Bare sockets with keep-alive in one thread, so that little of the machine goes into asking. What came back is kept, and
checked when the time is over: each answer has to bring the right next page, and anything else ends the measurement.
Each worker gets as many connections as the others: a kept connection stays with the worker that took it, and whichever
wakes first takes it, so that of eight often six or seven fall to one of two, and a run measures the draw.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
import time
import zlib
from collections import Counter
from typing import Any

from tools.bench.answers import ring_wizard

END = b"\r\n\r\n"
CHUNKED = b"\r\ntransfer-encoding: chunked"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r]+)", re.IGNORECASE)
PLACE = re.compile(rb"\r\n(?:location|hx-push-url): */s/(\w+)/(\d+)/", re.IGNORECASE)
TRIES = 400  # to reach the worker that has too few connections
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')


class WrongPageError(Exception):
    """What came back is not the page that the answer leads to."""


class Answer:
    """What came back, as bytes."""

    def __init__(self, raw: bytes) -> None:
        self.head, _, body = raw.partition(END)
        self.status = int(self.head[9:12])
        self.cookies = [each.decode() for each in COOKIE.findall(self.head)]
        body = dechunked(body) if CHUNKED in self.head.lower() else body
        zipped = b"content-encoding: gzip" in self.head.lower()
        self.body = zlib.decompress(body, wbits=zlib.MAX_WBITS | 16) if zipped else body

    def want(self, status: int, words: str = "") -> None:
        """Raise WrongPageError where it is not what was expected."""
        if self.status != status or words.encode() not in self.body:
            raise WrongPageError(f"wanted {status} {words!r}, got {self.head[:300]!r} {self.body[:2000]!r}")


class Walk:
    """One person: a connection, cookies, and the place where they stand."""

    def __init__(self, port: int, state: dict[str, Any]) -> None:
        self.state = {"cookies": {}, "token": "", "at": 0, "code": ""} | state
        self.port = port
        self.connect()
        self.asked: list[tuple[int, bytes]] = []
        self.sent, self.held, self.counts = 0.0, b"", True

    def connect(self) -> bytes:
        """Open a connection, which is kept, and return the worker that took it.

        Before everybody answers, as the site hangs up on those who wait.
        """
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.ask(self.request("GET", ring_wizard.WORKER)).body

    def request(self, method: str, path: str, body: str = "", htmx: bool = False) -> bytes:
        """Return a request as bytes."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.state["cookies"].items())
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Encoding: gzip", f"Cookie: {cookies}"]
        lines += ["HX-Request: true"] if htmx else []
        if method == "POST":
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def ask(self, request: bytes) -> Answer:
        """Send a request and wait for what comes back: for the way in, which is not measured."""
        self.socket.sendall(request)
        raw = b""
        while not whole(raw):
            raw += self.read()
        answer = Answer(raw)
        self.remember(answer)
        return answer

    def read(self) -> bytes:
        """Return what is there; raise WrongPageError where the site hung up."""
        if part := self.socket.recv(65536):
            return part
        raise WrongPageError("the site hung up")

    def remember(self, answer: Answer) -> None:
        """Keep the cookies, the token for forms, and the place to which an answer led."""
        self.state["cookies"] |= dict(cookie.split("=", 1) for cookie in answer.cookies)
        if token := TOKEN.search(answer.body):
            self.state["token"] = token[1].decode()
        if place := PLACE.search(answer.head):
            self.state["code"], self.state["at"] = place[1].decode(), int(place[2])

    def begin(self) -> None:
        """Stand at a page that can be answered."""
        raise NotImplementedError

    def next(self) -> bytes:
        """Return the request that leads to the next page, and stand there; `counts` says whether it is an answer."""
        raise NotImplementedError

    def heard(self, raw: bytes) -> None:
        """Take from what came back what the next answer needs; where one token for forms serves all, nothing."""

    def check(self, at: int, answer: Answer) -> None:
        """Hold that what came back is page `at`."""
        raise NotImplementedError


class Sessions(Walk):
    """The product, and FLOOR: a session with a code, whose pages have numbers; one for each run, as none is endless."""

    def begin(self) -> None:
        self.ask(self.request("GET", "/w/ring/")).want(200)
        token = f"csrfmiddlewaretoken={self.state['token']}"
        self.ask(self.request("POST", "/begin/ring/s/", token))
        self.ask(self.request("GET", self.path)).want(200)

    @property
    def path(self) -> str:
        return f"/s/{self.state['code']}/{self.state['at']}/"

    def next(self) -> bytes:
        path = self.path
        self.state["at"] += 1
        return self.request("POST", path, f"csrfmiddlewaretoken={self.state['token']}&answer=steady", htmx=True)

    def check(self, at: int, answer: Answer) -> None:
        answer.want(200, f">{ring_wizard.title((at - 1) % ring_wizard.QUESTIONS)}</h1>")
        if f"HX-Push-Url: /s/{self.state['code']}/{at}/" not in answer.head.decode():
            raise WrongPageError(f"page {at} does not say where it is")


class Forms(Walk):
    """The forms of django-formtools. The last one is not answered: the walk begins anew, which is not measured."""

    def begin(self) -> None:
        if "forms" not in self.state:
            first = self.ask(self.request("GET", "/"))
            first.want(200)
            self.state["forms"] = int(first.body.partition(b"Step 1 of ")[2].split()[0])

    def next(self) -> bytes:
        at, token = self.state["at"], self.state["token"]
        self.counts = at < self.state["forms"] - 1
        self.state["at"] = at + 1 if self.counts else 0
        if not self.counts:
            return self.request("GET", "/")
        body = f"csrfmiddlewaretoken={token}&walk-current_step={at}&{at}-answer=steady"
        return self.request("POST", "/", body)

    def heard(self, raw: bytes) -> None:
        """Take each page's own token, as a browser does: formtools keeps it with the answer in the session."""
        if token := TOKEN.search(raw):
            self.state["token"] = token[1].decode()

    def check(self, at: int, answer: Answer) -> None:
        answer.want(200, f"<title>Step {at + 1} of ")
        answer.want(200, f"<h1>{ring_wizard.title(at)}</h1>")


def whole(raw: bytes) -> bool:
    """Return whether an answer has come to its end."""
    head, end, body = raw.partition(END)
    if not end:
        return False
    if length := LENGTH.search(head):
        return len(body) >= int(length[1])
    if CHUNKED in head.lower():
        return body.endswith(b"0\r\n\r\n")
    raise WrongPageError(f"no length: {head!r}")


def dechunked(body: bytes) -> bytes:
    """Return a body that came in chunks as one piece."""
    whole, rest = b"", body
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        whole, rest = whole + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return whole


def connect(walks: list[Walk], workers: int) -> None:
    """Open everybody's connection, as many to each worker. Raises WrongPageError where that does not come about."""
    taken: Counter[bytes] = Counter()
    for walk in walks:
        for _ in range(TRIES):
            worker = walk.connect()
            if taken[worker] < len(walks) / workers:
                break
            walk.socket.close()
        else:
            raise WrongPageError(f"connections stay uneven: {taken}")
        taken[worker] += 1


def walk_on(walks: list[Walk], seconds: float) -> list[float]:
    """Let everybody answer for so many seconds; return how long each answer took. Those under way are waited for."""
    taken: list[float] = []
    until = time.perf_counter() + seconds
    with selectors.DefaultSelector() as ready:
        for walk in walks:
            ready.register(walk.socket, selectors.EVENT_READ, walk)
            send(walk)
        while ready.get_map():
            for key, _ in ready.select():
                walk = key.data
                walk.held += walk.read()
                if not whole(walk.held):
                    continue
                now = time.perf_counter()
                taken += [now - walk.sent] if walk.counts else []
                walk.asked.append((walk.state["at"], walk.held))
                walk.heard(walk.held)
                walk.held = b""
                if now > until:
                    ready.unregister(walk.socket)
                    continue
                send(walk)
    return taken


def send(walk: Walk) -> None:
    """Answer the page at hand."""
    request = walk.next()
    walk.sent = time.perf_counter()
    walk.socket.sendall(request)


def main() -> None:
    """Do the job that stands on the standard input."""
    job = json.load(sys.stdin)
    kind = {"sessions": Sessions, "forms": Forms}[job["kind"]]
    walks = []
    for state in job["walks"]:
        walk = kind(job["port"], state)
        walk.begin()
        for _ in range(walk.state.pop("ahead", 0)):
            walk.ask(walk.next()).want(200)
        walk.socket.close()
        walks.append(walk)
    connect(walks, job["workers"])
    walk_on(walks, 0.3)  # everybody has a thread and a connection
    taken = walk_on(walks, job["seconds"])
    for walk in walks:
        for at, raw in walk.asked:
            walk.check(at, Answer(raw))
    json.dump({"seconds": taken, "walks": [walk.state for walk in walks]}, sys.stdout)


if __name__ == "__main__":
    main()
