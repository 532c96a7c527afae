"""Requests as bytes: sent to the site as gunicorn sends them, and shown as a line that sends them again.

answer = send(Request("POST", b"/s/abc/1/", body=b"answer=yes", cookies={"visitor": "..."}))
answer.status, answer.body, answer.writes, answer.statements, answer.seconds, answer.worked
"""

from __future__ import annotations

import contextlib
import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from django.conf import settings
from django.core import signals
from django.db import close_old_connections, connection, transaction

from helpdesk import wsgi
from tests.visitor import CSRF, FORM, connection_kept

HOST = "127.0.0.1:8000"
WRITES = re.compile(r'\s*(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM) "?(\w+)', re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Request:
    """One request: `path` and `query` are bytes, escaped as they stand on the line; `headers` are WSGI's names."""

    method: str
    path: bytes
    query: bytes = b""
    body: bytes = b""
    kind: str = FORM
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    csrf: bool = True
    breaks_off: bool = False

    def __repr__(self) -> str:
        """Return a line for a shell that sends this request to a site on this machine."""
        parts = ["curl -i --path-as-is -X", _quoted(self.method.encode())]
        named = {
            name: value for name, value in self.environ().items() if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        for name, value in named.items():
            if name != "HTTP_HOST":
                title = name.removeprefix("HTTP_").replace("_", "-").title()
                parts.append("-H " + _quoted(f"{title}: {value}".encode("latin-1", "replace")))
        if self.body:
            parts.append("--data-binary " + _quoted(self.body))
        address = b"http://" + HOST.encode() + self.path + (b"?" + self.query if self.query else b"")
        return " ".join([*parts, _quoted(address), *(["# and hangs up"] if self.breaks_off else [])])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show the same line where hypothesis shows what it drew."""
        printer.text(repr(self))

    def environ(self) -> dict[str, Any]:
        """Return the request as WSGI passes it on."""
        cookies = self.cookies | ({settings.CSRF_COOKIE_NAME: CSRF} if self.csrf else {})
        return {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(self.path).decode("latin-1"),
            "QUERY_STRING": self.query.decode("latin-1"),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": HOST,
            "CONTENT_TYPE": self.kind.encode("utf-8", "surrogatepass").decode("latin-1"),
            "CONTENT_LENGTH": str(len(self.body)),
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            **({"HTTP_X_CSRFTOKEN": CSRF} if self.csrf else {}),
            **self.headers,
        }


@dataclass
class Answer:
    """What came back, and what it took: the tables `writes` were written by `statements` statements in all.

    Of its `seconds` this thread, and SQLite in it, worked for `worked`: however busy the machine is with other things.
    """

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    writes: set[str] = field(default_factory=set)
    statements: int = 0
    seconds: float = 0
    worked: float = 0

    def header(self, name: str) -> str:
        """Return a header; an empty string where it is not there."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


class BreaksOff(io.BytesIO):
    """A body whose sender hangs up in the middle of it."""

    def read(self, *_: Any) -> bytes:
        raise OSError("the client hung up")

    readline = read


def send(request: Request) -> Answer:
    """Send a request through everything that a real one passes; return the answer. Raises what the site raises."""
    answer = Answer()

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        answer.statements += 1
        if found := WRITES.match(sql):
            answer.writes.add(found[1].lower())
        return execute(sql, *rest)

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        answer.status, answer.headers = int(status[:3]), headers

    body = BreaksOff(request.body) if request.breaks_off else io.BytesIO(request.body)
    environ = {"wsgi.input": body, "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO(), **request.environ()}
    began, worked = time.perf_counter(), time.thread_time()
    with connection_kept(), statement_by_statement(), connection.execute_wrapper(count):
        chunks = wsgi.application(environ, start)
        answer.body = b"".join(chunks)
        signals.request_finished.disconnect(close_old_connections)
        chunks.close()
        signals.request_finished.connect(close_old_connections)
    answer.seconds, answer.worked = time.perf_counter() - began, time.thread_time() - worked
    return answer


@contextlib.contextmanager
def statement_by_statement() -> Iterator[None]:
    """Go on after a statement that PostgreSQL refused, as the site does: only the test's transaction would be lost."""
    if connection.vendor != "postgresql":
        yield
        return
    before = transaction.savepoint()
    try:
        yield
    finally:
        is_lost = connection.connection.info.transaction_status.name == "INERROR"
        (transaction.savepoint_rollback if is_lost else transaction.savepoint_commit)(before)


def _quoted(text: bytes) -> str:
    """Return bytes as a word for a shell."""
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in "'\\" else f"\\x{byte:02x}" for byte in text[:3000]
    )
    return f"$'{plain}'"


def escaped(text: str) -> bytes:
    """Return a text as it stands in an address; a surrogate as the three bytes that it would be."""
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="").encode()
