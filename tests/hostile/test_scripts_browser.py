"""Scripts typed into every field that anyone can fill, and every page that shows them, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import Complaints
from tests.browser.walks import PATIENCE, until
from tests.hostile.test_scripts import lived_in
from tools.hostile.payloads import TAGS, Attempts
from tools.hostile.populated_site import cookies_of
from tools.hostile.targets import LOOKING, Ground
from wizards.models import Version

pytestmark = pytest.mark.browser

# What must not be in any page: read in the page itself, after its own scripts have run.
FOUND = """() => {
  const found = [], here = location.origin;
  const at = (value) => URL.canParse(value, document.baseURI) ? new URL(value, document.baseURI) : location;
  const ours = (value) => here === "null" || at(value).origin === here;
  if (window.__pwned) found.push("a script ran");
  for (const element of document.querySelectorAll("*")) {
    const tag = element.localName;
    if (/pwn/i.test(tag) || ["base", "object", "embed", "style", "marquee", "frame", "template"].includes(tag))
      found.push(`<${tag}>`);
    // The look of a page that is being edited is shown in a frame in which no script may run.
    const look = tag === "iframe" && element.hasAttribute("sandbox") && !/script/.test(element.sandbox.value);
    if (tag === "iframe" && !look && !ours(element.src)) found.push(element.outerHTML.slice(0, 80));
    if (tag === "meta" && element.httpEquiv) found.push("<meta http-equiv>");
    if (tag === "script" && element.type !== "application/json" && !(element.src && ours(element.src)))
      found.push(`<script> ${element.outerHTML.slice(0, 80)}`);
    for (const { name, value } of element.attributes) {
      if (name === "srcdoc" && look) continue;
      if (/pwn|^on|^srcdoc$|hx-on/i.test(name)) found.push(`<${tag} ${name}>`);
      if (/^(href|src|action|formaction|xlink:href|poster|data|background)$/.test(name)) {
        const { protocol } = at(value);
        const known = name === "href" ? ["http:", "https:", "mailto:", "tel:", "about:"] : ["http:", "https:"];
        if (!known.includes(protocol) || (name !== "href" && !ours(value))) found.push(`<${tag} ${name}=${value}>`);
      }
    }
  }
  return [...new Set(found)];
}"""
# Charts and maps are fetched and drawn after the page is there.
DRAWN = """() => !document.querySelector(".chart table[data-chart]:not([data-drawn]), #map-room:not([data-drawn])")"""
# What fails to load fails in its turn, and animations begin with a frame: when this is done, all that was before it is.
RUN = """() => new Promise((done) => {
  const probe = new Image();
  probe.onerror = () => requestAnimationFrame(() => requestAnimationFrame(done));
  probe.src = "x:x";
})"""


class Reader:
    """A browser of somebody's, that opens pages and says what is wrong with them."""

    def __init__(self, new_context: Callable[..., BrowserContext], url: str, cookies: dict[str, str]) -> None:
        self.context = new_context(base_url=url, accept_downloads=True)
        self.context.set_default_timeout(PATIENCE)
        self.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        self.complaints = Complaints()
        self.complaints.listen(self.context)
        self.context.on("response", self._missed)
        self.page: Page = self.context.new_page()
        self.dialogs: list[str] = []
        self.page.on("dialog", self._refuse)

    def _missed(self, response: Any) -> None:
        if response.status >= 400 and not response.url.endswith("/favicon.ico"):
            self.complaints.said.append(f"{response.status} {response.url}")

    def _refuse(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def open(self, address: str) -> list[str]:
        """Open a page, let its own scripts run and draw, and return what must not be there."""
        self.page.goto(address, wait_until="load")
        until(self.page, lambda: self.page.evaluate(DRAWN))
        return self.wrong(address)

    def show(self, html: str) -> list[str]:
        """Show HTML by itself, as a mail program would, without any policy; let whatever is in it run."""
        self.page.goto("about:blank")
        self.page.set_content(html)
        self.page.evaluate(RUN)
        return self.wrong("mail")

    def wrong(self, where: str) -> list[str]:
        found = [*self.page.evaluate(FOUND), *self.dialogs, *self.complaints.said]
        # Not of interest: Chromium's advice, and that a page without an icon has none.
        idle = ("verbose:", "info:", "error: Failed to load resource")
        found = [each for each in found if not each.startswith(idle)]
        self.complaints.said, self.dialogs = [], []
        return [f"{where}: {each}" for each in found]


def test_nothing_that_anybody_typed_runs_or_stands_as_markup_in_any_page_or_mail(
    new_context, live_server, transactional_db
):
    site = lived_in(Attempts())
    ground = Ground(site)
    wrong: list[str] = []
    opened: set[str] = set()
    for role in LOOKING:
        reader = Reader(new_context, live_server.url, cookies_of(site.clients[role]))
        pages = {each.address: each.route for each in ground.found[role] if each.method == "GET" and not each.fields}
        for address, route in pages.items():
            wrong += reader.open(address)
            opened.add(route)
        for mail in site.mails if role == "nobody" else ():
            wrong += reader.show(mail.alternatives[0][0])
        reader.context.close()
    assert wrong == []
    assert len(opened) > 70, sorted(opened)
    shown = {
        "s/<code:code>/<int:number>/",
        "desk/<code:code>/<int:number>/",
        "review/sessions/<code:code>/",
        "review/map/",
    }
    shown |= {
        "desk/cases/<int:pk>/",
        "review/queue/<int:pk>/",
        "admin/wizards/wizard/<int:pk>/map/",
        "review/searches/",
    }
    assert shown <= opened
    assert Version.objects.filter(document__contains="pwn").exists()


def test_the_search_for_scripts_finds_them(new_context, live_server, transactional_db):
    reader = Reader(new_context, live_server.url, {})
    found = {attempt: reader.show(f"<title>x</title>{attempt}>") for attempt in TAGS}
    assert [attempt for attempt, lines in found.items() if not lines] == []
    assert sum("a script ran" in line for lines in found.values() for line in lines) > 5
    reader.context.close()
