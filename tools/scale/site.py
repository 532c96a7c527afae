"""The site on two web hosts behind nginx, with PostgreSQL and Redis: each with an address of its own on this machine.

    A 127.0.1.1   B 127.0.1.2   nginx 127.0.1.3   Redis 127.0.1.4   customers 127.0.2.*

Each host is a copy of the project, with processes of its own. nginx runs the checked-in file, changed in nothing but
addresses and places, and a web server has the variables of the checked-in unit.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import programs
from tests.graphs import graph

ROOT = Path(__file__).resolve().parents[2]
CHECKED_IN = ROOT / "deploy" / "nginx" / "helpdesk.conf"
UNIT = ROOT / "deploy" / "systemd" / "helpdesk-web.service"
A, B, PROXY, REDIS = "127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"
NAME = "help.example.org"
READY = "/readyz"  # what a load balancer asks each host by its own address
PATIENCE = 60  # seconds for a process to come up, on a busy machine
BEGINNINGS = 6  # an hour, for each address
# Answers without end, and both ways of leaving.
RINGS = graph("a? on:b end:ok", "b? on:c end:ok", "c? on:a end:ok", "ok = solved", slug="rings")


def free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, ready: object) -> None:
    """Wait until `ready()` is true; fail loudly where it never is."""
    until = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < until, f"{what} did not come up"
        time.sleep(0.05)


def copy_of_the_project(folder: Path) -> Path:
    """Copy what a host needs; return the folder."""
    folder.mkdir()
    for part in ("helpdesk", "wizards"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("manage.py", "gunicorn.conf.py", "pyproject.toml"):
        shutil.copy(ROOT / part, folder / part)
    for part in ("templates", "static"):
        (folder / part).symlink_to(ROOT / part)
    return folder


def variables_of_the_unit() -> dict[str, str]:
    """Return what the checked-in unit gives a web server beside the settings of its host."""
    lines = re.findall(r'^Environment="(\w+)=(.*)"$', UNIT.read_text(), re.MULTILINE)
    assert lines, f"{UNIT} gives none"
    return dict(lines)


# What systemd does for a unit with a socket: the process finds it as its third file.
AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "helpdesk.wsgi"])
"""


