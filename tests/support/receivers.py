"""Real receivers for tests: a mail server, and an HTTP server that verifies signatures and keeps ids.

with mail_server() as server: ... server.mails     every mail that arrived, parsed
with hook_server(secret) as server: ... server.ids     every id that arrived, in order
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook

HOST = "127.0.0.1"


@dataclass
class MailServer:
    """The mails that arrived. `answer` is the reply to each, sent after `pause` seconds."""

    port: int = 0
    answer: str = "250 OK"
    pause: float = 0
    envelopes: list[Envelope] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails as they arrived, parsed."""
        return [email.message_from_bytes(each.content, policy=email.policy.default) for each in self.envelopes]

    @property
    def ids(self) -> list[str]:
        """The id of each mail, without its brackets and domain."""
        return [str(mail["Message-ID"]).strip("<>").partition("@")[0] for mail in self.mails]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("2"):
            self.envelopes.append(envelope)
        self.arrived.set()
        if self.pause:
            await asyncio.sleep(self.pause)
        return self.answer


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server on a free port."""
    server = MailServer()
    controller = Controller(server, hostname=HOST, port=free_port())
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()


@dataclass
class HookServer:
    """The messages that arrived with a valid signature. It answers `status` after `pause` seconds."""

    secret: str
    port: int = 0
    status: int = 204
    pause: float = 0
    headers: dict[str, str] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    raw: Callable[[BaseHTTPRequestHandler], None] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/hook"

    def take(self, headers: dict[str, str], body: bytes) -> None:
        """Store a message if its signature is valid."""
        self.seen.append(headers)
        try:
            message = Webhook(self.secret).verify(body, headers)
        except Exception as wrong:
            self.wrong.append(repr(wrong))
            return
        self.ids.append(headers["webhook-id"])
        self.messages.append(message)


@contextlib.contextmanager
def hook_server(secret: str = "whsec_" + "c2VjcmV0" * 5, context: Any = None) -> Iterator[HookServer]:
    """Run an HTTP server on a free port, over TLS where an SSL context is given."""
    server = HookServer(secret)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.take({name.lower(): value for name, value in self.headers.items()}, body)
            server.arrived.set()
            time.sleep(server.pause)
            with contextlib.suppress(OSError):
                if server.raw:
                    server.raw(self)
                    return
                self.send_response(server.status)
                for name, value in server.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    http = Quiet((HOST, 0), Handler)
    if context:
        http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
