"""Log lines: one for each event in either format, whatever its text, with the id of its request."""

import json
import logging
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.observability import logging as log_format
from helpdesk.observability.gunicorn_logging import GunicornLogger
from tests.visitor import HTMX, Visitor, publish

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
# What ends a line for an editor, a terminal or str.splitlines.
NASTY = "a\rb\nc\x0bd\x0ce\x1cf\x1dg\x1eh\x85i\u2028j\u2029k\x1b[2Jl\0m\u202en"


def record(message, *args, exc_info=None, **extra):
    made = logging.LogRecord("wizards.test", logging.INFO, __file__, 1, message, args, exc_info)
    made.__dict__ |= extra
    return made


def exc_info_of(message):
    """Return the exc_info of an exception with this message."""
    try:
        raise ValueError(message)
    except ValueError:
        return sys.exc_info()


# --- Lines ----------------------------------------------------------------------------------------------------------


def test_a_line_has_time_level_logger_and_message():
    line = log_format.LineFormatter().format(record("Sent %s of %s.", 2, 3))
    assert line[:4].isdigit()
    assert line.endswith(" INFO wizards.test: Sent 2 of 3.")


@pytest.mark.parametrize("form", ["line", "json"])
@given(words=st.text() | st.just(NASTY))
def test_no_input_breaks_a_line(form, words):
    line = log_format.formatter(form).format(record("Said: %s", words))
    assert len(line.splitlines()) == 1
    assert line.isprintable() or not {"\x1b", "\0", "\u202e"} & set(line)
    line.encode()


def test_a_traceback_is_behind_bars_whatever_its_text():
    line = log_format.LineFormatter().format(
        record("Failed", exc_info=exc_info_of(f"{NASTY}\n2026-01-01 00:00:00,000 INFO forged: line"))
    )
    first, *rest = line.splitlines()
    assert first.endswith("INFO wizards.test: Failed")
    assert len(rest) > 3
    assert all(each.startswith("  | ") for each in rest)


def test_a_json_line_is_one_object_with_its_traceback():
    line = log_format.JSONFormatter().format(record("Größe %s", NASTY, exc_info=exc_info_of(NASTY)))
    assert line.isascii()
    fields = json.loads(line)
    assert fields["message"] == f"Größe {NASTY}"
    assert (fields["level"], fields["logger"]) == ("INFO", "wizards.test")
    assert fields["at"].endswith("Z")
    assert "ValueError" in fields["trace"]


def test_a_json_line_holds_named_fields_only():
    request = RequestFactory().get("/search/?q=my+name+is+Ada")
    line = log_format.JSONFormatter().format(
        record("Not found", request=request, password="hunter2", user="Ada", status=404)
    )
    assert "Ada" not in line
    assert "hunter2" not in line
    assert json.loads(line)["status"] == 404


# --- Which request --------------------------------------------------------------------------------------------------


def respond(request, response=None):
    """Pass a request through the middleware; return the response, and the lines that the view logged."""
    lines = []

    def view(_):
        lines.append(log_format.LineFormatter().format(record("In hand")))
        return response or HttpResponse()

    return log_format.request_id_middleware(view)(request), lines


def test_every_line_of_a_request_carries_its_id_and_the_next_one_has_another():
    names = set()
    for _ in range(2):
        response, [line] = respond(RequestFactory().get("/"))
        name = response[log_format.REQUEST_ID_HEADER]
        assert f" [{name}]: In hand" in line
        names.add(name)
    assert len(names) == 2
    assert "[" not in log_format.LineFormatter().format(record("Afterwards"))


def test_djangos_lines_after_a_request_carry_its_id_too():
    request = RequestFactory().get("/nowhere/")
    response, _ = respond(request)
    assert f"[{response[log_format.REQUEST_ID_HEADER]}]" in log_format.LineFormatter().format(
        record("Not Found: /nowhere/", request=request)
    )


def test_a_stream_keeps_its_id_while_it_is_read():
    def rows():
        yield log_format.LineFormatter().format(record("A row"))

    response, _ = respond(RequestFactory().get("/"), StreamingHttpResponse(rows()))
    assert response[log_format.REQUEST_ID_HEADER].encode() in b"".join(response)
    assert "[" not in log_format.LineFormatter().format(record("Afterwards"))


