"""Each fault: bring it about under load, and say what was found. Where something is taken out, something must be found.

A fault takes a store, a folder of its own, how much of it is wanted, and the sabotage (none by default).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.environment import SQLITE
from tools.chaos.connection import Line, Request
from tools.chaos.databases import Postgres, Sqlite, fill
from tools.chaos.load import Crowd
from tools.chaos.site import ROOT, WORKERS, Redis, Site, served
from tools.chaos.verification import verdict
from tools.chaos.visitors import Page

Store = Sqlite | Postgres
SEED = 1
RACERS = 4  # races at once
LINES = 16  # connections under load
AWAY, THERE = "does not answer (", "answers again"  # what the log says of Redis
ENOUGH = 20  # complaints after which nobody waits for more; a twin is seen at the first
GOES_ON = 60  # seconds within which people must get on again


@dataclass(frozen=True)
class Size:
    """How much of each fault is wanted. The seconds are the longest that is waited for so many answers."""

    kills: int = 60
    answers: int = 2000
    people: int = 40
    restarts: int = 2
    races: int = 300
    rate: float = 0
    seconds: float = 10
    sessions: int = 200
    beside: bool = False


@dataclass
class Result:
    """What a run found. `happened` counts the faults brought about; `told` holds what else is worth a word."""

    fault: str
    database: str
    sabotage: str = ""
    happened: int = 0
    acknowledged: int = 0
    sessions: int = 0
    untold: int = 0
    dropped: int = 0
    unavailable: int = 0
    found: list[str] = field(default_factory=list)
    seconds: float = 0
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether it is as it should be: nothing found; with a sabotage, something."""
        return bool(self.found) == bool(self.sabotage)

    def line(self) -> dict[str, Any]:
        """Return it as a line for machines."""
        return asdict(self) | {"holds": self.holds, "found": self.found[:5], "finds": len(self.found)}


@contextmanager
def walked(
    result: Result, store: Store, folder: Path, crowd_of: dict[str, Any], **site_of: Any
) -> Iterator[tuple[Site, Crowd]]:
    """Give a site with people in it; stop both afterwards, and note what the log says about it."""
    began, url = time.monotonic(), store.new(folder.name)
    with served(url, folder, result.sabotage, **site_of) as site:
        crowd = Crowd(site.port, SEED, enough=1 if result.sabotage else ENOUGH, **crowd_of)
        try:
            crowd.gather()
            crowd.start()
            yield site, crowd
        finally:
            crowd.stop()
            if crowd.complaints and not result.sabotage:
                result.told["log"] = str(kept(site, folder.name))
    after = verdict(url, crowd.people)
    result.acknowledged, result.sessions, result.untold = after.acknowledged, after.sessions, after.untold
    result.dropped, result.unavailable = crowd.counts["dropped"], crowd.counts["unavailable"]
    result.found += crowd.complaints + after.breaks
    result.seconds = round(time.monotonic() - began, 1)


def kept(site: Site, name: str) -> Path:
    """Keep what the site wrote to its log: why somebody got a wrong page. Returns the file."""
    file = ROOT / "var" / "chaos" / f"{name}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(site.said())
    return file


