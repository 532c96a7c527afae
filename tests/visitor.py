"""One customer's browser, for tests by HTTP.

visitor = Visitor().begin("toy", "s")      a browser without JavaScript, with its cookies
visitor.answer("yes")                      posts, and goes where the answer leads
visitor.see("told")                        gets a page of the session
rows()                                     all rows of sessions and the log: compare before and after
routes("s/")                               the site's routes, so that no new one is forgotten
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session as StaffSession
from django.core import signals
from django.db import close_old_connections, models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from helpdesk import wsgi
from tests import versions
from tests.graphs import TOY, graph
from wizards import flow
from wizards.models import Event, Session, Version, Words

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
HTMX = {"hx-request": "true"}
CSRF = "c" * 32


def publish(*lines: str, slug: str = "toy", **changes: Any) -> Version:
    """Publish a tiny graph (TOY by default), with some of its top-level fields changed.

    It has no draft: that is quick, and shows that no customer's page reads one.
    """
    document = flow.Document.model_validate(graph(*(lines or TOY), slug=slug).plain() | changes)
    return versions.publish(document)


LOG = (Session, Event, Words, StaffSession)


def rows(*chosen: type[models.Model]) -> dict[str, list[dict[str, Any]]]:
    """Return every row of the chosen models, by default of LOG."""
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in chosen or LOG}


class Visitor:
    """One customer's browser, on page `number` of the session `code`."""

    def __init__(self, **options: Any) -> None:
        self.client = Client(**options)
        self.code, self.number = "", 0

    def begin(self, slug: str = "toy", symptom: str = "s") -> Visitor:
        """Begin a session and go to its first page."""
        self.follow(self.client.post(f"/begin/{slug}/{symptom}/"))
        assert self.code
        return self

    @property
    def session(self) -> Session:
        return Session.objects.get(code=self.code)

    @property
    def log(self) -> list[str]:
        """The session's log: "begin s", "answer yes", "back 1"."""
        events = self.session.events.order_by("number")
        return [f"{row.kind} {row.answer or row.to or ''}".strip() for row in events]

    def address(self, name: str = "step", number: int | str | None = None) -> str:
        if name in {"resume", "help"}:
            return f"/s/{self.code}/" + ("help/" if name == "help" else "")
        return f"/s/{self.code}/{self.number if number is None else number}/" + ("" if name == "step" else f"{name}/")

    def see(self, name: str = "step", number: int | str | None = None, **options: Any) -> Any:
        """Get a page of the session; the current step by default."""
        return self.client.get(self.address(name, number), **options)

    def send(self, name: str = "step", number: int | str | None = None, /, headers: Any = None, **form: Any) -> Any:
        """Post a form to a page of the session, and follow the response."""
        return self.follow(self.client.post(self.address(name, number), form, headers=headers))

    def answer(self, answer: str, number: int | str | None = None, headers: Any = None) -> Any:
        """Answer on a page, the current one by default."""
        return self.send("step", number, headers=headers, answer=answer)

    def walk(self, *answers: str) -> Visitor:
        """Give several answers, one after the other."""
        for answer in answers:
            response = self.answer(answer)
            assert response.status_code == 303, (answer, response.status_code)
        return self

    def follow(self, response: Any) -> Any:
        """Go where a response leads; return the response."""
        address = response.headers.get("Location") or response.headers.get("HX-Push-Url") or ""
        if found := re.match(r"/s/(\w+)/(\d+)/(\?|$)", address):
            self.code, self.number = found[1], int(found[2])
        return response

    def raw(
        self, method: str, address: str, body: bytes = b"", kind: str = FORM, csrf: bool = True, **headers: str
    ) -> tuple[int, str]:
        """Send a request byte for byte through the whole stack, as gunicorn does; return the status and the page."""
        cookies = {name: morsel.value for name, morsel in self.client.cookies.items()}
        cookies |= {settings.CSRF_COOKIE_NAME: CSRF} if csrf else {}
        more = {"HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        more |= {"HTTP_X_CSRFTOKEN": CSRF} if csrf else {}
        more |= {name.upper().replace("-", "_"): value for name, value in headers.items()}
        with connection_kept():
            status, page = served(method, address, body, kind, **more)
        return status, page.decode(errors="replace")


def served(method: str, address: str, body: bytes, kind: str, **more: str) -> tuple[int, bytes]:
    """Send a request through the WSGI application, with `more` in its environ; return the status and the body."""
    path, _, query = address.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquoted(path),
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "127.0.0.1:8000",
        "CONTENT_TYPE": kind.encode().decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
    }
    answers: list[str] = []
    page = b"".join(wsgi.application(environ | more, lambda status, headers: answers.append(status)))
    return int(answers[0][:3]), page


@contextlib.contextmanager
def connection_kept() -> Iterator[None]:
    """Keep the database connection open, as Django's test client does: the test's transaction runs in it."""
    signals.request_started.disconnect(close_old_connections)
    try:
        yield
    finally:
        signals.request_started.connect(close_old_connections)


def field(name: bytes, value: bytes, extra: bytes = b"") -> bytes:
    """Return one field of a MULTIPART form; the form ends with `--x--`."""
    return b'--x\r\nContent-Disposition: form-data; name="' + name + b'"' + extra + b"\r\n\r\n" + value + b"\r\n"


def unquoted(path: str) -> str:
    """Decode a path as WSGI does: percent-encoded bytes become one Latin-1 character each."""
    plain = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), path.encode(errors="surrogatepass"))
    return plain.decode("latin-1")


def routes(start: str = "") -> dict[str, str]:
    """Return name -> pattern of the site's routes that begin with `start`, such as `s/<code:code>/<int:number>/`."""
    return {name: pattern for pattern, name in _patterns(get_resolver().url_patterns) if pattern.startswith(start)}


def _patterns(entries: Any, before: str = "") -> Iterator[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry, URLPattern):
            yield before + str(entry.pattern), str(entry.name)
        elif isinstance(entry, URLResolver) and not str(entry.pattern).startswith("admin/"):
            yield from _patterns(entry.url_patterns, before + str(entry.pattern))


def filled(pattern: str, **values: Any) -> str:
    """Fill a route's pattern with values. A picture's name defaults to one that does not exist."""
    values = {"name": f"up-{'0' * 16}", "pk": 1} | values
    typed = re.sub(r"<capitals:(\w+)>", lambda found: str(values[found[1]]).upper(), pattern)
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), typed)
