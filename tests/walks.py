"""Walking through wizards: as one visitor by HTTP, and through all of a document at once.

    visitor = Visitor().begin("toy", "s")      a browser without JavaScript, with its cookies
    visitor.answer("yes")                      posts, and follows the address that comes back
    visitor.see("told")                        gets a page of the session
    rows()                                     everything that the database holds: compare before and after
    screens(document)                          every screen that a person can reach, and the shortest way to it
"""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from helpdesk import wsgi
from tests.graphs import graph
from wizards import flow, publishing
from wizards.models import Session, Version

FORM = "application/x-www-form-urlencoded"
HTMX = {"hx-request": "true"}
CSRF = "c" * 32

# One node of each kind, and every way in and out of them.
TOY = (
    "q? yes:ok no:fix list:why clean:wiping tip:tip",
    "fix[press] worked:ok failed:why blocked:human",
    "wiping[wipe] worked:ok failed:why blocked:human declined:q",
    "why{loose=press/50/2 old=wipe/50/1 worn=press/10/5} worked:ok failed:human",
    "ok = solved",
    "human = unsolved",
    "tip = advice",
    "press: hold release",
    "wipe!: open shut",
)


def publish(*lines: str, slug: str = "toy", **changes: Any) -> Version:
    """Publish a tiny graph (TOY by default), with some of its top-level fields changed."""
    document = graph(*(lines or TOY), slug=slug)
    return publish_document(flow.Document.model_validate(document.plain() | changes))


def publish_document(document: flow.Document) -> Version:
    """Publish a document."""
    # Databases that roll back between tests use the same ids again, for other documents.
    publishing.document_of.cache_clear()
    return publishing.publish(publishing.load(document))[0]


def rows(*chosen: type[models.Model]) -> dict[str, list[dict[str, Any]]]:
    """Return every row of the chosen models, of all by default."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in chosen or apps.get_models()}


class Visitor:
    """One person's browser. `code` and `number` say at which page of which session they are."""

    def __init__(self, **options: Any) -> None:
        self.client = Client(**options)
        self.code, self.number = "", 0

    def begin(self, slug: str = "toy", symptom: str = "s") -> Visitor:
        """Begin a session, and stand at its first page."""
        self.follow(self.client.post(f"/begin/{slug}/{symptom}/"))
        assert self.code
        return self

    @property
    def session(self) -> Session:
        """The session's row as it is now."""
        return Session.objects.get(code=self.code)

    @property
    def log(self) -> list[str]:
        """The session's log: "begin s", "answer yes", "back 1"."""
        events = self.session.events.order_by("number")
        return [f"{row.kind} {row.answer or row.to or ''}".strip() for row in events]

    def address(self, name: str = "step", number: int | str | None = None) -> str:
        """Return the address of a page of the session."""
        if name in {"resume", "help"}:
            return f"/s/{self.code}/" + ("help/" if name == "help" else "")
        return f"/s/{self.code}/{self.number if number is None else number}/" + ("" if name == "step" else f"{name}/")

    def see(self, name: str = "step", number: int | str | None = None, **options: Any) -> Any:
        """Get a page of the session; the current step by default."""
        return self.client.get(self.address(name, number), **options)

    def send(self, name: str = "step", number: int | str | None = None, /, headers: Any = None, **form: Any) -> Any:
        """Post a form to a page of the session, and follow the address that comes back."""
        return self.follow(self.client.post(self.address(name, number), form, headers=headers))

    def answer(self, given: str, number: int | str | None = None, **options: Any) -> Any:
        """Answer on a page, the current one by default."""
        return self.send("step", number, answer=given, **options)

    def walk(self, *answers: str) -> Visitor:
        """Give several answers, one after the other."""
        for given in answers:
            response = self.answer(given)
            assert response.status_code == 303, (given, response.status_code)
        return self

    def follow(self, response: Any) -> Any:
        """Stand where a response leads; return the response."""
        address = response.headers.get("Location") or response.headers.get("HX-Push-Url") or ""
        if found := re.match(r"/s/(\w+)/(\d+)/(\?|$)", address):
            self.code, self.number = found[1], int(found[2])
        return response

    def raw(
        self, method: str, address: str, body: bytes = b"", kind: str = FORM, csrf: bool = True, **headers: str
    ) -> tuple[int, str]:
        """Send a request byte for byte, the whole way that gunicorn sends it; return the status and the page."""
        path, _, query = address.partition("?")
        cookies = {name: morsel.value for name, morsel in self.client.cookies.items()}
        cookies |= {settings.CSRF_COOKIE_NAME: CSRF} if csrf else {}
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquoted(path),
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "HTTP_HOST": "127.0.0.1:8000",
            "CONTENT_TYPE": kind.encode().decode("latin-1"),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(),
        }
        environ |= {"HTTP_X_CSRFTOKEN": CSRF} if csrf else {}
        environ |= {name.upper().replace("-", "_"): value for name, value in headers.items()}
        answers: list[str] = []
        parts = wsgi.application(environ, lambda status, headers: answers.append(status))
        page = b"".join(parts)
        getattr(parts, "close", bool)()
        return int(answers[0][:3]), page.decode(errors="replace")


def unquoted(path: str) -> str:
    """Return a path as WSGI passes it on: percent signs resolved to bytes, a character for each."""
    plain = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), path.encode(errors="surrogatepass"))
    return plain.decode("latin-1")


def routes(start: str = "") -> dict[str, str]:
    """Return name -> pattern of each of the site's own addresses that begins so: `s/<code:code>/<int:number>/`."""
    return {name: pattern for pattern, name in _patterns(get_resolver().url_patterns) if pattern.startswith(start)}


def _patterns(entries: Any, before: str = "") -> Iterator[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry, URLPattern):
            yield before + str(entry.pattern), str(entry.name)
        elif isinstance(entry, URLResolver) and not str(entry.pattern).startswith("admin/"):
            yield from _patterns(entry.url_patterns, before + str(entry.pattern))


def filled(pattern: str, **values: Any) -> str:
    """Return the address that a route's pattern makes of these values."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), pattern)


@dataclass(frozen=True)
class Screen:
    """One screen that a person can reach: from `symptom` by these `answers`, the shortest way there is."""

    symptom: str
    answers: tuple[str, ...]
    position: flow.Position

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it a screen of its own; a list with some causes tried is the same list."""
        return self.position.node, self.position.cause, self.position.step

    def offered(self, document: flow.Document) -> tuple[str, ...]:
        """Return the legal answers here."""
        return flow.node_at(document, self.position).answers(document, self.position)

    def after(self, document: flow.Document, answer: str) -> Screen:
        """Return the screen that an answer leads to."""
        return Screen(self.symptom, (*self.answers, answer), flow.moved(document, self.position, answer))


def screens(document: flow.Document) -> list[Screen]:
    """Return every screen that can be reached from any symptom, nearest first."""
    waiting = deque(Screen(symptom.id, (), flow.entry(document, symptom.id)) for symptom in document.symptoms)
    seen: dict[tuple[str, str, str], Screen] = {}
    while waiting:
        screen = waiting.popleft()
        if seen.setdefault(screen.key, screen) is screen:
            waiting.extend(screen.after(document, answer) for answer in screen.offered(document))
    return list(seen.values())


def ways(found: list[Screen]) -> list[Screen]:
    """Return the screens whose ways, taken together, pass every screen: those on no other screen's way."""
    passed = {(each.symptom, each.answers[:length]) for each in found for length in range(len(each.answers))}
    return [each for each in found if (each.symptom, each.answers) not in passed]
