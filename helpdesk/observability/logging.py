"""Log lines: one for each thing that happened, for a person (LOG_FORMAT=line) or for a machine (json).

Every line that belongs to a request carries the request's id. Nobody's words can break a line or forge one: what is no
printable character is written as an escape, and a trace's lines begin with a bar.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from random import getrandbits
from time import monotonic
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import Resolver404, resolve
from pythonjsonlogger.json import JsonFormatter

from helpdesk.errors import is_database_down, is_deadlock
from helpdesk.types import GetResponse

# The id of the request in hand; empty where there is none.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# Under which a request's id stands in its environment, for gunicorn's own log.
REQUEST_ID = "helpdesk.request_id"
HEADER = "X-Request-ID"
# What a proxy may call a request: nginx's $request_id, a UUID, and the like.
READABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
# What else a line may say, beside what every line says. Nothing else that came with a record is written.
MORE = ("method", "path", "status", "ms", "bytes")
# Seconds between two lines of a process that say that the database is away.
DATABASE_DOWN_INTERVAL = 10

# Control characters, what separates lines and paragraphs, what turns the direction of writing, halves of characters.
_NOT_PRINTED = (range(0x20), range(0x7F, 0xA0), range(0x2028, 0x202F), range(0x2066, 0x206A), range(0xD800, 0xE000))
_ESCAPES = {code: f"\\u{code:04x}" for codes in _NOT_PRINTED for code in codes} | {10: "\\n", 13: "\\r", 9: "\\t"}


def request_id_middleware(get_response: GetResponse) -> GetResponse:
    """Give each request an id: the one that a trusted proxy sent, or a new one. Whole pages tell it in a header."""
    trusted = settings.TRUSTED_PROXY

    def handle(request: HttpRequest) -> HttpResponse:
        sent = request.META.get("HTTP_X_REQUEST_ID", "") if trusted else ""
        name = sent if sent and READABLE_ID.fullmatch(sent) else _new_id()
        request.META[REQUEST_ID] = name
        token = request_id.set(name)
        response = get_response(request)
        request_id.reset(token)
        if response.streaming:
            _name_stream(response, name)
        if not getattr(response, "is_fragment", False):
            response.headers[HEADER] = name
        return response

    return handle


def _name_stream(response: HttpResponseBase, name: str) -> None:
    """Let what makes a stream log under its request's id. A file only has to be read."""
    if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
        response.streaming_content = _within(name, iter(response))


def _within(name: str, parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what makes a stream: it is made after the middleware has gone, and still belongs to its request."""
    token = request_id.set(name)
    try:
        yield from parts
    finally:
        request_id.reset(token)


def _new_id() -> str:
    """Return an id to be told apart by: it keeps nothing secret, and is made for every request."""
    return f"{getrandbits(64):016x}"  # nosec B311  # no secret


def one_line(words: str) -> str:
    """Return words as they can stand in a log line: what would end it, or act on a terminal, is escaped."""
    return words.translate(_ESCAPES)


class LineFormatter(logging.Formatter):
    """A line for a person: when, how bad, who says it, [which request]: what. A trace follows behind bars."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, and its trace as more of them."""
        name = _id_of(record)
        head = f"{self.formatTime(record)} {record.levelname} {record.name}{f' [{name}]' if name else ''}:"
        return "\n  | ".join([f"{head} {one_line(record.getMessage())}", *map(one_line, _trace(record))])


class JSONFormatter(JsonFormatter):
    """A line for a machine: one JSON object, in ASCII."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Put in what is known about every record, and of the rest what MORE names."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        log_data |= {"at": f"{at}.{int(record.msecs):03}Z", "level": record.levelname, "logger": record.name}
        log_data["message"] = record.getMessage()
        if name := _id_of(record):
            log_data["request"] = name
        log_data |= {key: getattr(record, key) for key in MORE if isinstance(getattr(record, key, None), str | int)}
        if trace := _trace(record):
            log_data["trace"] = "\n".join(trace)


def formatter(name: str) -> logging.Formatter:
    """Return what LOG_FORMAT names."""
    return JSONFormatter() if name == "json" else LineFormatter()


class DatabaseDownFilter(logging.Filter):
    """Lets through, of a database that is away, one line in AWAY_EVERY seconds; without it each request leaves a trace.

    The line says which route was not served, or what else failed, and why; and how many lines were left out before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lock, self.until, self.left_out = threading.Lock(), 0.0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written, made short where it says that the database is away."""
        error = record.exc_info[1] if record.exc_info else None
        if not is_database_down(error) or is_deadlock(error):
            return True
        with self.lock:
            if monotonic() < self.until:
                self.left_out += 1
                return False
            left_out, self.left_out, self.until = self.left_out, 0, monotonic() + DATABASE_DOWN_INTERVAL
        record.args = (_failed(record), type(error).__name__, first_line(error), left_out)
        record.msg = "%s The database could not serve it (%s: %s). %s more such lines were left out before."
        record.exc_info = record.exc_text = None
        return True


def first_line(error: BaseException | None) -> str:
    """Return the first line of what an error says: below it, drivers repeat the statement."""
    return str(error).strip().partition("\n")[0]


def _failed(record: logging.LogRecord) -> str:
    """Return what failed: for a request the name of its route, which names nobody."""
    request = getattr(record, "request", None)
    if not isinstance(request, HttpRequest):
        return record.getMessage()
    try:
        return f"503 at {(request.resolver_match or resolve(request.path_info)).view_name}."
    except Resolver404:
        return "503 at no route."


def _id_of(record: logging.LogRecord) -> str:
    """Return the id of the request that a record is about, or else of the one in hand; empty for none."""
    request = getattr(record, "request", None)
    known = request.META.get(REQUEST_ID, "") if isinstance(request, HttpRequest) else ""
    return str(getattr(record, "request_id", "") or known or request_id.get())


def _trace(record: logging.LogRecord) -> list[str]:
    """Return the lines of what went wrong, and of where it was logged from, if a record has them."""
    text = logging.Formatter().formatException(record.exc_info) if record.exc_info else record.exc_text or ""
    return [*text.split("\n"), *(record.stack_info or "").split("\n")] if text or record.stack_info else []
