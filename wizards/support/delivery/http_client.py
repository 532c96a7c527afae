"""POST to an untrusted server.

The host name is resolved once; every address must be public, and the connection goes to an address that was checked,
which defeats DNS rebinding. No redirects, no proxies, 10 seconds in total, at most 64 kB of the response.
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
    """The message was not accepted. `for_good`: trying again cannot help."""

    def __init__(self, reason: str, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


@dataclass(frozen=True)
class AddressRules:
    """Exceptions to the address check: plain http, and addresses in a private network."""

    http: bool = False
    private: bool = False


def resolve(host: str, port: int) -> list[str]:
    """Return the host's addresses in the system's order of preference. Raises OSError."""
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in infos))


def check_url(url: str, rules: AddressRules) -> SplitResult:
    """Return the parts of a webhook's URL; raise NotAcceptedError, with a sentence for staff, if it is not allowed."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError as error:
        raise NotAcceptedError("This is not a valid URL.") from error
    if parts.scheme != "https" and not (rules.http and parts.scheme == "http"):
        raise NotAcceptedError("The URL must start with https://.")
    if not host or port == 0 or not url.isprintable() or " " in url:
        raise NotAcceptedError("The URL needs a host, such as https://hooks.example.org/cases.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise NotAcceptedError("The URL must not contain a user name, a password or a #.")
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
    """Post `body` and return the response's status, whatever it is.

    Raises NotAcceptedError if the address is not allowed, and OSError if no valid response came in time.
    """
    deadline = time.monotonic() + seconds
    parts = check_url(url, rules)
    secure = parts.scheme == "https"
    host = cast(str, parts.hostname).encode("idna").decode()
    port = parts.port or (443 if secure else 80)
    address = _resolve_allowed(host, port, rules, resolver, deadline)
    sock = _TimedSocket(socket.create_connection((address, port), timeout=_time_left(deadline)), deadline)
    try:
        if secure:
            sock.start_tls(context or ssl.create_default_context(), host)
        connection = (HTTPSConnection if secure else HTTPConnection)(host, port)
        connection.sock = cast(Any, sock)
        connection.request("POST", _request_target(parts), body, {**headers, "Connection": "close"})
        response = HTTPResponse(cast(Any, sock), method="POST")
        response.begin()
        return response.status
    except OSError:  # certificate errors are ValueErrors too
        raise
    except (HTTPException, ValueError) as error:
        raise OSError(f"the response is invalid ({type(error).__name__})") from error
    finally:
        sock.close()


def _request_target(parts: SplitResult) -> str:
    """Return the path and query, percent-encoded where necessary."""
    safe = "%/:@!$&'()*+,;=~?"
    return (quote(parts.path, safe) or "/") + (f"?{quote(parts.query, safe)}" if parts.query else "")


def _resolve_allowed(host: str, port: int, rules: AddressRules, resolver: Resolver, deadline: float) -> str:
    """Return the address to connect to. Raises NotAcceptedError if any address of the host is not allowed."""
    addresses = _call_with_deadline(lambda: resolver(host, port), deadline)
    if not addresses:
        raise OSError(f"{host} has no address")
    for address in addresses:
        if not rules.private and not is_public(address):
            raise NotAcceptedError(f"{host} resolves to {address}, which is not on the public internet")
    return addresses[0]


def _call_with_deadline(call: Callable[[], Sequence[str]], deadline: float) -> Sequence[str]:
    """Return what `call` returns, or raise TimeoutError: the system's resolver has no timeout of its own."""
    results: list[Sequence[str]] = []
    errors: list[OSError] = []

    def run() -> None:
        try:
            results.append(call())
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_time_left(deadline))
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError("the name was not resolved in time")
    return results[0]


def _time_left(deadline: float) -> float:
    """Return the seconds left; raise TimeoutError if there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("it took too long")
    return seconds


class _TimedSocket:
    """A socket, as far as `http.client` needs one, whose operations share one deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock, self.deadline = sock, deadline

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Start TLS; the certificate must be valid for `host`."""
        self.sock = context.wrap_socket(self.sock, server_hostname=host, do_handshake_on_connect=False)
        self.sock.settimeout(_time_left(self.deadline))
        self.sock.do_handshake()

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self.sock.settimeout(_time_left(self.deadline))
            rest = rest[self.sock.send(rest) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_ResponseStream(self))

    def close(self) -> None:
        self.sock.close()


class _ResponseStream(io.RawIOBase):
    """The response's bytes, at most MAX_RESPONSE_BYTES."""

    def __init__(self, source: _TimedSocket) -> None:
        self.source, self.bytes_left = source, MAX_RESPONSE_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.bytes_left:
            raise OSError("the response is too long")
        self.source.sock.settimeout(_time_left(self.source.deadline))
        count = self.source.sock.recv_into(buffer, min(len(buffer), self.bytes_left))
        self.bytes_left -= count
        return count
