"""What goes over the wire, measured at the site as it is served: first page, and every step that follows.

Sizes are whole: headers and compressed body, as the browser counts them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser import served
from tests.browser.client import Client
from tests.browser.walks import (
    PATIENCE,
    Journey,
    arrived,
    ends,
    give,
    is_screen,
    numbers,
    plan,
    screen,
    shown_answers,
    step_at,
    step_with,
    until,
)
from tests.snapshots import SqliteSnapshot
from wizards import flow

pytestmark = pytest.mark.browser

FIRST_PAGE_REQUESTS, FIRST_PAGE_BYTES = 4, 50_000
STEP_BYTES = PICTURE_BYTES = 2_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Give the folder in which the site is served."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def address(folder, django_db_setup: SqliteSnapshot) -> Iterator[str]:
    """Serve the site as `make run` does, on a database that is migrated already; give its address."""
    (folder / "var").mkdir(mode=0o700)
    django_db_setup.write(folder / "var" / "db.sqlite3")
    with served.site(folder) as started:
        yield started


@pytest.fixture
def report(capsys) -> Callable[..., None]:
    """Give a function that prints lines which stay to be read when the tests pass."""

    def lines(first: str, *more: object) -> None:
        with capsys.disabled():
            print(f"\n{first}", *more, sep="\n  ")

    return lines


@dataclass
class Load:
    """One answer of the server, as the browser counts it."""

    url: str
    kind: str
    bytes: int = 0
    finished: bool = False

    def __str__(self) -> str:
        return f"{self.bytes:6} B  {self.kind:10} {urlsplit(self.url).path}"


# After two frames a page has asked for all that it shows.
SETTLED = """new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
  setTimeout(done, 30000);
})"""


class Wire:
    """What a page loads, in the order asked for."""

    def __init__(self, page: Page) -> None:
        self.loads: dict[str, Load] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")
        self._session, self._page = session, page

    def _asked(self, event: dict) -> None:
        if event["request"]["url"].startswith("http"):
            self.loads[event["requestId"]] = Load(event["request"]["url"], event.get("type", "Other"))

    def _finished(self, event: dict) -> None:
        if event["requestId"] in self.loads:
            load = self.loads[event["requestId"]]
            load.bytes, load.finished = int(event["encodedDataLength"]), True

    def _all_finished(self) -> bool:
        self._session.send("Network.enable")  # events that are on their way arrive before its answer
        return all(load.finished for load in self.loads.values())

    def take(self) -> list[Load]:
        """Wait until all is loaded, and return what was since the last time; what the cache had needed no wire."""
        self._page.evaluate(SETTLED)
        until(self._page, self._all_finished)
        taken = [load for load in self.loads.values() if load.bytes]
        self.loads.clear()
        return taken


@pytest.fixture
def page(new_context, address) -> Page:
    """Give a page of a new visitor to the served site, whose cache is empty."""
    context = new_context(base_url=address, viewport={"width": 390, "height": 844})
    context.set_default_timeout(PATIENCE)
    return context.new_page()


@pytest.mark.parametrize("path", ["/", "/w/hikvision-camera/", "/search/?q=camera"])
def test_the_first_page_is_light(page, address, report, path):
    wire = Wire(page)
    page.goto(path, wait_until="networkidle")
    loads = wire.take()
    if not any("favicon" in load.url for load in loads):  # a browser without a window does not ask for it
        icon = page.locator("link[rel=icon]").get_attribute("href")
        with Client(address) as client:
            loads.append(Load(icon, "Other", client.get(icon).bytes))
    total = sum(load.bytes for load in loads)
    report(f"first page {path}: {len(loads)} requests, {total} bytes", *loads)
    assert len(loads) <= FIRST_PAGE_REQUESTS
    assert total <= FIRST_PAGE_BYTES


@pytest.mark.parametrize("slug", ["hikvision-camera", "hikvision-watch-code", "zosi-camera"])
def test_a_step_is_one_light_request_in_the_browser(page, documents, report, slug):
    document = documents[slug]
    measured = []
    for journey in journeys(document):
        begin(page, document, journey)
        measured += list(measure(page, document, journey))
    heaviest = max(load for _, load, _ in measured if load)
    pictures = [load for _, _, load in measured if load]
    report(f"{document.title}: {len(measured)} steps in the browser, at most {heaviest} bytes: {table(measured)}")
    assert {kind for kind, _, _ in measured} == {"question", "diagnosis", "confirm", "procedure", "outcome"}
    assert heaviest <= STEP_BYTES
    assert max(pictures) <= PICTURE_BYTES


def table(measured: list[tuple[str, int, int]]) -> str:
    """Return the heaviest step of each kind, in words."""
    kinds = sorted({kind for kind, _, _ in measured})
    return ", ".join(f"{kind} {max(size for each, size, _ in measured if each == kind)}" for kind in kinds)


def journeys(document: flow.Document) -> list[Journey]:
    """Return ways that touch each kind of screen, and each kind of step."""
    return [
        plan(document, is_screen("diagnosis"), is_screen("confirm"), step_with(hold_seconds=True), ends("solved")),
        plan(document, is_screen("question"), step_with(picture=True), step_with(last=True), ends("unsolved")),
    ]


def begin(page: Page, document: flow.Document, journey: Journey) -> None:
    """Enter by the journey's symptom."""
    page.goto(f"/w/{document.slug}/")
    page.locator(f'button[formaction$="/{journey.symptom}/"]').click()
    arrived(page, page_numbers(document, journey)[0])


