"""An editor at work in a browser: what they click and type in the admin, by the words that the screens show.

desk = Desk(page); desk.sign_in(name, password); desk.add_wizard("Kettle"); desk.tab("Map")
"""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def sign_in(page: Page, name: str, password: str, path: str) -> None:
    """Ask for a page of staff, sign in as one is led to, and come to that page."""
    page.goto(path)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{path}")


class Desk:
    """One editor's page in the admin, with one wizard in hand."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def sign_in(self, name: str, password: str) -> None:
        """Sign in at the admin's door."""
        sign_in(self.page, name, password, "/admin/")

    def open(self, wizard: str) -> None:
        """Open a wizard from the list."""
        self.page.goto("/admin/wizards/wizard/")
        self.page.get_by_role("link", name=wizard, exact=True).click()

    def tab(self, name: str) -> None:
        """Follow one of the wizard's tabs, and wait until its page is there: a click alone waits for no page."""
        tab = self.page.get_by_label("This wizard").get_by_role("link", name=name, exact=True)
        tab.click()
        expect(tab).to_have_attribute("aria-current", "page")
        self.page.wait_for_load_state()

    def add_wizard(self, title: str) -> None:
        """Make an empty wizard, and stay on its page."""
        self.page.goto("/admin/")
        self.page.get_by_role("row", name="Wizards").get_by_role("link", name="Add").click()
        self.page.get_by_label("Title").fill(title)
        self.save("_continue")

    def add_node(self, kind: str, title: str, **targets: str) -> None:
        """Add a node from the wizard's page; `kind` as it says there, `targets` are the fields that point elsewhere."""
        self.page.get_by_role("link", name=f"Add a node: {kind}").click()
        self.page.get_by_label("Title").fill(title)
        for field, target in targets.items():
            if field == "result":
                self.page.get_by_label("Result").select_option(target)
            else:
                self.choose(self.page.locator(f".field-{field}"), target)

    def add_row(self, inline: str) -> Locator:
        """Add a row to an inline; return it."""
        place = self.page.locator(f"#id_{inline}-TOTAL_FORMS").input_value()
        self.page.locator(f"#{inline}-group .add-row a").click()
        return self.page.locator(f"#{inline}-{place}")

    def choose(self, field: Locator, target: str) -> None:
        """Find a target by typing, and take it."""
        field.locator(".select2-selection").click()
        self.page.keyboard.type(target)
        self.page.locator(".select2-results__option", has_text=target).click()
        expect(field.locator(".select2-selection__rendered")).to_contain_text(target)

    def save(self, button: str = "_save") -> None:
        """Save the form, and wait until the next page says so."""
        self.page.locator(f"[name={button}]").first.click()
        expect(self.page.locator(".messagelist .success")).to_be_visible()

    def lead(self, node: str, way: str, target: str) -> None:
        """On the map, lead a way of a node elsewhere."""
        self.tab("Map")
        expect(self.page.locator("#map-room")).to_have_attribute("data-drawn", re.compile("nodes"))
        self.page.get_by_label("Find").fill(node)
        self.page.get_by_label("Find").press("Enter")
        expect(self.page.locator("#map-panel h2")).to_have_text(node)
        found = self.page.locator(".panel-ways > li").filter(has=self.page.locator(f'.way b:text-is("{way}")'))
        if found.locator("details").get_attribute("open") is None:
            found.locator("summary").click()
        found.get_by_label("Leads to").select_option(target)
        found.get_by_role("button", name="Save").click()
        expect(self.page.locator("#map-panel .messagelist")).to_contain_text(target)

    def publish(self, note: str) -> None:
        """Publish the draft with a note."""
        self.tab("Publish")
        self.page.get_by_label("What changed, and why").fill(note)
        self.page.locator(".release").get_by_role("button", name="Publish").click()
        expect(self.page.locator(".messagelist .success")).to_contain_text("is published")

    def versions(self) -> list[list[str]]:
        """Return (number, note, sessions begun) of the wizard's versions, newest first, as their tab lists them."""
        self.tab("Versions")
        rows = self.page.locator("table.versions tbody tr").all()
        cells = [row.locator("th, td").all_inner_texts() for row in rows]
        return [[each[0].strip(), " ".join(each[1].split()), each[4].strip()] for each in cells]
