"""One POST to a stranger's server, with everything that it might try in mind.

The name is resolved once; every address that it has must be public, and the connection goes to the very address that
was looked at, so that a name that points elsewhere a moment later leads nowhere. No redirects, no proxies, 10 seconds
for everything together, and at most 64 kB of the answer are read.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, cast
from urllib.parse import SplitResult, quote, urlsplit

from .ssrf import is_public

TIMEOUT_SECONDS = 10
MAX_RESPONSE_BYTES = 64 * 1024

Resolver = Callable[[str, int], Sequence[str]]


class NotAcceptedError(Exception):
    """The message was not accepted; `for_good` says that no other try can change that."""

    def __init__(self, reason: str, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


@dataclass(frozen=True)
class AddressRules:
    """What addresses are allowed: plain http, and addresses inside one's own network."""

    http: bool = False
    private: bool = False


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order in which the system would try them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def check_url(url: str, rules: AddressRules) -> SplitResult:
    """Return the parts of a webhook's URL; raise NotAcceptedError with a sentence where it may not be used."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError as mistake:
        raise NotAcceptedError("This is no address that can be read.") from mistake
    if parts.scheme != "https" and not (rules.http and parts.scheme == "http"):
        raise NotAcceptedError("The address has to begin with https://.")
    if not host or port == 0 or not url.isprintable() or " " in url:
        raise NotAcceptedError("The address needs a host, such as https://hooks.example.org/cases.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise NotAcceptedError("The address may hold no user name, no password and no #.")
    literal = ":" in host or host.replace(".", "").isdigit()
    local = host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
    if not rules.private and (local or (literal and not is_public(host))):
        raise NotAcceptedError("The address is not on the public internet.")
    return parts


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    rules: AddressRules,
    resolver: Resolver = resolve,
    context: ssl.SSLContext | None = None,
    seconds: float = TIMEOUT_SECONDS,
) -> int:
    """Post `body` and return the answer's status, whatever it is.

    Raises NotAcceptedError where the address is not allowed, and OSError where no answer came in time.
    """
    until = time.monotonic() + seconds
    parts = check_url(url, rules)
    secure = parts.scheme == "https"
    host = cast(str, parts.hostname).encode("idna").decode()
    port = parts.port or (443 if secure else 80)
    address = _address(host, port, rules, resolver, until)
    line = _Line(socket.create_connection((address, port), timeout=_left(until)), until)
    try:
        if secure:
            line.encrypt(context or ssl.create_default_context(), host)
        connection = (HTTPSConnection if secure else HTTPConnection)(host, port)
        connection.sock = cast(Any, line)
        connection.request("POST", _target(parts), body, {**headers, "Connection": "close"})
        answer = HTTPResponse(cast(Any, line), method="POST")
        answer.begin()
        return answer.status
    except OSError:  # among them those of certificates, which are ValueErrors too
        raise
    except (HTTPException, ValueError) as strange:
        raise OSError(f"the answer cannot be read ({type(strange).__name__})") from strange
    finally:
        line.close()


def _target(parts: SplitResult) -> str:
    """Return the path and the query in characters that a request may hold."""
    safe = "%/:@!$&'()*+,;=~?"
    return (quote(parts.path, safe) or "/") + (f"?{quote(parts.query, safe)}" if parts.query else "")


def _address(host: str, port: int, rules: AddressRules, resolver: Resolver, until: float) -> str:
    """Return the address to connect to. Raises NotAcceptedError where one of the host's addresses is not allowed."""
    addresses = _in_time(lambda: resolver(host, port), until)
    if not addresses:
        raise OSError(f"{host} has no address")
    for each in addresses:
        if not rules.private and not is_public(each):
            raise NotAcceptedError(f"{host} leads to {each}, which is not on the public internet")
    return addresses[0]


def _in_time(call: Callable[[], Sequence[str]], until: float) -> Sequence[str]:
    """Return what `call` does; raise TimeoutError where that takes too long (the system's resolver knows no limit)."""
    results: list[Sequence[str]] = []
    faults: list[OSError] = []

    def run() -> None:
        try:
            results.append(call())
        except OSError as fault:
            faults.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_left(until))
    if faults:
        raise faults[0]
    if not results:
        raise TimeoutError("the name was not resolved in time")
    return results[0]


def _left(until: float) -> float:
    """Return how many seconds are left; raise TimeoutError where none is."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("it took too long")
    return left


class _Line:
    """A connection on which everything together ends in time. `http.client` takes it for a socket."""

    def __init__(self, line: socket.socket, until: float) -> None:
        self.line, self.until = line, until

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS, and hold that the certificate is that of `host`."""
        self.line = context.wrap_socket(self.line, server_hostname=host, do_handshake_on_connect=False)
        self.line.settimeout(_left(self.until))
        self.line.do_handshake()

    def sendall(self, data: bytes) -> None:
        """Send everything, or raise OSError."""
        rest = memoryview(data)
        while rest:
            self.line.settimeout(_left(self.until))
            rest = rest[self.line.send(rest) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what is read from the other side."""
        return io.BufferedReader(_Answer(self))

    def close(self) -> None:
        """Hang up."""
        self.line.close()


class _Answer(io.RawIOBase):
    """The bytes that the other side sends, up to MOST of them."""

    def __init__(self, line: _Line) -> None:
        self.source, self.rest = line, MAX_RESPONSE_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.rest:
            raise OSError("the answer is too long")
        self.source.line.settimeout(_left(self.source.until))
        count = self.source.line.recv_into(buffer, min(len(buffer), self.rest))
        self.rest -= count
        return count
