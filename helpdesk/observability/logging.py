"""Log lines, one for each event: for a person (LOG_FORMAT=line) or for a machine (json).

Every line about a request carries the request's id. No input can break a line or forge one: unprintable characters are
escaped, and the lines of a traceback begin with a bar.
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

# The id of the current request; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# The key of a request's id in its WSGI environment, for gunicorn's access log.
REQUEST_ID_KEY = "helpdesk.request_id"
REQUEST_ID_HEADER = "X-Request-ID"
# The ids that are accepted from a proxy: nginx's $request_id, a UUID, and the like.
VALID_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
# The extra fields of a record that are written; all others are dropped.
EXTRA_FIELDS = ("method", "path", "status", "ms", "bytes")
# Seconds between two lines of a process about a database that is down.
DATABASE_DOWN_INTERVAL = 10

# Control characters, line and paragraph separators, changes of writing direction, surrogates.
_UNPRINTABLE = (range(0x20), range(0x7F, 0xA0), range(0x2028, 0x202F), range(0x2066, 0x206A), range(0xD800, 0xE000))
_ESCAPES = {code: f"\\u{code:04x}" for codes in _UNPRINTABLE for code in codes} | {10: "\\n", 13: "\\r", 9: "\\t"}


def request_id_middleware(get_response: GetResponse) -> GetResponse:
    """Give each request an id: that of a trusted proxy, or a new one. Whole pages carry it in a header."""
    trusted = settings.TRUSTED_PROXY

    def handle(request: HttpRequest) -> HttpResponse:
        sent = request.META.get("HTTP_X_REQUEST_ID", "") if trusted else ""
        current_id = sent if VALID_ID.fullmatch(sent) else _new_id()
        request.META[REQUEST_ID_KEY] = current_id
        token = request_id.set(current_id)
        response = get_response(request)
        request_id.reset(token)
        if response.streaming:
            _wrap_stream(response, current_id)
        if not getattr(response, "is_fragment", False):
            response.headers[REQUEST_ID_HEADER] = current_id
        return response

    return handle


def _wrap_stream(response: HttpResponseBase, current_id: str) -> None:
    """Let a streaming response log under its request's id. A file is only read, and logs nothing."""
    if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
        response.streaming_content = _stream_with_id(current_id, iter(response))


def _stream_with_id(current_id: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks under the request's id: they are made after the middleware has reset it."""
    token = request_id.set(current_id)
    try:
        yield from chunks
    finally:
        request_id.reset(token)


def _new_id() -> str:
    return f"{getrandbits(64):016x}"  # nosec B311  # no secret


def escape(text: str) -> str:
    """Escape what would end a log line, or act on a terminal."""
    return text.translate(_ESCAPES)


class LineFormatter(logging.Formatter):
    """A line for a person: time, level, logger, [request id]: message. The traceback follows behind bars."""

    def format(self, record: logging.LogRecord) -> str:
        current_id = _request_id_of(record)
        head = f"{self.formatTime(record)} {record.levelname} {record.name}{f' [{current_id}]' if current_id else ''}:"
        return "\n  | ".join([f"{head} {escape(record.getMessage())}", *map(escape, _traceback(record))])


class JSONFormatter(JsonFormatter):
    """A line for a machine: one JSON object, in ASCII."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Add what every record has, and of its extra fields those in EXTRA_FIELDS."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        log_data |= {"at": f"{at}.{int(record.msecs):03}Z", "level": record.levelname, "logger": record.name}
        log_data["message"] = record.getMessage()
        if current_id := _request_id_of(record):
            log_data["request"] = current_id
        extra = {key: getattr(record, key, None) for key in EXTRA_FIELDS}
        log_data |= {key: value for key, value in extra.items() if isinstance(value, str | int)}
        if traceback := _traceback(record):
            log_data["trace"] = "\n".join(traceback)


def formatter(name: str) -> logging.Formatter:
    """Return the formatter for a value of LOG_FORMAT."""
    return JSONFormatter() if name == "json" else LineFormatter()


class DatabaseDownFilter(logging.Filter):
    """While the database is down, lets one line through per DATABASE_DOWN_INTERVAL instead of a traceback per request.

    The line says which route was not served, or what else failed; why; and how many lines were left out before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lock, self.muted_until, self.left_out = threading.Lock(), 0.0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write a record; shorten one about a database that is down."""
        error = record.exc_info[1] if record.exc_info else None
        if not is_database_down(error) or is_deadlock(error):
            return True
        with self.lock:
            if monotonic() < self.muted_until:
                self.left_out += 1
                return False
            left_out, self.left_out = self.left_out, 0
            self.muted_until = monotonic() + DATABASE_DOWN_INTERVAL
        record.args = (_describe_failure(record), type(error).__name__, first_line(error), left_out)
        record.msg = "%s The database could not serve it (%s: %s). %s more such lines were left out before."
        record.exc_info = record.exc_text = None
        return True


def first_line(error: BaseException | None) -> str:
    """Return the first line of an error's message: in those below it, drivers repeat the statement."""
    return str(error).strip().partition("\n")[0]


def _describe_failure(record: logging.LogRecord) -> str:
    """Return what failed: for a request the name of its route, as the path could identify somebody."""
    request = getattr(record, "request", None)
    if not isinstance(request, HttpRequest):
        return record.getMessage()
    try:
        return f"503 at {(request.resolver_match or resolve(request.path_info)).view_name}."
    except Resolver404:
        return "503 at no route."


def _request_id_of(record: logging.LogRecord) -> str:
    """Return the id of the request that a record is about, or else of the current one; empty for none."""
    request = getattr(record, "request", None)
    id_in_request = request.META.get(REQUEST_ID_KEY, "") if isinstance(request, HttpRequest) else ""
    return str(getattr(record, "request_id", "") or id_in_request or request_id.get())


def _traceback(record: logging.LogRecord) -> list[str]:
    """Return the lines of a record's traceback and stack, if it has them."""
    text = logging.Formatter().formatException(record.exc_info) if record.exc_info else record.exc_text or ""
    return [*text.split("\n"), *(record.stack_info or "").split("\n")] if text or record.stack_info else []
