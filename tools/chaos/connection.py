"""One connection to the site: a request is sent, and a reply arrives whole or not at all."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

HOST = "127.0.0.1"
PATIENCE = 40  # seconds for one reply
IDLE = 3  # seconds after which the server may have closed a connection that nobody used


class Dropped(Exception):
    """No whole reply arrived."""


@dataclass(frozen=True)
class Request:
    """What is asked for: with a form or none, as htmx asks or as a browser without JavaScript."""

    method: str
    path: str
    form: dict[str, str] | None = None
    cookies: dict[str, str] | None = None
    htmx: bool = False


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

    def ask(self, request: Request) -> Reply:
        """Send a request and return the reply; raise Dropped where no whole one arrives."""
        self.send(request)
        return self.receive()

    def send(self, request: Request) -> None:
        """Send a request; raise Dropped where that cannot be done."""
        body = urlencode(request.form).encode() if request.form is not None else b""
        lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {HOST}:{self.port}"]
        if request.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in request.cookies.items()))
        if request.form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        if request.htmx:
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
