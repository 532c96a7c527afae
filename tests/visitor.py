"""One person's way through the site by HTTP, for tests.

visitor = Visitor().begin("toy", "s")      a browser without JavaScript, with its cookies
visitor.answer("yes")                      posts, and stands where the answer leads
visitor.see("told")                        gets a page of the session
rows()                                     what people's sessions are kept in: compare before and after
routes("s/")                               the site's own addresses, so that no new one is forgotten
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

# One node of each kind, and every way in and out of them.


def publish(*lines: str, slug: str = "toy", **changes: Any) -> Version:
    """Make a tiny graph (TOY by default), with some of its top-level fields changed, a wizard's current version.

    Without a draft, which no page for a customer needs: that is quick, and it holds that none looks at one.
    """
    document = flow.Document.model_validate(graph(*(lines or TOY), slug=slug).plain() | changes)
    return versions.publish(document)


LOG = (Session, Event, Words, StaffSession)


def rows(*chosen: type[models.Model]) -> dict[str, list[dict[str, Any]]]:
    """Return every row of the chosen models, of what people's sessions are kept in by default."""
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in chosen or LOG}


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
        """Post a form to a page of the session, and stand where it leads."""
        return self.follow(self.client.post(self.address(name, number), form, headers=headers))

    def answer(self, given: str, number: int | str | None = None, headers: Any = None) -> Any:
        """Answer on a page, the current one by default."""
        return self.send("step", number, headers=headers, answer=given)

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
        cookies = {name: morsel.value for name, morsel in self.client.cookies.items()}
        cookies |= {settings.CSRF_COOKIE_NAME: CSRF} if csrf else {}
        more = {"HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        more |= {"HTTP_X_CSRFTOKEN": CSRF} if csrf else {}
        more |= {name.upper().replace("-", "_"): value for name, value in headers.items()}
        with connection_kept():
            status, page = served(method, address, body, kind, **more)
        return status, page.decode(errors="replace")


def served(method: str, address: str, body: bytes, kind: str, **more: str) -> tuple[int, bytes]:
    """Let a request pass all that the site has, as gunicorn does, with more in its environ; return status and page."""
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
    """Keep the database connection, in whose transaction the test runs, as Django's test client does."""
    signals.request_started.disconnect(close_old_connections)
    try:
        yield
    finally:
        signals.request_started.connect(close_old_connections)


def field(name: bytes, value: bytes, extra: bytes = b"") -> bytes:
    """Return one field of a MULTIPART form; the form ends with `--x--`."""
    return b'--x\r\nContent-Disposition: form-data; name="' + name + b'"' + extra + b"\r\n\r\n" + value + b"\r\n"


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
    """Return the address that a route's pattern makes of these values; a picture's name is one that is not there."""
    values = {"name": f"up-{'0' * 16}", "pk": 1} | values
    typed = re.sub(r"<capitals:(\w+)>", lambda found: str(values[found[1]]).upper(), pattern)
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), typed)
