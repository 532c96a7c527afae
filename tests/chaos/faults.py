"""Each fault: bring it about under load, and say what was found. Where something is taken out, something must be found.

A fault takes a store, a folder of its own, how much of it is wanted, and the sabotage (none by default).
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.judge import verdict
from tests.chaos.people import Crowd, walking
from tests.chaos.site import Site, served
from tests.chaos.stores import Postgres, Sqlite

Store = Sqlite | Postgres
SEED = 1
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
def judged(result: Result, url: str, site: Site, crowd: Crowd) -> Iterator[None]:
    """Stop the crowd and the site after what is done inside, and note what the log says about it."""
    began = time.monotonic()
    try:
        yield
    finally:
        crowd.stop()
    site.stop()
    counts = crowd.counts
    result.dropped, result.unavailable = counts["dropped"], counts["unavailable"]
    result.found += crowd.complaints
    after = verdict(url, crowd.people)
    result.acknowledged, result.sessions, result.untold = after.acknowledged, after.sessions, after.untold
    result.found += after.breaks
    result.seconds = round(time.monotonic() - began, 1)


def kills(store: Store, folder: Path, size: Size, sabotage: str = "") -> Result:
    """Kill workers under load: what was acknowledged is there, once."""
    result, dice = Result("kills", store.name, sabotage), random.Random(SEED)
    url = store.new(folder.name)
    with served(url, folder, sabotage, size.beside) as site, walking(site.port, SEED, size.people) as crowd:
        with judged(result, url, site, crowd):
            for _ in range(size.kills):
                # By what was done, not by the clock: on a slow machine as many answers are cut off as on a quick one.
                crowd.wait(dice.randint(1, 2 * size.answers // size.kills), GOES_ON)
                time.sleep(dice.uniform(0, 0.02))
                site.kill(dice)
                if sabotage and crowd.complaints:
                    break
            if not sabotage:
                demand(
                    result, crowd.until(lambda: crowd.acknowledged >= size.answers, GOES_ON * 3), "it does not go on"
                )
        result.happened = site.killed
    return result


def demand(result: Result, holds: bool, otherwise: str) -> None:
    """Note what does not hold."""
    if not holds:
        result.found.append(otherwise)
