"""A visitor without a browser, who counts bytes: sends what htmx sends, and reads headers and bodies as they come."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

# Django's GZipMiddleware puts a file name of random length into each answer, against the BREACH attack.
LONGEST_RANDOM_NAME = 99


@dataclass(frozen=True)
class Reply:
    """What the server sent: the status, the headers, the body as it came, and the bytes of all of it."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    bytes: int

    @property
    def heaviest(self) -> int:
        """How many bytes it can have at most: random padding counted at its longest."""
        if self.headers["Content-Encoding"] != "gzip" or not self.body[3] & 8:
            return self.bytes
        return self.bytes - (self.body.index(b"\0", 10) - 10) + LONGEST_RANDOM_NAME


class Client:
    """One visitor with cookies."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        self.cookies: dict[str, str] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def get(self, path: str) -> Reply:
        """Ask for a page or a file."""
        return self._ask("GET", path)

    def begin(self, slug: str, symptom: str) -> str:
        """Begin a session; return the path of its first page."""
        self.get(f"/w/{slug}/")
        return self._ask("POST", f"/begin/{slug}/{symptom}/", self._form()).headers["Location"]

    def answer(self, path: str, answer: str) -> Reply:
        """Give an answer on the page at `path`, as htmx does."""
        form = self._form() | ({"answer": answer} if answer else {})
        return self._ask("POST", path, form, {"HX-Request": "true", "HX-Target": "main#page"})

    def _form(self) -> dict[str, str]:
        return {"csrfmiddlewaretoken": self.cookies["csrf"]}

    def _ask(
        self, method: str, path: str, form: dict[str, str] | None = None, more: dict[str, str] | None = None
    ) -> Reply:
        headers = {
            "Accept-Encoding": "gzip, br",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **({"Content-Type": "application/x-www-form-urlencoded"} if form else {}),
            **(more or {}),
        }
        self.connection.request(method, path, urlencode(form) if form else None, headers)
        response = self.connection.getresponse()
        body = response.read()
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        head = len(f"HTTP/1.1 {response.status} {response.reason}\r\n") + 2
        head += sum(len(name) + len(value) + 4 for name, value in response.headers.items())
        return Reply(response.status, response.headers, body, head + len(body))
