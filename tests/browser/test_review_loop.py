"""A Monday morning: what customers did on the real pages is exactly what a reviewer finds, takes up and sees mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import barriers
from tests.browser.walked import walked
from tests.browser.walks import ends, heading, is_screen, plan, step_at, step_with
from tests.visitor import Visitor
from wizards import flow, publishing
from wizards.models import Disclosure, Event, Search, Session, Version, Wizard
from wizards.review import findings as queue

pytestmark = pytest.mark.browser

SLUG = "hikvision-camera"
REVIEW = f"/review/?wizard={SLUG}"
STEP = step_with(hold_seconds=True)  # where some of them stop
WORDS = "There are <b>two</b> buttons here"
NOTE = "Say which of the two buttons it is."
MAIN_TARGETS = ".btn, .tabs a, .plain, .filter input:not([type=checkbox]), .filter select, .tick"


@dataclass
class Customer:
    """Somebody at the real pages, by HTTP, and the positions that their session came by, in order, up to now."""

    visitor: Visitor
    came_by: list[flow.Position] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The code of the session."""
        return self.visitor.code

    def back(self, document: flow.Document) -> None:
        """Press Back."""
        response = self.visitor.send("back")
        self.came_by.append(self.came_by[-2])
        assert (response.status_code, self.visitor.session.position) == (303, self.came_by[-1])

    def go_on(self, document: flow.Document, *wanted) -> None:
        """Go on from here, page by page, as `wanted` says."""
        here = self.came_by[-1]
        journey = plan(document, lambda _, position: position == here, *wanted)
        at = journey.positions.index(here)
        self.visitor.walk(*journey.answers[at:])
        self.came_by += journey.positions[at + 1 :]
        assert self.visitor.session.position == self.came_by[-1]

    def remarks(self, words: str) -> None:
        """Say that it looks different."""
        assert self.visitor.send("remark", words=words).status_code == 303


@pytest.fixture
def document(documents) -> flow.Document:
    return documents[SLUG]


@pytest.fixture
def customer(site, document) -> Callable[..., Customer]:
    """Give a function by which one more customer walks the camera's wizard to where `wanted` says."""

    def walk(*wanted) -> Customer:
        journey = plan(document, *wanted)
        return Customer(walked(document, journey), list(journey.positions))

    return walk


def two_hours_pass() -> None:
    """Let everything that was logged so far be two hours older: whoever stands at a page has left it."""
    ago = timedelta(hours=2)
    Session.objects.update(begun_at=F("begun_at") - ago, seen_at=F("seen_at") - ago)
    Event.objects.update(at=F("at") - ago)


def publish_again(document: flow.Document) -> Version:
    """Publish the document as version 2, with a word changed."""
    wizard = Wizard.objects.get(slug=document.slug)
    changed = document.model_copy(update={"summary": f"{document.summary} Mended."})
    wizard.current = Version.objects.create(
        wizard=wizard, number=2, document=changed.canonical(), content_hash=changed.content_hash()
    )
    wizard.save()
    return wizard.current


def row(page: Page, title: str) -> Locator:
    """Return the row of a table by its heading."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader").get_by_text(title, exact=True))


def figures(page: Page) -> dict[str, str]:
    """Return the overview's figures by their names."""
    page.wait_for_load_state()
    cards = page.locator(".figures > div").all()
    return {card.locator("dt").inner_text(): card.locator("dd.value").inner_text().split("\n")[0] for card in cards}


def listed(page: Page) -> set[str]:
    """Return the codes of the sessions listed."""
    page.wait_for_load_state()
    links = page.locator(".sessions th a")
    return set(links.evaluate_all("(all) => all.map((one) => one.pathname.split('/')[3])"))


def traffic(document: flow.Document, left: Sequence[Customer], others: Sequence[Customer]) -> Counter:
    """Return what the map's table has to say: (node's title, reached, moved on, ended, left, still here)."""
    nodes: dict[str, list[int]] = {}
    for customer in (*left, *others):
        at = customer.came_by[-1]
        stopped = 2 if flow.outcome(document, at) else 3 if customer in left else 4
        for node in {position.node for position in customer.came_by}:
            numbers = nodes.setdefault(node, [0] * 5)
            numbers[0] += 1
            numbers[stopped if node == at.node else 1] += 1
    return Counter((document.node(node).title, *numbers) for node, numbers in nodes.items())


def came_by(document: flow.Document, customers: Sequence[Customer], step: flow.Position) -> int:
    """Return how many customers came by a step of a procedure, wherever the wizard shows it."""
    wanted = step_at(document, step)
    return sum(any(step_at(document, position) == wanted for position in one.came_by) for one in customers)


