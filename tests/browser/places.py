"""Every kind of page that a customer can meet, and how to get there: what the checks and the screenshots look at.

for place in PLACES: place.open(page, documents)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.walks import (
    ADDRESS,
    Journey,
    Wanted,
    ends,
    is_screen,
    number_of,
    plan,
    step_at,
    step_with,
    tried,
)
from wizards import flow

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
Documents = Mapping[str, flow.Document]


def stay(page: Page) -> None:
    """Do nothing more."""


@dataclass(frozen=True)
class Place:
    """One page: its name; either its address, or the page at which a session has to stand; and what is done there.

    `says` is what the browser's console says of it and may: a page that is an error is reported there.
    """

    name: str
    address: str = ""
    wanted: tuple[Wanted, ...] = ()
    slug: str = "hikvision-camera"
    then: Callable[[Page], None] = stay
    says: str = ""

    def open(self, page: Page, documents: Documents) -> None:
        """Show this place to the page's visitor."""
        if self.wanted:
            stand(page, documents[self.slug], plan(documents[self.slug], *self.wanted))
        else:
            page.goto(self.address)
        self.then(page)


def stand(page: Page, document: flow.Document, journey: Journey) -> None:
    """Begin a session for the page's visitor, answer it along a journey, and show the page at which it then stands.

    All is sent without showing the pages between, so that it is quick.
    """
    token = TOKEN.search(page.request.get(f"/w/{document.slug}/").text())[1]
    address = _sent(page, f"/begin/{document.slug}/{journey.symptom}/", token)
    for answer in journey.answers:
        address = _sent(page, address, token, answer=answer)
    page.goto(address)


def _sent(page: Page, address: str, token: str, **form: str) -> str:
    """Send a form for the page's visitor; return the address that it leads to."""
    reply = page.request.post(address, form={"csrfmiddlewaretoken": token, **form}, max_redirects=0)
    assert reply.status == 303, f"{address} {form}: {reply.status} {reply.text()}"
    return reply.headers["location"]


def follow(name: str) -> Callable[[Page], None]:
    """Follow the link with these words."""

    def then(page: Page) -> None:
        page.get_by_role("link", name=name).click()
        page.wait_for_load_state()

    return then


def press(name: str) -> Callable[[Page], None]:
    """Press the button with these words."""
    return lambda page: page.get_by_role("button", name=name, exact=True).click()


def choose_nothing(page: Page) -> None:
    """Go on without an answer."""
    press("Continue")(page)
    expect(page.locator("#problem")).to_be_visible()


def look_back(page: Page) -> None:
    """Look at the first page again."""
    page.goto(ADDRESS.sub(lambda found: f"/s/{found['code']}/1/", page.url))


def ask_for_a_person(page: Page) -> None:
    """Press the button that is on every page."""
    press("Talk to a person")(page)
    expect(page).to_have_url(re.compile(r"/help/$"))


def say_too_much(page: Page) -> None:
    """Send a remark that is too long."""
    follow("This looks different")(page)
    page.get_by_role("textbox").evaluate("(box) => { box.value = 'x'.repeat(2001) }")
    press("Send")(page)
    expect(page.locator("#problem")).to_be_visible()


def say_that_it_helped(page: Page) -> None:
    """Say so at the end."""
    press("Yes")(page)
    expect(page.get_by_text("Thank you").first).to_be_visible()


def search_while_typing(page: Page) -> None:
    """Type a few words, and wait for what is found."""
    page.get_by_role("searchbox").fill("camera offline")
    expect(page.locator("#results button").first).to_be_visible()


def lose_the_connection(page: Page) -> None:
    """Answer while the server cannot be reached."""
    page.route("**/s/**", lambda route: route.abort())
    page.get_by_role("radio").first.check()
    press("Continue")(page)
    expect(page.locator("#retry")).to_be_visible()


def start_counting(page: Page) -> None:
    """Start the countdown, and let eight seconds pass at once."""
    page.clock.install()
    page.reload()
    page.get_by_role("button", name="Start the").click()
    page.clock.fast_forward(8000)
    expect(page.locator("#page").get_by_role("button", name="Start again")).to_be_visible()