def kills(store: Store, folder: Path, size: Size, sabotage: str = "") -> Result:
    """Kill workers under load: what was acknowledged is there, once.

    A twin is killed until it is seen, ten times as often at most: what a kill has to hit is over within a millisecond.
    """
    result, dice = Result("kills", store.name, sabotage), random.Random(SEED)
    with walked(result, store, folder, {"people": size.people}, beside=size.beside) as (site, crowd):
        for _ in range(10 * size.kills if sabotage else size.kills):
            # By what was done, not by the clock: on a slow machine as many answers are cut off as on a quick one.
            crowd.wait(dice.randint(0, 3 * size.answers // (2 * size.kills)), GOES_ON)
            time.sleep(dice.uniform(0, 0.02))
            site.kill(dice)
            if crowd.troubled:
                break
        enough = sabotage or crowd.until(lambda: crowd.acknowledged >= size.answers, GOES_ON * 3)
        demand(result, enough, "it does not go on")
        result.happened = site.killed
    return result


def restarts(store: Store, folder: Path, size: Size, sabotage: str = "") -> Result:
    """Restart the database server under load, by a crash and in good order: the site goes on by itself.

    A twin has crashes only, one after the other until one is seen: a single one may come right after PostgreSQL has
    written what nobody waited for.
    """
    assert isinstance(store, Postgres)
    result, told = Result("restarts", store.name, sabotage), 0
    with walked(result, store, folder, {"people": size.people}) as (_, crowd):
        for number in range(size.restarts):
            crowd.wait(size.answers // 10, GOES_ON)
            store.server.stop("fast" if number % 2 and not sabotage else "immediate")
            told = crowd.counts["unavailable"]
            sees = crowd.until(lambda told=told: crowd.counts["unavailable"] > told, GOES_ON)
            demand(result, sees or sabotage, "nobody was told that it is away")
            store.server.start()
            demand(result, sabotage or crowd.wait(size.answers // 10, GOES_ON), "it does not go on by itself")
            result.happened += 1
            if crowd.troubled:
                break
    return result


def full(store: Store, folder: Path, size: Size, sabotage: str = "") -> Result:
    """Fill the disk on which the database lies, and make room again: nothing is acknowledged that is not there."""
    result = Result("full", store.name, sabotage)
    with walked(result, store, folder, {"people": size.people}) as (_, crowd):
        crowd.wait(size.answers // 20, GOES_ON)
        ballast = fill(store.folder)
        if sabotage:
            crowd.until(lambda: crowd.troubled, GOES_ON)
        else:
            told = crowd.until(lambda: crowd.counts["unavailable"] > size.people, GOES_ON)
            demand(result, told, "the disk is full, and nobody was told")
        ballast.unlink()
        result.told["server"] = store.revive()
        demand(result, sabotage or crowd.wait(size.answers // 10, GOES_ON), "there is room, and it does not go on")
        result.happened = 1
    return result


def redis(store: Store, folder: Path, size: Size, sabotage: str = "") -> Result:
    """Kill Redis, let it hang, bring it back: the site goes on, still limits, and says so now and then."""
    result = Result("redis", store.name, sabotage)
    with (
        Redis() as server,
        walked(result, store, folder, {"people": size.people}, CACHE_URL=server.url, CHAOS_REST="1") as (site, crowd),
    ):
        for fault, says in ((server.kill, AWAY), (server.start, THERE), (server.hang, AWAY), (server.wake, THERE)):
            crowd.wait(size.answers // 20, GOES_ON)
            before = site.said().count(says)
            fault()
            result.happened += 1
            said = crowd.until(lambda says=says, before=before: site.said().count(says) > before, GOES_ON)
            demand(result, said, f"the log does not say that it {says}")
            if fault == server.kill and not sabotage:
                demand(result, limited(site.port), "while Redis is away, nobody counts")
        demand(result, crowd.wait(size.answers // 20, GOES_ON), "it does not go on")
    result.told = {"lines in the log": site.said().count(AWAY), "sessions begun": result.sessions}
    return result


def limited(port: int) -> bool:
    """Return whether somebody who guesses codes is told to wait, soon enough for the number of processes."""
    cookies: dict[str, str] = {}
    for _ in range(5 * WORKERS + 1):
        line = Line(port)
        page = line.ask(Request("GET", "/join/", cookies=cookies))
        cookies |= page.cookies
        form = {"csrfmiddlewaretoken": Page.read(page.body).token, "code": "AAAA2222"}
        status = line.ask(Request("POST", "/join/", form, cookies)).status
        line.close()
        if status == 429:
            return True
    return False


def races(store: Store, folder: Path, size: Size, sabotage: str = "") -> Result:
    """Answer in two tabs at the same moment, again and again: each race has one winner, and the log says which."""
    result = Result("races", store.name, sabotage)
    racers = {"people": RACERS * 2, "lines": RACERS, "racing": True, "strict": True}
    with walked(result, store, folder, racers) as (_, crowd):
        done = crowd.wait(size.races, GOES_ON + size.races / 10)
        demand(result, done or sabotage, "the races do not come to an end")
        result.happened = crowd.acknowledged
    return result


def load(store: Store, folder: Path, size: Size, sabotage: str = "") -> Result:
    """Let many answer steadily for a while: no error."""
    result = Result("load", store.name, sabotage)
    many = {"people": size.sessions, "lines": LINES, "rate": size.rate, "strict": True}
    with walked(result, store, folder, many, beside=size.beside) as (_, crowd):
        began = time.monotonic()
        crowd.until(lambda: time.monotonic() - began > size.seconds, size.seconds + 1)
        seconds, result.happened = time.monotonic() - began, crowd.acknowledged
        times = sorted(crowd.taken[: result.happened])
    result.told = {"a second": round(result.happened / seconds, 1), "in flight": size.sessions, "for": round(seconds)}
    result.told |= {f"p{part} ms": round(1000 * times[len(times) * part // 100], 1) for part in (50, 95, 99) if times}
    return result


def delivery(store: Store, folder: Path, size: Size, sabotage: str = "") -> Result:
    """Kill the worker that sends mails and webhooks: what tests/support/test_kills.py does, with its own twin."""
    result, began = Result("delivery", store.name, sabotage), time.monotonic()
    url = SQLITE if store.name == "sqlite" else store.new(folder.name)
    variables = os.environ | {"DATABASE_URL": url, "KILLS": str(size.kills), "CHAOS_SABOTAGE": sabotage}
    command = [sys.executable, "-m", "pytest", "-q", "-s", "tests/support/test_kills.py", "-k", "loses_nothing"]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    result.happened, result.seconds = size.kills, round(time.monotonic() - began, 1)
    result.told = {"said": " ".join(line for line in done.stdout.splitlines() if " kills, " in line)}
    if done.returncode != 0:
        result.found.append(next((line for line in done.stdout.splitlines() if line.startswith("E ")), done.stdout))
    return result


def demand(result: Result, holds: object, otherwise: str) -> None:
    """Note what does not hold."""
    if not holds:
        result.found.append(otherwise)


FAULTS = {each.__name__: each for each in (kills, restarts, full, redis, delivery, races, load)}
# What is taken out (tools/chaos/sabotage.py says how), so that the fault must be seen.
TWINS = {
    "kills": ("autocommit", "early"),
    "restarts": ("unsynced",),
    "full": ("pretending",),
    "redis": ("leaning",),
    "delivery": ("hasty",),
    "races": ("unlocked",),
    "load": ("stumbling",),
}
# Where a fault can be brought about. Redis counts the same whatever the database is.
WHERE = {"restarts": ("postgresql",), "redis": ("sqlite",)}