def page_numbers(document: flow.Document, journey: Journey) -> list[int]:
    return list(numbers(document, journey))


def measure(page: Page, document: flow.Document, journey: Journey) -> Iterator[tuple[str, int, int]]:
    """Walk the journey; yield for each answer: the kind of page it led to, its bytes, its picture's bytes."""
    wire = Wire(page)
    places = zip(page_numbers(document, journey)[1:], journey.positions[1:], strict=True)
    for answer, (number, position) in zip(journey.answers, places, strict=True):
        give(page, answer)
        arrived(page, number)
        loads = wire.take()
        pictures = [load for load in loads if "/static/pictures/" in load.url]
        rest = [load for load in loads if load not in pictures]
        assert [load.kind for load in rest] == ["Fetch"], loads
        yield screen(document, position), rest[0].bytes, sum(load.bytes for load in pictures)


# --- Every page of every wizard ----------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["hikvision-camera", "hikvision-watch-code", "zosi-camera"])
def test_no_page_of_a_wizard_is_heavier(address, documents, folder, report, slug):
    with Client(address) as client:
        walker = Walker(client, documents[slug])
        walker.walk_all()
    sizes = sorted(((size, place) for place, size in walker.sizes.items()), reverse=True)
    report(f"{slug}: {len(sizes)} different pages, the heaviest at most {sizes[0][0]} bytes: {sizes[0][1]}")
    assert len(sizes) >= len(documents[slug].nodes)
    assert sizes[0][0] <= STEP_BYTES
    assert served.audit(folder)


class Walker:
    """Goes everywhere in a wizard with one client: answers each page in every way that it shows."""

    def __init__(self, client: Client, document: flow.Document) -> None:
        self.client = client
        self.document = document
        self.sizes: dict[str, int] = {}

    def walk_all(self) -> None:
        """Enter by every symptom and go everywhere from there."""
        for symptom in self.document.symptoms:
            begun = self.client.begin(self.document.slug, symptom.id)
            self.explore(begun, flow.entry_position(self.document, symptom.id))

    def explore(self, page: str, position: flow.Position) -> None:
        """Give every answer on a page, and explore where it leads if nothing was seen of it yet.

        An answer to a page that one has left is someone who went back.
        """
        for answer in ["", *shown_answers(self.document, position)] if self.answers(position) else []:
            there = flow.next_position(self.document, position, answer) if answer else position
            place = self.place(there) + ("" if answer else ", nothing chosen")
            if place in self.sizes:
                continue
            reply = self.client.answer(page, answer)
            self.sizes[place] = reply.heaviest
            assert (reply.status, reply.headers["Content-Encoding"]) == (200 if answer else 422, "gzip"), place
            if answer:
                self.explore(reply.headers["HX-Push-Url"], there)

    def answers(self, position: flow.Position) -> tuple[str, ...]:
        return flow.node_at(self.document, position).answers(self.document, position)

    def place(self, position: flow.Position) -> str:
        """Return a page's name: what was tried counts by its number, each way to it counts alike."""
        found = step_at(self.document, position)
        step = f"{found[0].id}/{found[1].id}" if found else f"{position.node} {position.cause}".strip()
        return f"{screen(self.document, position)} {step}" + (f", {len(position.tried)} tried" * bool(position.tried))


def test_pictures_are_light_and_kept_for_good(address, documents, folder, report):
    names = {
        step.picture.name
        for document in documents.values()
        for procedure in document.procedures
        for step in procedure.steps
        if step.picture
    }
    hashed = json.loads((folder / "var/static/staticfiles.json").read_text())["paths"]
    sizes = {}
    with Client(address) as client:
        for name in names:
            reply = client.get(f"/static/{hashed[f'pictures/{name}.svg']}")
            assert reply.status == 200, name
            assert "immutable" in reply.headers["Cache-Control"], name
            sizes[name] = reply.bytes
    report(f"{len(sizes)} pictures of steps, the heaviest {max(sizes.values())} bytes, each asked for once")
    assert max(sizes.values()) <= PICTURE_BYTES, sizes