def from_the_future(page: Page) -> None:
    """Ask for a page that was not reached yet."""
    number = number_of(page)
    page.goto(ADDRESS.sub(lambda found: f"/s/{found['code']}/{number + 50}/", page.url))


def send_to_support(page: Page) -> None:
    """Open a case from the unsolved page."""
    follow("Send this to support")(page)
    page.get_by_label("How can we reach you?").fill("anna@example.org")
    page.get_by_label("What should we know?").fill("The light blinks red.")
    press("Send to support")(page)
    expect(page.get_by_role("heading", name="Support has your case")).to_be_visible()


def send_nothing(page: Page) -> None:
    """Send a case without a way to be reached."""
    follow("Send this to support")(page)
    press("Send to support")(page)
    expect(page.locator("#problem")).to_be_visible()


def say_without_a_code(page: Page) -> None:
    """Say that it came back, without the code from the mail."""
    press("It came back")(page)
    expect(page.locator("#problem")).to_be_visible()


def hold_for_long(document: flow.Document, position: flow.Position) -> bool:
    """Want a step at which something is held for twenty seconds."""
    found = step_at(document, position)
    return found is not None and found[1].hold_seconds == 20


QUESTION = (is_screen("question"),)
PICTURE = step_with(picture=True, hold_seconds=False, wait_seconds=False)

PLACES = (
    Place("home", "/"),
    Place("home-continue", wanted=QUESTION, then=lambda page: page.goto("/")),
    Place("search", "/search/?q=camera+forgot+pasword"),
    Place("search-typing", "/", then=search_while_typing),
    Place("search-nothing", "/search/?q=toaster+burns+the+bread"),
    Place("product", "/w/hikvision-camera/"),
    Place("contact", "/contact/"),
    Place("question", wanted=QUESTION),
    Place("question-error", wanted=QUESTION, then=choose_nothing, says="422"),
    Place("question-earlier", wanted=(*QUESTION, is_screen("procedure")), then=look_back),
    Place("retry", wanted=QUESTION, then=lose_the_connection, says="ERR_FAILED|Failed to fetch"),
    Place("diagnosis", wanted=(is_screen("diagnosis"),)),
    Place("diagnosis-tried", wanted=(tried,)),
    Place("confirm", wanted=(is_screen("confirm"),)),
    Place("step-hold", wanted=(step_with(hold_seconds=True),)),
    Place("countdown", wanted=(hold_for_long,), slug="zosi-camera", then=start_counting),
    Place("step-wait", wanted=(step_with(wait_seconds=True),)),
    Place("step-picture", wanted=(PICTURE,)),
    Place("step-last", wanted=(step_with(last=True),)),
    Place("steps", wanted=(step_with(picture=True, hold_seconds=False),), then=follow("Show all steps")),
    Place("solved", wanted=(ends("solved"),)),
    Place("thanked", wanted=(ends("solved"),), then=say_that_it_helped),
    Place("unsolved", wanted=(ends("unsolved"),)),
    Place("advice", wanted=(ends("advice"),)),
    Place("told", wanted=(tried,), then=follow("What you told us so far")),
    Place("remark", wanted=QUESTION, then=follow("This looks different")),
    Place("remark-error", wanted=QUESTION, then=say_too_much, says="422"),
    Place("help", wanted=(tried,), then=ask_for_a_person),
    Place("case", wanted=(ends("unsolved"),), then=follow("Send this to support")),
    Place("case-error", wanted=(ends("unsolved"),), then=send_nothing, says="422"),
    Place("case-opened", wanted=(ends("unsolved"),), then=send_to_support),
    Place("follow-up", "/case/222222222222/"),
    Place("follow-up-error", "/case/222222222222/", then=say_without_a_code, says="422"),
    Place("not-found", "/nothing/at/this/address/", says="404"),
    Place("not-reached", wanted=QUESTION, then=from_the_future, says="400"),
)
