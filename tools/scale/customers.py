"""Customers who walk through the site over TLS, by forms alone, and remember what was acknowledged to them."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tools.scale.site import NAME, PROXY, Proxy

TURNS = 25  # answers until a customer has had enough, and begins anew
SECONDS = 30  # for an answer
CSRF = "c" * 32
_addresses = count(10)


class Connection(http.client.HTTPSConnection):
    """A connection to nginx wherever it listens, under the site's name."""

    def connect(self) -> None:
        plain = socket.create_connection((PROXY, self.port), SECONDS, (self.source_address[0], 0))
        self.sock = self._context.wrap_socket(plain, server_hostname=NAME)


class Refused(Exception):
    """The site said something that no customer should ever see."""


class Customer:
    """One browser, at an address of its own, until it begins anew as somebody else."""

    def __init__(self, proxy: Proxy, certificate: Path) -> None:
        self.proxy = proxy
        self.trust = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
        self.acknowledged: list[tuple[str, int]] = []
        self.begun = 0
        self.broken_off = 0  # pages that were on their way when their host died
        self.arrive()

    def arrive(self, address: str = "") -> None:
        """Be somebody who has never been here."""
        self.address = address or f"127.0.2.{next(_addresses) % 240 + 10}"
        self.cookies = {"__Host-csrf": CSRF}
        self.code, self.number = "", 0
        self.connection = Connection(
            NAME, self.proxy.port, context=self.trust, source_address=(self.address, 0), timeout=SECONDS
        )

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **form: str) -> Any:
        """Send a request; return the answer, whatever it is."""
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Origin": f"https://{NAME}",
            "Content-Type": "application/x-www-form-urlencoded",
            **(headers or {}),
        }
        body = urlencode(form | {"csrfmiddlewaretoken": CSRF}) if method == "POST" else None
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        answer.page = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def post(self, path: str, **form: str) -> None:
        """Post a form, and stand where it leads; raise Refused where it leads nowhere."""
        answer = self.ask("POST", path, **form)
        where = re.match(r"/s/(\w+)/(\d+)/", answer.headers.get("Location", ""))
        if answer.status != 303 or not where:
            raise Refused(f"POST {path}: {answer.status} {answer.page[:200]!r}")
        self.code, self.number = where[1], int(where[2])

    def begin(self) -> None:
        self.post("/begin/rings/s/")
        self.begun += 1

    def answer(self, given: str = "on") -> None:
        """Answer on the page at hand, see the next one, and remember that it was acknowledged."""
        number = self.number
        self.post(f"/s/{self.code}/{number}/", answer=given)
        if self.number != number + (2 if given == "end" else 1):
            raise Refused(f"answering page {number} led to page {self.number}")
        self.acknowledged.append((self.code, number + 1))
        self.look()

    def look(self) -> None:
        """See the page at hand; load it again, as people do, where it broke off on its way."""
        path = f"/s/{self.code}/{self.number}/"
        try:
            seen = self.ask("GET", path)
        except http.client.IncompleteRead:
            self.broken_off += 1
            self.connection.close()
            seen = self.ask("GET", path)
        if seen.status != 200:
            raise Refused(f"GET {path}: {seen.status}")

    def leave(self) -> None:
        self.connection.close()

    def walk(self) -> None:
        """Begin a session and walk through it to its end, as somebody else than before."""
        self.arrive()
        self.begin()
        for _ in range(TURNS):
            self.answer()
        self.answer("end")


class Crowd:
    """Customers who walk at the same time, until told to stop. `refused` is what they should not have seen."""

    def __init__(self, proxy: Proxy, certificate: Path, size: int = 4) -> None:
        self.customers = [Customer(proxy, certificate) for _ in range(size)]
        self.refused: list[str] = []
        self.over = threading.Event()

    @contextmanager
    def walking(self) -> Iterator[Crowd]:
        threads = [threading.Thread(target=self._walk, args=[each]) for each in self.customers]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.over.set()
            for thread in threads:
                thread.join()

    def _walk(self, customer: Customer) -> None:
        while not self.over.is_set():
            try:
                customer.walk()
            except (Refused, OSError, http.client.HTTPException) as wrong:
                self.refused.append(f"{type(wrong).__name__}: {wrong}")
            finally:
                customer.leave()

    @property
    def acknowledged(self) -> list[tuple[str, int]]:
        return [each for customer in self.customers for each in customer.acknowledged]

    @property
    def broken_off(self) -> int:
        return sum(customer.broken_off for customer in self.customers)
