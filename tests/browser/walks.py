"""Walks through a wizard: planned over its document, then done by hand in a browser.

    journey = plan(document, is_screen("confirm"), ends("solved"))   the shortest way past these pages, in this order
    for answer in journey.answers: give(page, answer)

Planning reads the document, so that a reworded or rearranged wizard is walked as well.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from wizards import flow

Wanted = Callable[[flow.Document, flow.Position], bool]
PATIENCE = 30_000  # milliseconds: enough for a busy machine
ADDRESS = re.compile(r"/s/(?P<code>[a-z0-9]+)/(?P<number>\d+)/")


@dataclass(frozen=True)
class Journey:
    """A way through a document: the symptom to enter by, the answers to give, and the positions before and after."""

    symptom: str
    answers: tuple[str, ...]
    positions: tuple[flow.Position, ...]


def plan(document: flow.Document, *wanted: Wanted, symptom: str = "") -> Journey:
    """Return a short journey past a page for each of `wanted`, in this order; the last of them is its end."""
    for each in [symptom] if symptom else [symptom.id for symptom in document.symptoms]:
        if journey := _plan_from(document, each, wanted):
            return journey
    raise LookupError(f"No way through {document.slug} passes all that is wanted.")


def _plan_from(document: flow.Document, symptom: str, wanted: tuple[Wanted, ...]) -> Journey | None:
    positions, answers = [flow.entry_position(document, symptom)], []
    for one in wanted:
        leg = _leg(document, positions[-1], one)
        if leg is None:
            return None
        answers += [answer for answer, _ in leg]
        positions += [position for _, position in leg]
    return Journey(symptom, tuple(answers), tuple(positions))


def _leg(document: flow.Document, start: flow.Position, wanted: Wanted) -> list[tuple[str, flow.Position]] | None:
    """Return the shortest way from `start` to a page that is wanted: (answer, where it leads) for each move."""
    came: dict[flow.Position, tuple[flow.Position, str] | None] = {start: None}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        if wanted(document, here):
            return _trail(came, here)
        for answer in shown_answers(document, here):
            there = flow.next_position(document, here, answer)
            if there not in came:
                came[there] = (here, answer)
                queue.append(there)
    return None


def shown_answers(document: flow.Document, position: flow.Position) -> list[str]:
    """Return the answers that the page of a position shows, of all legal ones.

    Left out are causes that were tried before; before a procedure's last step, that it did not work; and that it
    worked where something is being erased.
    """
    answers = flow.node_at(document, position).answers(document, position)
    hidden = {cause for cause, _ in position.tried} if not position.cause else set()
    if "next" in answers:
        procedure, _ = step_at(document, position)
        hidden |= {"failed", "worked"} if procedure.erases else {"failed"}
    return [answer for answer in answers if answer not in hidden]


def _trail(came: dict, here: flow.Position) -> list[tuple[str, flow.Position]]:
    trail = []
    while came[here]:
        before, answer = came[here]
        trail.append((answer, here))
        here = before
    return trail[::-1]


def screen(document: flow.Document, position: flow.Position) -> str:
    """Return the name of the screen at a position."""
    return flow.node_at(document, position).screen(position)


def is_screen(name: str) -> Wanted:
    """Want a page of this kind: question, diagnosis, confirm, procedure, outcome."""
    return lambda document, position: screen(document, position) == name


def ends(result: str) -> Wanted:
    """Want an outcome: solved, unsolved, advice."""
    return lambda document, position: flow.outcome(document, position) == result


def step_with(*, last: bool | None = None, **fields: bool) -> Wanted:
    """Want a step that has (or has not) each of these fields: step_with(hold_seconds=True, picture=False)."""

    def wanted(document: flow.Document, position: flow.Position) -> bool:
        found = step_at(document, position)
        if found is None:
            return False
        procedure, step = found
        at_end = procedure.steps[-1] == step
        return last in (None, at_end) and all(bool(getattr(step, name)) == has for name, has in fields.items())

    return wanted


def tried(document: flow.Document, position: flow.Position) -> bool:
    """Want a diagnosis's list on which something was tried already."""
    return screen(document, position) == "diagnosis" and bool(position.tried)


def step_at(document: flow.Document, position: flow.Position) -> tuple[flow.Procedure, flow.Step] | None:
    """Return the procedure and the step in hand at a position, if any."""
    procedure = flow.node_at(document, position).current_procedure(document, position)
    if procedure is None or not position.step:
        return None
    return procedure, procedure.steps[procedure.index(position.step)]


def heading(document: flow.Document, position: flow.Position) -> str:
    """Return what the heading of the page at a position says."""
    if found := step_at(document, position):
        return found[1].title
    node = flow.node_at(document, position)
    procedure = node.current_procedure(document, position)
    return procedure.title if procedure else node.title


def numbers(document: flow.Document, journey: Journey) -> Iterator[int]:
    """Yield the number of each page of a journey: one more with each answer, and two more where it ends."""
    for number, position in enumerate(journey.positions, 1):
        yield number + bool(flow.outcome(document, position))


# --- In the browser ---------------------------------------------------------------------------------------------


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something holds that no locator can tell; the page's own work goes on meanwhile."""
    end = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < end, "It never held."
        page.wait_for_timeout(20)


def code_of(page: Page) -> str:
    """Return the code of the session whose page is shown."""
    return ADDRESS.search(page.url)["code"]


def number_of(page: Page) -> int:
    """Return the number of the page that is shown."""
    return int(ADDRESS.search(page.url)["number"])


def give(page: Page, answer: str) -> None:
    """Give an answer as a person does: choose a card and go on, or press a button."""
    card = page.locator(f'#page input[type=radio][value="{answer}"]')
    if card.count():
        card.check()
        page.locator("#page .acts .btn-primary").click()
    else:
        page.locator(f'#page button[name=answer][value="{answer}"]').click()


def arrived(page: Page, number: int) -> None:
    """Wait until page `number` of the session is shown whole, its address and its form agreeing."""
    expect(page).to_have_url(re.compile(rf"/s/[a-z0-9]+/{number}/(\?said=\w+)?$"))
    expect(page.locator(f'#page form[action$="/{number}/"]')).to_have_count(1)
    page.wait_for_load_state()


def walk(page: Page, document: flow.Document, journey: Journey) -> None:
    """Give all answers of a journey from its first page on; hold that each leads to the page that it should."""
    places = list(zip(numbers(document, journey), journey.positions, strict=True))
    shows(page, document, *places[0])
    for answer, place in zip(journey.answers, places[1:], strict=True):
        give(page, answer)
        shows(page, document, *place)


def shows(page: Page, document: flow.Document, number: int, position: flow.Position) -> None:
    """Hold that the page of a position is shown: its address, its one heading, its title."""
    arrived(page, number)
    words = heading(document, position)
    expect(page.locator("h1")).to_have_text(words)
    expect(page).to_have_title(f"{words} · {document.title} | Help desk")
