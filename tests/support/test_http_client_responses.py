"""Responses of an untrusted server: status, time limit and size limit."""

from __future__ import annotations

import socket
import time

import pytest

from tests.support.names import Names
from tests.support.receivers import HOST, hook_server
from wizards.support.delivery import http_client
from wizards.support.delivery.http_client import AddressRules, post

pytestmark = pytest.mark.once

ANYTHING = AddressRules(http=True, private=True)


def send(server, url: str = "", seconds: float = 5, **options) -> int:
    return post(url or server.url, b"{}", {"X-One": "1"}, ANYTHING, seconds=seconds, **options)


def test_the_status_of_the_answer_is_returned_whatever_it_is():
    with hook_server() as server:
        answers = []
        for server.status in (204, 302, 404, 500):
            answers.append(send(server))
    assert answers == [204, 302, 404, 500]


def test_a_redirect_is_not_followed():
    with hook_server() as server, hook_server() as other:
        server.status, server.headers = 307, {"Location": other.url}
        assert send(server) == 307
        assert other.seen == []


def test_host_path_and_query_arrive_as_they_stand_in_the_url():
    with hook_server() as server:
        url = f"http://hooks.example.org:{server.port}/a%20b/ü?x=1&y=%2F"
        assert send(server, url, resolver=Names([HOST])) == 204
        assert server.seen[0]["host"] == f"hooks.example.org:{server.port}"
        assert server.seen[0]["x-one"] == "1"


def test_a_proxy_in_the_environment_is_not_asked(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with hook_server() as server:
        assert send(server) == 204


def drip(handler) -> None:
    """Send one byte at a time, for ever."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 1000:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)


def say(*lines: bytes, again: int = 1):
    """Answer exactly this."""

    def raw(handler) -> None:
        for _ in range(again):
            for line in lines:
                handler.wfile.write(line)

    return raw


def timed(call) -> float:
    began = time.monotonic()
    with pytest.raises(OSError):  # noqa: PT011  the sort is the sentence here
        call()
    return time.monotonic() - began


def test_an_answer_that_drips_ends_in_time():
    with hook_server() as server:
        server.raw = drip
        assert timed(lambda: send(server, seconds=0.5)) < 1.5


def test_a_server_that_says_nothing_ends_in_time():
    with hook_server() as server:
        server.pause = 3
        assert timed(lambda: send(server, seconds=0.5)) < 1.5


def test_a_resolver_that_says_nothing_ends_in_time():
    def slow(host: str, port: int) -> list[str]:
        time.sleep(3)
        return [HOST]

    assert timed(lambda: post("http://a.example/", b"", {}, ANYTHING, slow, seconds=0.3)) < 1.5


def test_a_server_that_never_finishes_its_handshake_ends_in_time():
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        silent.listen()
        url = f"https://{HOST}:{silent.getsockname()[1]}/"
        assert timed(lambda: post(url, b"", {}, ANYTHING, seconds=0.5)) < 1.5


def test_a_body_that_nobody_reads_ends_in_time():
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        silent.listen()
        url = f"http://{HOST}:{silent.getsockname()[1]}/"
        assert timed(lambda: post(url, b"x" * 50_000_000, {}, ANYTHING, seconds=0.5)) < 1.5


def test_by_default_it_is_ten_seconds():
    assert http_client.TIMEOUT_SECONDS == 10


@pytest.mark.parametrize(
    ("lines", "again"),
    [
        ((b"HTTP/1.1 100 Continue\r\n\r\n",), 10_000),
        ((b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5_000,), 1),
        ((b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"y" * 60_000 + b"\r\n") * 3,), 1),
        ((b"HTTP/1.1 200 " + b"x" * 200_000,), 1),
        ((b"no http at all\r\n\r\n",), 1),
        ((b"HTTP/1.1 abc\r\n\r\n",), 1),
        ((b"\xff\xfe\0",), 1),
        ((), 1),
    ],
)
def test_an_answer_that_is_too_long_or_no_answer_is_a_failure(lines, again):
    with hook_server() as server:
        server.raw = say(*lines, again=again)
        with pytest.raises(OSError):  # noqa: PT011
            send(server)


def test_at_most_64_kilobytes_of_an_answer_are_read():
    answer = http_client._ResponseStream(http_client._TimedSocket(Endless(), time.monotonic() + 5))
    with pytest.raises(OSError, match="too long"):
        read_all(answer)
    assert answer.source.sock.given == 64 * 1024


def read_all(answer: http_client._ResponseStream) -> None:
    while answer.readinto(bytearray(1000)):
        pass


class Endless:
    """A socket that never runs out of bytes."""

    given = 0

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv_into(self, buffer, count: int) -> int:
        self.given += count
        return count
