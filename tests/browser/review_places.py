"""What the pictures of reviewing show: two months of made-up sessions, in a reviewer's hands.

for place in Reviewing(folder).places(): place.open(page, documents)
"""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import served
from tests.browser.desk import Desk
from tests.browser.places import Place

SESSIONS, DAYS = 6000, 60
ADDRESSES = {
    "overview": "/review/",
    "stuck": "/review/stuck/",
    "map": "/review/map/?wizard=zosi-camera",
    "sessions": "/review/sessions/?status=left",
    "searches": "/review/searches/",
}


class Reviewing:
    """The site that is served from `folder`, in a reviewer's hands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lived_in = False

    def places(self) -> tuple[Place, ...]:
        """Return what there is to see."""
        pages = [Place(f"review-{name}", "/", then=self.at(address)) for name, address in ADDRESSES.items()]
        return (*pages, Place("review-session", "/", then=self.at(ADDRESSES["sessions"], first=True)))

    def at(self, address: str, *, first: bool = False):
        """Return what opens an address, or the `first` session listed there."""

        def then(page: Page) -> None:
            if not self.lived_in:
                made = ["make_sessions", str(SESSIONS), "--days", str(DAYS), "--add"]
                for words in (made, ["roll_up"]):
                    served.manage(self.folder, *words)
                self.lived_in = True
            account = json.loads((self.folder / "var" / "accounts.json").read_text())["reviewer"]
            Desk(page).sign_in(account["username"], account["password"])
            page.goto(address)
            if first:
                page.locator("main table a").first.click()
            page.wait_for_timeout(1000)  # charts and maps draw themselves

        return then