def test_a_file_leaves_no_id_behind(tmp_path):
    (tmp_path / "file").write_text("words")
    with (tmp_path / "file").open("rb") as file:
        response, _ = respond(RequestFactory().get("/"), FileResponse(file))
        assert b"".join(response) == b"words"
    assert "[" not in log_format.LineFormatter().format(record("Afterwards"))


@pytest.mark.parametrize("name", ["5f0c1d2e3a4b5c6d7e8f9a0b1c2d3e4f", "abc-DEF_1.2", "x" * 64])
def test_a_trusted_proxys_id_is_kept(settings, name):
    settings.TRUSTED_PROXY = True
    response, [line] = respond(RequestFactory().get("/", headers={"x-request-id": name}))
    assert response[log_format.REQUEST_ID_HEADER] == name
    assert f"[{name}]" in line


@pytest.mark.parametrize("name", ["short", "x" * 65, "with space", "größe-größe", "a]: forged", "", "aaaaaaaa\x85b"])
def test_a_malformed_id_from_a_proxy_is_replaced(settings, name):
    settings.TRUSTED_PROXY = True
    response, _ = respond(RequestFactory().get("/", HTTP_X_REQUEST_ID=name))
    assert log_format.VALID_ID.fullmatch(response[log_format.REQUEST_ID_HEADER])
    assert response[log_format.REQUEST_ID_HEADER] != name


def test_an_id_from_an_untrusted_client_is_ignored():
    response, _ = respond(RequestFactory().get("/", headers={"x-request-id": "aaaaaaaaaaaaaaaa"}))
    assert response[log_format.REQUEST_ID_HEADER] != "aaaaaaaaaaaaaaaa"


@pytest.mark.django_db
def test_a_page_carries_its_id_and_a_fragment_does_not():
    publish()
    visitor = Visitor().begin()
    assert log_format.REQUEST_ID_HEADER in visitor.see().headers
    assert log_format.REQUEST_ID_HEADER not in visitor.answer("no", headers=HTMX).headers


def test_a_foreign_host_leaves_one_line_and_no_traceback():
    asked = "import django; django.setup(); from django.test import Client; Client().get('/', headers={'host': 'evil'})"
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "helpdesk.settings", "LOG_LEVEL": "INFO"}
    environment |= {"ENV_FILE": "", "STATIC_PLAIN": "true", "SECRET_KEY": os.environ["SECRET_KEY"]}
    command = [sys.executable, "-c", asked]
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    [line] = process.stderr.splitlines()
    assert line.endswith("Refused /: DisallowedHost")


# --- The server's own log -------------------------------------------------------------------------------------------


def test_the_access_log_names_method_path_and_status_and_no_query_and_no_visitor():
    log = GunicornLogger.__new__(GunicornLogger)
    log.access_log, log._access_log_enabled = logging.getLogger("gunicorn.access.test"), True
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/search/gr\xc3\xb6\xc3\x9fe\n",
        "QUERY_STRING": "q=my+name",
        "RAW_URI": "/search/?q=my+name",
        "HTTP_COOKIE": "visitor=secret",
        "HTTP_REFERER": "https://example.org/private",
        "REMOTE_ADDR": "192.0.2.7",
        log_format.REQUEST_ID_KEY: "abcdefgh",
    }
    lines = []
    handler = logging.Handler()
    handler.emit = lambda made: lines.extend(log_format.formatter(form).format(made) for form in ("line", "json"))
    log.access_log.addHandler(handler)
    log.access_log.setLevel(logging.INFO)
    try:
        log.access(SimpleNamespace(status="200 OK", sent=12), None, environ, timedelta(milliseconds=34))
    finally:
        log.access_log.removeHandler(handler)
    line, fields = lines[0], json.loads(lines[1])
    assert line.endswith("INFO gunicorn.access.test [abcdefgh]: GET /search/größe\\n 200 34 ms 12 bytes")
    assert (fields["path"], fields["status"], fields["ms"], fields["bytes"]) == ("/search/größe\n", 200, 34, 12)
    for secret in ("my+name", "secret", "private", "192.0.2.7"):
        assert secret not in line + lines[1]