class Host:
    """A web host: gunicorn at an address of its own, `held` open for it as systemd does, or not."""

    def __init__(self, address: str, folder: Path, environment: dict[str, str], held: bool = False) -> None:
        self.address, self.folder = address, folder
        self.held = socket.create_server((address, 0), backlog=1024) if held else None
        self.port = self.held.getsockname()[1] if self.held else free_port(address)
        self.environment = environment | {"HOST": address, "PORT": str(self.port)}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; `ready` says when it serves."""
        handle = self.held.fileno() if self.held else 0
        command = ["-c", AS_SYSTEMD, str(handle)] if self.held else ["-m", "gunicorn", "helpdesk.wsgi"]
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=self.folder, env=self.environment | variables_of_the_unit(),
                stdout=output, stderr=output, start_new_session=True, pass_fds=[handle] if self.held else [],
            )  # fmt: skip

    def ready(self) -> bool:
        """Ask the host by its own address whether it serves, as a load balancer does."""
        asked = HTTPConnection(self.address, self.port, timeout=5)
        try:
            asked.request("GET", READY)
            return asked.getresponse().status == 200
        except OSError:
            return False
        finally:
            asked.close()

    def up(self) -> None:
        self.start()
        wait_for(f"the host {self.address} ({self.folder / 'output'})", self.ready)

    def signal(self, which: signal.Signals) -> None:
        """Send a signal to all its processes at once."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, which)

    def kill(self) -> None:
        """Let the whole host go, without a word."""
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self) -> None:
        """Ask it to finish what it has begun, and to end."""
        assert self.process
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0

    def manage(self, *command: str) -> str:
        """Run a command of manage.py on it; return what it printed."""
        program = [sys.executable, "manage.py", *command]
        done = subprocess.run(program, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


class Proxy:
    """nginx with the checked-in file; `without` takes a line out of it."""

    def __init__(self, folder: Path, hosts: tuple[Host, Host], certificate: Path, without: str = "") -> None:
        folder.mkdir()
        self.folder, self.port, self.plain = folder, free_port(PROXY), free_port(PROXY)
        self.log = folder / "helpdesk.log"
        changes = ({without: ""} if without else {}) | {
            "10.0.0.11:8000": f"{hosts[0].address}:{hosts[0].port}",
            "10.0.0.12:8000": f"{hosts[1].address}:{hosts[1].port}",
            "listen 443": f"listen {PROXY}:{self.port}",
            "listen 80": f"listen {PROXY}:{self.plain}",
            "/etc/helpdesk/tls/": f"{certificate}/",
            "/srv/helpdesk/var": str(folder),
            "/var/log/nginx/helpdesk.log": str(self.log),
        }
        text = CHECKED_IN.read_text()
        for old, new in changes.items():
            assert old in text, f"{CHECKED_IN} does not say {old}"
            text = text.replace(old, new)
        (folder / "helpdesk.conf").write_text(text)
        (folder / "nginx.conf").write_text(self.around())
        self.process: subprocess.Popen[bytes] | None = None

    def around(self) -> str:
        """Return what Debian's nginx.conf says around a site, with its files in our folder."""
        user = "user root;" if os.geteuid() == 0 else ""
        kept = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = "".join(f"{each}_temp_path {self.folder}/{each};" for each in kept)
        return (
            f"{user} worker_processes 2; pid {self.folder}/pid; error_log {self.folder}/error.log; daemon off;"
            f"events {{}} http {{ gzip on; access_log off; {places} include {self.folder}/helpdesk.conf; }}"
        )

    @property
    def command(self) -> list[str]:
        files = ["-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "error.log")]
        return [str(programs.find("nginx")), *files]

    def check(self) -> str:
        """Return what `nginx -t` says; raise CalledProcessError where it finds a mistake."""
        done = subprocess.run([*self.command, "-t"], capture_output=True, text=True, check=True)
        return done.stderr

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, start_new_session=True)
        wait_for("nginx", (self.folder / "pid").exists)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def asked(self, part: str = "") -> list[tuple[str, ...]]:
        """Return which hosts nginx asked for each request that it logged, in order: two where it asked again.

        `part` chooses the lines that hold it.
        """
        lines = [line for line in self.log.read_text().splitlines() if part in line]
        found = [re.search(r' "([^"]*)" "[^"]*"$', line) for line in lines]
        return [tuple(part.partition(":")[0] for part in each[1].split(", ")) for each in found if each]


class Site:
    """Everything together; `audit` proves at the end that nothing is lost."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder, self.database = folder, database
        self.redis_port = free_port(REDIS)
        self.environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "ENV_FILE": "",
            "SECRET_KEY": "two-hosts-one-key-" + "0123456789abcdefghijklmnopqrstuvwxyz",
            "SITE_URL": f"https://{NAME}",
            "TRUSTED_PROXY": "true",
            "STATIC_PLAIN": "true",
            "LOG_LEVEL": "WARNING",
            "DATABASE_URL": database,
            "CACHE_URL": f"redis://{REDIS}:{self.redis_port}/0",
            "RATE_BEGIN": f"{BEGINNINGS} per hour",
        }
        self.a = Host(A, copy_of_the_project(folder / "a"), self.environment)
        self.b = Host(B, copy_of_the_project(folder / "b"), self.environment, held=True)
        self.certificate = certificate_in(folder / "tls")
        self.proxies: list[Proxy] = []
        self.proxy = self.another_proxy("proxy")

    def another_proxy(self, name: str, without: str = "") -> Proxy:
        """Return nginx in front of the same hosts, not started yet."""
        self.proxies.append(Proxy(self.folder / name, (self.a, self.b), self.certificate, without))
        return self.proxies[-1]

    @contextlib.contextmanager
    def running(self) -> Iterator[Site]:
        """Start all of it, with a wizard published; stop it at the end."""
        redis = subprocess.Popen(
            [str(programs.find("redis-server")), "--bind", REDIS, "--port", str(self.redis_port), "--save", ""],
            cwd=self.folder, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            self.a.manage("migrate", "--verbosity=0")
            (self.folder / "rings.yaml").write_text(json.dumps(RINGS.plain()))
            self.a.manage("load_wizards", str(self.folder / "rings.yaml"))
            self.a.start()
            self.b.start()
            for host in (self.a, self.b):
                wait_for(f"the host {host.address} ({host.folder / 'output'})", host.ready)
            self.proxy.start()
            yield self
        finally:
            for proxy in self.proxies:
                proxy.stop()
            self.a.kill()
            self.b.kill()
            self.b.held.close()
            redis.terminate()
            redis.wait(PATIENCE)


def certificate_in(folder: Path) -> Path:
    """Make a certificate for the site, signed by itself; return the folder with it and its key."""
    folder.mkdir()
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "privkey.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder
