"""Measure what following each other costs: `python -m tools.bench.polling --followers 500`. See docs/bench.md.

In: how many followers, for how long, on which databases. Out: a table on the standard output.

Each follower has a session of its own that a customer and an agent are in: every other one is followed from the
customer's page, the others from the desk, each as htmx does it, every 1.8 seconds on a connection that is kept. Some
sessions are moved meanwhile. The site is gunicorn with two workers; its database is new, and thrown away.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from tests import environment, postgres  # noqa: F401  the environment comes before Django's settings

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
EVERY = 1.8  # seconds between two polls of a page, as its hx-trigger says
WORKERS = 2
PROMISE = 2.0  # seconds until a follower has seen a move
AGENTS = 20
LAST_MOVE = 6.0  # seconds before the end: whoever has not seen it by then has not seen it
TICKS = os.sysconf("SC_CLK_TCK")
SHOWN = re.compile(rb"hx-push-url: /(?:s|desk)/\w+/(\d+)/", re.IGNORECASE)


@dataclass
class Follower:
    """A page that follows a session: `count` is what it knows of, `seen` when it came to know of more."""

    code: str
    agent: Any
    cookie: str
    is_desk: bool
    count: int
    seen: dict[int, float] = field(default_factory=dict)

    @property
    def request(self) -> bytes:
        """What htmx asks."""
        path = f"/desk/{self.code}/{self.count}/news/?seen={self.count}" if self.is_desk else self.path
        quiet = "X-Quiet: 1\r\n" if self.is_desk else ""
        return (
            f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nHX-Request: true\r\nAccept-Encoding: gzip\r\n"
            f"Cookie: {self.cookie}\r\n{quiet}\r\n"
        ).encode()

    @property
    def path(self) -> str:
        """Where a customer's page asks."""
        return f"/s/{self.code}/{self.count}/news/"


@dataclass
class Tally:
    """What was measured, times in seconds."""

    polls: list[tuple[bool, int, float]] = field(default_factory=list)  # from the desk, status, how long it took
    moves: list[tuple[str, int, float]] = field(default_factory=list)  # code, count, when it was committed
    failures: int = 0


