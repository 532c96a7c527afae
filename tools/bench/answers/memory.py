"""What a worker keeps in memory of many wizards: `python -m tools.bench.answers.memory`.

Every page of 100 wizards of 100 nodes is shown in this process, which then holds what a worker of gunicorn would.
DATABASE_URL names a database. Prints a JSON line.
"""

from __future__ import annotations

import gc
import json
from pathlib import Path

from tests import environment  # noqa: F401  before Django's settings

WIZARDS, NODES = 100, 100
GOAL_MB = 100  # more than a worker that has shown one wizard


def main() -> None:
    """Show every page of all of them."""
    from tools.bench.answers import publish_ring

    publish_ring.main([60, *[NODES] * WIZARDS])
    from tests.visitor import Visitor  # now that Django is set up

    visitor = Visitor(SERVER_NAME="127.0.0.1").begin("ring")
    for _ in range(10):
        assert visitor.answer("steady", headers={"hx-request": "true"}).status_code == 200
    before = resident()
    for number in range(1, WIZARDS + 1):
        show(f"ring-{number}")
    gc.collect()
    after = resident()
    line = {"name": f"memory, {WIZARDS} wizards of {NODES} nodes", "against": f"{GOAL_MB} MB more than one wizard"}
    line |= {"ratio": round((after - before) / GOAL_MB, 3), "goal": 1, "before_mb": before, "theirs": after}
    print(json.dumps(line))


def show(slug: str) -> None:
    """Keep in memory what answers on every page of a wizard keep there."""
    from wizards import flow, presenters, publishing

    version = publishing.current_version(slug)
    assert version
    document = publishing.document_of(version.pk)
    for node in document.nodes:
        position = flow.Position(node.id)
        presenters.fragment_with_placeholders(version.pk, document, position)


def resident() -> float:
    """Return how much memory this process holds, in megabytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return round(int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024, 1)


if __name__ == "__main__":
    main()