def test_what_customers_did_is_what_a_reviewer_finds_takes_up_and_sees_mended(customer, reviewer, document):
    solved = [customer(ends("solved")) for _ in range(2)]
    turned = [customer(STEP) for _ in range(2)]
    for each in turned:
        each.back(document)
        each.go_on(document, STEP, ends("solved"))
    left = [customer(STEP) for _ in range(4)]
    left[0].remarks(WORDS)
    two_hours_pass()
    still = [customer(is_screen("question"))]
    step = plan(document, STEP).positions[-1]
    title = heading(document, step)
    before = came_by(document, [*solved, *turned, *left], step)

    page = reviewer(REVIEW)
    shown = figures(page)
    assert {name: shown[name] for name in ("Started", "Solved", "Handed to a person", "Ended with advice")} == {
        "Started": "9",
        "Solved": "4",
        "Handed to a person": "0",
        "Ended with advice": "0",
    }
    assert (shown["Left"], shown["In progress"], shown["Asked for a person"]) == ("4", "1", "0")
    expect(page.locator(".finding")).to_contain_text("4 of the 8 sessions that are over were solved: 50 %")

    page.get_by_role("link", name="See where people leave").click()
    expect(page.locator(".finding")).to_contain_text(f"Most people leave at {title}: 4 of {before} who reached it")
    point = row(page, title)
    assert point.locator("td.number").inner_text() == str(before)
    for column, count in enumerate([4, 2, 0, 1], 1):
        expect(point.locator("td").nth(column)).to_contain_text(f"{count} of {before}")

    page.get_by_role("link", name="Map", exact=True).click()
    page.wait_for_load_state()
    drawn = page.locator(".nodes tbody tr").all()
    found = Counter(
        (each.locator("th b, th a").first.inner_text(), *map(int, each.locator("td.number").all_inner_texts()))
        for each in drawn
    )
    assert found == traffic(document, left, [*solved, *turned, *still])

    page.get_by_role("link", name="Sessions", exact=True).click()
    assert listed(page) == {each.code for each in (*solved, *turned, *left, *still)}
    for state, customers in {"solved": [*solved, *turned], "still": still, "left": left}.items():
        page.get_by_label("How it ended").select_option(state)
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.locator(".sessions tbody tr")).to_have_count(len(customers))
        assert listed(page) == {each.code for each in customers}
    expect(page.locator(".sessions tbody tr").filter(has_text=title)).to_have_count(4)
    page.get_by_text("More filters").click()
    page.get_by_label("With a remark").check()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".sessions tbody tr")).to_have_count(1)

    page.locator(".sessions th a").click()
    expect(page.locator(".walk h3")).to_have_text([heading(document, each) for each in left[0].came_by])
    page.get_by_role("link", name="Step through").click()
    for position in left[0].came_by[:-1]:
        expect(page.locator("h1")).to_have_text(heading(document, position))
        page.get_by_role("link", name="Next").click()
    expect(page.locator("h1")).to_have_text(title)
    page.get_by_role("link", name="Session").click()
    expect(page.get_by_text(WORDS)).to_have_count(0)
    assert not Disclosure.objects.exists()
    page.get_by_role("button", name="Show what they wrote").click()
    expect(page.get_by_text(WORDS)).to_be_visible()
    noted = Disclosure.objects.get()
    assert (noted.user.username, noted.where.replace(" ", "").lower(), noted.count) == ("rea", left[0].code, 1)
    page.get_by_role("link", name="Back to the list").click()
    assert listed(page) == {left[0].code}

    page.get_by_role("link", name="Stuck points").click()
    row(page, title).get_by_role("link", name="Add to queue").click()
    page.get_by_label("What to look at").fill(NOTE)
    page.get_by_label("Assigned to").select_option("Rea Viewer")
    page.get_by_role("button", name="Add to queue").click()
    expect(page.locator(".finding")).to_contain_text(
        f"In the last 30 days, 4 of the {before} who reached this page left here"
    )
    publish_again(document)
    mended = [customer(STEP, ends("solved")) for _ in range(3)]
    after = came_by(document, mended, step)
    page.reload()
    page.get_by_label("Fixed in").select_option("Version 2")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("row", name="Before version 2")).to_contain_text(f"4 of {before}, likely")
    expect(page.get_by_role("row", name="Since version 2")).to_contain_text(f"0 of {after}, likely")
    page.get_by_role("link", name="Queue").click()
    expect(page.get_by_text("The queue is empty")).to_be_visible()
    page.get_by_role("link", name="Show closed findings").click()
    expect(row(page, title)).to_contain_text(NOTE)
    expect(row(page, title)).to_contain_text("Version 2")


# For everybody

PLACES = {
    "queue": "/review/queue/",
    "queue-closed": "/review/queue/?state=closed",
    "queue-empty": "/review/queue/?state=closed&whose=mine",
    "finding": "/review/queue/{open}/",
    "finding-closed": "/review/queue/{closed}/",
    "take-up": "/review/queue/new/?wizard={slug}&node={node}",
    "take-up-again": "/review/queue/new/?wizard={slug}&node={node}&cause={cause}&step={step}",
    "searches": "/review/searches/",
    "searches-add": "/review/searches/?words=doorbell",
    "definitions": "/review/definitions/",
}


@pytest.fixture
def addresses(reviewer, document) -> dict[str, str]:
    """Take something up twice, close one, let people have searched; return the places' addresses."""
    publishing.import_document(document)
    wizard, at = Wizard.objects.get(slug=SLUG), plan(document, STEP).positions[-1]
    rea, place = User.objects.get(username="rea"), (at.node, at.cause, at.step)
    waiting, done = (queue.open_finding(wizard, place, rea, NOTE, who) for who in (rea, None))
    queue.close(done, done.revision, "It says which.", wizard.current)
    for found, symptom in ((0, ""), (3, document.symptoms[0].id)):
        Search.objects.create(words="doorbell", query="doorbell", found=found, wizard=symptom and SLUG, symptom=symptom)
    names = {"open": waiting.pk, "closed": done.pk, "slug": SLUG, "node": at.node, "cause": at.cause, "step": at.step}
    return {name: address.format(**names) for name, address in PLACES.items()}


def test_the_pages_of_the_queue_and_of_the_searches_are_for_everybody(customer, reviewer, addresses):
    customer(STEP)
    page, problems = reviewer(PLACES["definitions"], reduced_motion="reduce"), {}
    for place, address in addresses.items():
        page.goto(address)
        problems[place] = barriers(page, MAIN_TARGETS, ".wide")
        if not page.title().endswith(" · Review | Help desk"):
            problems[place].append(page.title())
    assert problems == {place: [] for place in PLACES}