def main(arguments: list[str]) -> int:
    """Measure on each database, and print a table; return 1 where a follower saw a move later than promised."""
    parser = argparse.ArgumentParser(prog="tools.bench.polling", description="Measure followers on both databases.")
    parser.add_argument("--followers", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--moves", type=float, default=5, help="sessions moved in a second (5)")
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgres"), default=("sqlite", "postgres"))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # in the database of DATABASE_URL
    chosen = parser.parse_args(arguments)
    if chosen.here:
        print(json.dumps(measured(chosen)))
        return 0
    late = False
    for name in chosen.databases:
        with database(name) as url:
            found = json.loads(child(url, arguments))
        print(table(name, found), flush=True)
        late = late or found["not seen"] > 0 or found["seen p95 s"] > PROMISE
    return 1 if late else 0


@contextlib.contextmanager
def database(name: str) -> Iterator[str]:
    """Give the address of a new database, and throw it away afterwards."""
    if name == "postgres":
        with postgres.server() as address:
            yield address
    else:
        with tempfile.TemporaryDirectory(prefix="helpdesk-following-") as folder:
            yield f"sqlite:///{folder}/following.sqlite3"


def child(url: str, arguments: list[str]) -> str:
    """Measure in a process whose database is `url`; return the last line that it printed."""
    command = [sys.executable, "-m", "tools.bench.polling", "--here", *arguments]
    own = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    done = subprocess.run(command, cwd=ROOT, env=own, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()[-1]


def measured(chosen: argparse.Namespace) -> dict[str, Any]:
    """Fill the database, serve it, follow and move; return the figures."""
    import django

    django.setup()
    followers = filled(chosen.followers)
    tally, until = Tally(), chosen.seconds
    with served() as (port, workers):
        asyncio.run(follow_all(followers, Tally(), port, time.monotonic() + 2 * EVERY))  # each worker loads the site
        began, busy = time.monotonic(), processor(workers)
        mover = threading.Thread(target=move, args=(followers, tally, chosen.moves, began + until - LAST_MOVE))
        mover.start()
        asyncio.run(follow_all(followers, tally, port, began + until))
        took = time.monotonic() - began
        share = (processor(workers) - busy) / took
        mover.join()
    return figures(followers, tally, took, share)


def filled(number: int) -> list[Follower]:
    """Migrate, publish a wizard, and make joined sessions; return who follows them."""
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command
    from django.db import transaction

    from wizards import journal, permissions, publishing
    from wizards.models import HandoffCode
    from wizards.support import calls, join_codes

    call_command("migrate", verbosity=0)
    call_command("load_wizards", str(ROOT / "fixtures" / "hikvision-camera.yaml"), verbosity=0, stdout=sys.stderr)
    (version,) = publishing.published_versions()
    symptom = publishing.document_of(version.pk).symptoms[0].id
    agents = [User.objects.create_user(f"agent-{place}", is_staff=True) for place in range(AGENTS)]
    Group.objects.get(name="agents").user_set.add(*agents)
    cookies = [cookie_of(agent) for agent in agents]
    followers = []
    with transaction.atomic():
        for place, (agent, cookie) in zip(range(number), cycle(zip(agents, cookies, strict=True)), strict=False):
            secret = permissions.new_secret()
            session = journal.begin(version, symptom, permissions.digest(secret))
            session = calls.join(join_codes.create(session, HandoffCode.For.AGENT), agent)
            is_desk = place % 2 == 1
            own = cookie if is_desk else f"visitor={secret}"
            followers.append(Follower(session.code, agent, own, is_desk, session.count))
    return followers


def cookie_of(agent: Any) -> str:
    """Sign an agent in, and return their cookie."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(agent)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@contextlib.contextmanager
def served() -> Iterator[tuple[int, list[int]]]:
    """Serve the site by gunicorn; give its port, and its workers' process ids."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    own = os.environ | {"HOST": HOST, "PORT": str(port), "WEB_CONCURRENCY": str(WORKERS)}
    master = subprocess.Popen([sys.executable, "-m", "gunicorn", "helpdesk.wsgi"], cwd=ROOT, env=own, stdout=sys.stderr)
    try:
        workers: list[int] = []
        while len(workers) < WORKERS or not answers(port):
            time.sleep(0.1)
            if master.poll() is not None:
                raise RuntimeError("gunicorn did not start")
            workers = [int(pid) for pid in Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()]
        yield port, workers
    finally:
        master.terminate()
        master.wait(30)


def answers(port: int) -> bool:
    """Return whether somebody listens."""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def processor(workers: list[int]) -> float:
    """Return how many seconds of a processor the workers took so far."""
    spent = 0
    for pid in workers:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += int(told[11]) + int(told[12])
    return spent / TICKS


def move(followers: list[Follower], tally: Tally, rate: float, until: float) -> None:
    """Move sessions in turn until then: to the next page, and back. Note when each move was committed."""
    from django.db import connection

    from wizards import flow, journal, publishing
    from wizards.models import Session

    order = random.Random(1).sample(followers, len(followers))
    for place, one in enumerate(cycle(order)):
        if time.monotonic() > until:
            break
        sessions, by = Session.objects.filter(code=one.code), None if one.is_desk else one.agent
        session = sessions.get()
        document = publishing.document_of(session.version_id)
        if place // len(order) % 2:
            session = journal.back(sessions, session.count, by)
        else:
            answer = flow.node_at(document, session.position).answers(document, session.position)[0]
            session = journal.answer(sessions, session.count, answer, by)
        tally.moves.append((one.code, session.count, time.monotonic()))
        time.sleep(1 / rate)
    connection.close()


async def follow_all(followers: list[Follower], tally: Tally, port: int, until: float) -> None:
    """Let all follow at once, each in its turn."""
    start = time.monotonic()
    places = enumerate(followers)
    await asyncio.gather(
        *(follow(one, tally, port, start + place * EVERY / len(followers), until) for place, one in places)
    )


async def follow(one: Follower, tally: Tally, port: int, at: float, until: float) -> None:
    """Ask again and again, on one connection; note how long each answer took, and what was new in it."""
    reader = writer = None
    while at < until:
        await asyncio.sleep(max(0, at - time.monotonic()))
        asked = time.monotonic()
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(one.request)
            status, count = await answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            tally.failures += 1
            reader = writer = None
            at = max(at + EVERY, asked)
            continue
        now = time.monotonic()
        tally.polls.append((one.is_desk, status, now - asked))
        if count and count > one.count:
            one.count, one.seen[count] = count, now
        at = max(at + EVERY, now)
    if writer is not None:
        writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Read an answer; return its status, and the number of the page that it shows (0 for none)."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    if length:
        await reader.readexactly(int(length[1]))
    shown = SHOWN.search(head)
    return int(head.split(b" ", 2)[1]), int(shown[1]) if shown else 0


def figures(followers: list[Follower], tally: Tally, took: float, share: float) -> dict[str, Any]:
    """Return what was measured as numbers with names."""
    by_code = {one.code: one for one in followers}
    waits = []
    for code, count, committed in tally.moves:
        seen = [at for known, at in by_code[code].seen.items() if known >= count]
        waits.append(max(0.0, min(seen) - committed) if seen else None)
    known = sorted(wait for wait in waits if wait is not None)
    found: dict[str, Any] = {
        "followers": len(followers),
        "polls/s": round(len(tally.polls) / took, 1),
        "204 %": round(100 * sum(status == 204 for _, status, _ in tally.polls) / len(tally.polls), 2),
        "neither 204 nor 200": sum(status not in (200, 204) for _, status, _ in tally.polls) + tally.failures,
        "workers %": round(100 * share, 1),
        "workers ms/poll": round(1000 * share * took / len(tally.polls), 2),
        "moves": len(tally.moves),
        "not seen": waits.count(None),
        "load": os.getloadavg()[0],
    }
    for name, times in {
        "customer": sorted(t for is_desk, status, t in tally.polls if not is_desk and status == 204),
        "desk": sorted(t for is_desk, status, t in tally.polls if is_desk and status == 204),
        "news": sorted(t for _, status, t in tally.polls if status == 200),
    }.items():
        found |= {f"{name} p{share} ms": round(1000 * at(times, share), 1) for share in (50, 95, 99)}
    return found | {f"seen p{share} s": round(at(known, share), 2) for share in (50, 95, 100)}


def at(times: list[float], share: int) -> float:
    """Return a percentile of sorted times; 0 where there are none."""
    return times[min(len(times) - 1, len(times) * share // 100)] if times else 0.0


def table(name: str, found: dict[str, Any]) -> str:
    """Return the figures as lines to read."""
    return "\n".join([name, *(f"  {what:<22} {value}" for what, value in found.items()), ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
