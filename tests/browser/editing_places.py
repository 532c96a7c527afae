"""What the pictures of editing show: the pages of a real wizard that people have walked, in an editor's hands.

for place in Editing(folder, documents).places(): place.open(page, documents)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.places import Documents, Place, stand
from tests.browser.walks import Journey

WIZARD = "Zosi camera"
ON = "Is the camera plugged in and fully switched on?"
HELD = "How long did you hold the button?"
SEEN = "What did you see or hear while you held the button?"
# How many people answered so, by the symptom and the answers.
WALKED = (
    (9, "reset-does-nothing", "powered shorter"),
    (3, "reset-does-nothing", "powered long nothing"),
    (2, "reset-does-nothing", "powered long small-sign"),
    (5, "reset-does-nothing", "no-sign"),
    (4, "forgot-password", "lost in-reach"),
    (6, "connection", "fine"),
)


class Editing:
    """The site that is served from `folder`, in an editor's hands. Its places are opened in their order."""

    def __init__(self, folder: Path, documents: Documents) -> None:
        self.folder, self.document = folder, documents["zosi-camera"]
        self.lived_in = False

    def places(self) -> tuple[Place, ...]:
        """Return what there is to see; the last one breaks the draft."""
        shows = {"wizard": show_wizard, "node": show_node, "publish": show_publish, "versions": show_versions}
        shows |= {"map": show_map}
        return tuple(Place(f"editing-{name}", "/", then=self.at(show)) for name, show in shows.items())

    def at(self, show: Callable[[Desk], None]) -> Callable[[Page], None]:
        """Return what opens a place: the first one has people walk the wizard, and the editor change it."""

        def then(page: Page) -> None:
            page.set_viewport_size({"width": 1280, "height": 800})  # a map draws itself for the size it is opened in
            desk = Desk(page)
            account = json.loads((self.folder / "var" / "accounts.json").read_text())["editor"]
            desk.sign_in(account["username"], account["password"])
            if not self.lived_in:
                self.live(desk)
                self.lived_in = True
            desk.open(WIZARD)
            show(desk)

        return then

    def live(self, desk: Desk) -> None:
        """Let time go by: a second version, people who walk it, and changes that are not published."""
        desk.open(WIZARD)
        reword(desk, ON, 2, "I cannot tell")
        desk.publish("“I cannot tell” where people were not sure")
        for times, symptom, answers in WALKED:
            for _ in range(times):
                stand(desk.page, self.document, Journey(symptom, tuple(answers.split()), ()))
        desk.open(WIZARD)
        reword(desk, HELD, 0, "Less than 20 seconds, or I did not count")
        desk.page.get_by_role("link", name=SEEN, exact=True).first.click()
        desk.page.locator("#id_choices-1-DELETE").check()
        desk.save()
        desk.lead(ON, "No, it shows no sign of life", "A person takes over from here")


def reword(desk: Desk, node: str, choice: int, words: str) -> None:
    """Change the label of a question's choice, from the wizard's page, and come back there."""
    desk.page.get_by_role("link", name=node, exact=True).first.click()
    desk.page.locator(f"#id_choices-{choice}-label").fill(words)
    desk.save()


def show_wizard(desk: Desk) -> None:
    """Stay on the wizard's page."""


def show_node(desk: Desk) -> None:
    """Show a question with its choices."""
    desk.page.get_by_role("link", name=HELD, exact=True).first.click()
    expect(desk.page.locator("#choices-0")).to_be_visible()


def show_publish(desk: Desk) -> None:
    """Show what would be published, and what it means."""
    desk.tab("Publish")
    desk.page.get_by_label("What changed, and why").fill("No power: straight to a person")


def show_versions(desk: Desk) -> None:
    """Show the list of versions."""
    desk.versions()


def show_map(desk: Desk) -> None:
    """Show the map with a way that leads nowhere, and its node's panel."""
    desk.lead(ON, "I cannot tell", "nowhere yet")
    desk.page.wait_for_timeout(1000)  # the drawing moves to where it stays
