"""Whether an answer costs more late in a walk, or in a large wizard: `python -m tools.bench.answers.growth`.

Through the whole site in this process (all middleware, no network), single answers in turns. DATABASE_URL names an
empty database. Prints a JSON line for each question.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING, Any

from tests import environment  # noqa: F401  before Django's settings

if TYPE_CHECKING:
    from tests.visitor import Visitor

GOAL = 1.05
PAIRS = 200
LATE = 400
FEW, MANY = 60, 6_000


def main() -> None:
    """Measure both."""
    from tools.bench.answers import memory, publish_ring

    publish_ring.main([FEW, MANY])
    for slug in ("ring", "ring-1"):
        memory.show(slug)  # every page was rendered once
    tell("answer 400", "answer 2", in_turns(walker(LATE), fresh))
    tell(f"answer in {MANY} nodes", f"in {FEW} nodes", in_turns(walker(2, "ring-1"), walker(2)))


def walker(answers: int, slug: str = "ring") -> Callable[[], Visitor]:
    """Return what gives one visitor, again and again, who has answered so many questions of a wizard."""
    from tests.visitor import Visitor

    visitor = Visitor(SERVER_NAME="127.0.0.1").begin(slug)
    for _ in range(answers):
        answer(visitor)
    return lambda: visitor


def fresh() -> Visitor:
    """Return a visitor who has given one answer."""
    from tests.visitor import Visitor

    visitor = Visitor(SERVER_NAME="127.0.0.1").begin("ring")
    answer(visitor)
    return visitor


def answer(visitor: Visitor) -> float:
    """Give an answer as htmx sends it; return how long it took."""
    address, form = visitor.address(), {"answer": "steady"}
    began = time.perf_counter()
    response = visitor.client.post(address, form, headers={"hx-request": "true", "accept-encoding": "gzip"})
    taken = time.perf_counter() - began
    assert response.status_code == 200, response.status_code
    visitor.follow(response)
    return taken


def in_turns(one: Callable[[], Visitor], other: Callable[[], Visitor]) -> tuple[list[float], list[float]]:
    """Return how long single answers of two kinds took, given in turns."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(PAIRS):
        for kind, times in ((one, taken[0]), (other, taken[1])):
            times.append(answer(kind()))
    return taken


def tell(name: str, against: str, taken: tuple[list[float], list[float]]) -> None:
    """Print the medians' ratio as a JSON line."""
    one, other = (median(times) for times in taken)
    line: dict[str, Any] = {"name": name, "against": against, "ratio": round(one / other, 3), "goal": GOAL}
    print(json.dumps(line | {"page_ms": round(1000 * one, 3), "theirs": round(1000 * other, 3), "pairs": PAIRS}))


if __name__ == "__main__":
    main()
