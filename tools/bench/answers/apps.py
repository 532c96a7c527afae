"""The apps that are compared, each served by gunicorn with the product's own configuration and two workers."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tools.bench import databases

CONNECTIONS = 8
WORKERS = 2
PATIENCE = 60  # seconds until an app answers


class AppError(Exception):
    """An app did not start, or did not answer as it should; the message holds what it said."""


@dataclass
class App:
    """An app: what gunicorn serves, what makes its tables, and how people walk through it.

    walks: where each connection's walk stands, kept from one run to the next.
    """

    name: str
    served: str
    prepare: tuple[str, ...]
    kind: str = "sessions"
    environment: dict[str, str] = field(default_factory=dict)
    walks: list[dict[str, Any]] = field(default_factory=lambda: [{} for _ in range(CONNECTIONS)])
    port: int = 0

    def run(self, seconds: float) -> list[float]:
        """Let eight people answer for so many seconds; return how long each answer took."""
        job = {"port": self.port, "kind": self.kind, "seconds": seconds, "walks": self.walks, "workers": WORKERS}
        command = [sys.executable, "-m", "tools.bench.answers.load"]
        done = subprocess.run(command, cwd=databases.ROOT, input=json.dumps(job), capture_output=True, text=True)
        if done.returncode:
            raise AppError(f"{self.name}: {done.stderr[-3000:]}")
        answered = json.loads(done.stdout)
        self.walks = answered["walks"]
        return list(answered["seconds"])


def product() -> App:
    """Return the product, whole."""
    return App("product", "helpdesk.wsgi", ("tools.bench.answers.publish_ring",))


def floor() -> App:
    """Return the smallest app that does the work."""
    return App("FLOOR", "tools.bench.answers.floor.app", ("tools.bench.answers.floor.app",), environment=ours("floor"))


def formtools(forms: int) -> App:
    """Return django-formtools with so many forms; its walks are spread over all of them."""
    module, walks = "tools.bench.answers.forms.app", [{"ahead": at * forms // CONNECTIONS} for at in range(CONNECTIONS)]
    return App(f"formtools, {forms} forms", module, (module,), "forms", ours("forms") | {"FORMS": str(forms)}, walks)


def ours(folder: str) -> dict[str, str]:
    """Return the environment of an app that lies in a folder here."""
    return {"DJANGO_SETTINGS_MODULE": f"tools.bench.answers.{folder}.settings"}


@contextlib.contextmanager
def serving(app: App, database: str) -> Iterator[App]:
    """Make the app's tables in an empty database, serve it, and stop it at the end. Raises AppError."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        app.port = probe.getsockname()[1]
    environment = os.environ | ENVIRONMENT | app.environment
    environment |= {"BENCH_APP": app.served, "DATABASE_URL": database, "HOST": "127.0.0.1", "PORT": str(app.port)}
    for module in app.prepare:
        subprocess.run([sys.executable, "-m", module], cwd=databases.ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "tools.bench.answers.instrumented_app"]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=databases.ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True
        )
        try:
            wait(app, process)
            yield app
        except AppError as wrong:
            output.seek(0)
            raise AppError(f"{wrong}\n{output.read()[-3000:]}") from wrong
        finally:
            process.terminate()
            process.wait(15)


ENVIRONMENT = {
    "ENV_FILE": "",
    "SECRET_KEY": "only-to-measure-0123456789-abcdefghijklmnopqrstuvwxyz",
    "SITE_URL": "http://127.0.0.1",
    "STATIC_PLAIN": "true",
    "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
    "WEB_CONCURRENCY": str(WORKERS),
    "RATE_BEGIN": "1000000 per hour",
    "LOG_LEVEL": "WARNING",
}


def wait(app: App, process: subprocess.Popen[str]) -> None:
    """Wait until an app listens."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", app.port), timeout=1):
            return
        time.sleep(0.05)
    raise AppError(f"{app.name} did not start")
