"""What the browser tests share: the real wizards on the live server, and visitors whose browsers must not complain.

documents   slug -> document, as fixtures/ has them
site        the live server's address, with these wizards published
visitor     visitor(java_script=False, ...) gives a page in a browser of its own
agent       agent("bob", java_script=False, ...) gives the desk in a browser of one more agent's
reviewer    reviewer("/review/", ...) gives a page in a browser of somebody who reviews
complained  what consoles said; a test that provokes something takes it out with complained.expect(...)
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.servers.basehttp import ServerHandler
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.plugin import DjangoDbBlocker

from tests import snapshots
from tests.browser import staff
from tests.browser.walks import PATIENCE
from tests.snapshots import Snapshot
from wizards import flow
from wizards.models import Version, Wizard

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
expect.set_options(timeout=PATIENCE)
REPORT_VIOLATIONS = """
    document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`content policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(scope="session", autouse=True)
def _halves() -> Iterator[None]:
    """Where HALVES is set, send every page in two halves, so many seconds apart: no test may read half a page."""
    pause, whole = float(os.environ.get("HALVES", 0)), ServerHandler.write

    def write(self: ServerHandler, data: bytes) -> None:
        if not self.headers.get("Content-Type", "").startswith("text/html"):
            return whole(self, data)
        self.headers.setdefault("Content-Length", str(len(data)))
        half = len(data) // 2
        whole(self, data[:half])
        time.sleep(pause)
        return whole(self, data[half:])

    with pytest.MonkeyPatch.context() as patch:
        if pause:
            patch.setattr(ServerHandler, "write", write)
        yield


@pytest.fixture(scope="session")
def documents() -> dict[str, flow.Document]:
    """Read the real wizards once."""
    files = sorted(FIXTURES.glob("*.yaml"))
    read = [flow.parse_valid_document(file.read_bytes(), "yaml") for file in files]
    return {document.slug: document for document in read}


@pytest.fixture(scope="session")
def published(django_db_setup: Snapshot, documents, django_db_blocker: DjangoDbBlocker) -> Snapshot:
    """Keep the database with the real wizards published.

    Written as versions directly: customers' pages never touch the editing tables.
    """
    with django_db_blocker.unblock():
        django_db_setup.restore()
        for document in documents.values():
            publish(document)
        snapshot = snapshots.take()
        django_db_setup.restore()
    return snapshot


@pytest.fixture
def site(live_server, transactional_db, published: Snapshot) -> str:
    """Publish the real wizards, and return the live server's address."""
    published.restore()
    return live_server.url


def publish(document: flow.Document) -> Version:
    """Make `document` the current version of a wizard of its own."""
    wizard = Wizard.objects.create(slug=document.slug, title=document.title, summary=document.summary)
    wizard.current = Version.objects.create(
        wizard=wizard,
        number=1,
        document=document.canonical(),
        content_hash=document.content_hash(),
        language=document.language,
    )
    wizard.save()
    return wizard.current


class Complaints:
    """What the browsers' consoles said in a test, errors and warnings alike."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def listen(self, context: BrowserContext) -> None:
        """Keep what every page of the context complains about."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        context.on("weberror", lambda fault: self.said.append(f"uncaught: {fault.error}"))

    def expect(self, pattern: str) -> None:
        """Take out what matches `pattern`; fail where nothing does."""
        rest = [line for line in self.said if not re.search(pattern, line)]
        assert len(rest) < len(self.said), f"No console said {pattern!r}, but: {self.said}"
        self.said = rest


@pytest.fixture
def complained() -> Iterator[Complaints]:
    """Collect what consoles say; fail the test where something is left at its end."""
    complaints = Complaints()
    yield complaints
    assert complaints.said == []


@pytest.fixture
def visitor(new_context: Callable[..., BrowserContext], complained: Complaints, site: str) -> Callable[..., Page]:
    """Give a function that opens a browser of its own for one more visitor, and returns its first page."""

    def arrive(java_script: bool = True, **options: Any) -> Page:
        usual = {"viewport": {"width": 1280, "height": 800}, "base_url": site}
        context = new_context(java_script_enabled=java_script, **(usual | options))
        context.set_default_timeout(PATIENCE)
        complained.listen(context)
        return context.new_page()

    return arrive


@pytest.fixture
def agent(visitor: Callable[..., Page], site: str) -> Callable[..., Page]:
    """Give a function that lets one more agent come to the desk, signed in, in a browser of their own."""

    def come(name: str = "ann", **options: Any) -> Page:
        user = staff.member(name, group="agents", rights=staff.AGENTS)
        page = staff.signed_in(visitor(**options), user, site, "/desk/")
        expect(page.get_by_role("heading", name="What does the caller say?")).to_be_visible()
        return page

    return come


@pytest.fixture
def reviewer(visitor: Callable[..., Page], site: str) -> Callable[..., Page]:
    """Give a function that opens an address for Rea Viewer, who reviews, in a browser of her own."""
    user = staff.member("rea", "Viewer", rights=staff.REVIEWERS)

    def come(address: str = "/review/sessions/", **options: Any) -> Page:
        return staff.signed_in(visitor(**options), user, site, address)

    return come
