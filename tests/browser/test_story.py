"""Issue 5 from end to end: a customer on a phone and an agent at the desk, two browsers at once, and who reviews it.

They meet by a spoken code, move in turns and at once; support takes the case over, closes it, and hears that it still
works; the review pages show all of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.places import send_to_support
from tests.browser.staff import choose, walk
from tests.browser.test_follow_up import mailed
from tests.browser.test_review_loop import figures, listed
from tests.browser.walks import Journey, code_of, ends, give, heading, is_screen, plan, screen, until
from tests.support import conftest
from tests.support.walking import work
from wizards import flow
from wizards.models import Case, Disclosure, Session

pytestmark = pytest.mark.browser
mail = conftest.mail

SLUG, SYMPTOM = "hikvision-camera", "not-on-network"
NOTE = "They sound <b>cross</b>, and tired."
TOO_LATE = "went on a moment before you"


@dataclass
class Story:
    """One session in two browsers: the pages it came by, and who moved on from each ("" for the customer)."""

    document: flow.Document
    phone: Page
    desk: Page
    came_by: list[flow.Position]
    moved_by: list[str] = field(default_factory=list)

    @property
    def here(self) -> flow.Position:
        """Where the session stands."""
        return self.came_by[-1]

    def goes_on(self, who: str, answer: str) -> None:
        """Note a move: where it leads, and whose it was."""
        self.came_by.append(flow.next_position(self.document, self.here, answer))
        self.moved_by.append(who)

    def customer_answers(self, answer: str) -> None:
        """Let the customer answer."""
        give(self.phone, answer)
        self.goes_on("", answer)
        expect(self.phone.locator("#page h1")).to_have_text(heading(self.document, self.here))

    def agent_answers(self, answer: str) -> None:
        """Let the agent answer, by a digit."""
        choose(self.desk, answer)
        self.goes_on("Ann", answer)
        expect(self.desk.locator("#heading")).to_have_text(heading(self.document, self.here))

    def both_stand_here(self) -> None:
        """Hold that both browsers show where the session stands, neither having been loaded anew."""
        for page, place in ((self.phone, "#page h1"), (self.desk, "#heading")):
            expect(page.locator(place)).to_have_text(heading(self.document, self.here))
            assert page.evaluate("window.arrived") == "once"

    def onward(self, *wanted) -> Journey:
        """Return the way on from here."""
        whole = plan(self.document, lambda _, position: position == self.here, *wanted, symptom=SYMPTOM)
        at = whole.positions.index(self.here)
        return Journey(SYMPTOM, whole.answers[at:], whole.positions[at:])


def arrived_once(*pages: Page) -> None:
    """Mark pages, so that a reload shows; hold that htmx is there, which follows the other one's moves."""
    for page in pages:
        page.evaluate("window.arrived = 'once'")
        assert page.evaluate("htmx.version")


@contextmanager
def held_back(*pages: Page) -> Iterator[None]:
    """Hold back the moves of several pages, and what they ask for meanwhile, until each has made one."""
    moves: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            moves.append(route)
        else:
            route.fulfill(status=204)

    for page in pages:
        page.route("**/*", hold)
    yield
    until(pages[0], lambda: len(moves) == len(pages))
    for move in reversed(moves):
        move.continue_()
    for page in pages:
        expect(page.locator(".htmx-request")).to_have_count(0)
        page.unroute("**/*")


def begun(phone: Page, document: flow.Document) -> flow.Position:
    """Let the customer begin a session by its symptom, and return where it stands."""
    phone.goto(f"/w/{SLUG}/")
    phone.get_by_role("button", name=document.symptom(SYMPTOM).label).click()
    start = flow.entry_position(document, SYMPTOM)
    expect(phone.locator("#page h1")).to_have_text(heading(document, start))
    return start


def code_read_out(phone: Page) -> str:
    """Let the customer ask for a person, and return the code that they are given, as it is shown."""
    phone.get_by_role("button", name="Talk to a person").click()
    phone.get_by_role("button", name="Give me a code").click()
    code = phone.locator("#page .code.handed").inner_text()
    expect(phone.get_by_text("The code, letter by letter")).to_contain_text(", ".join(code.replace(" ", "")))
    return code


def both_at_once(story: Story) -> None:
    """Let both answer at once, differently: one wins, and the other is told so on the page where both then are."""
    assert screen(story.document, story.here) == "diagnosis"
    theirs, ours = story.phone.locator("#page input[type=radio]").first.get_attribute("value"), "none"
    with held_back(story.phone, story.desk):
        give(story.phone, theirs)
        choose(story.desk, ours)
    late = [page for page in (story.phone, story.desk) if page.get_by_text(TOO_LATE).count()]
    assert len(late) == 1
    won = {story.phone: ("Ann", ours), story.desk: ("", theirs)}[late[0]]
    story.goes_on(*won)
    assert Session.objects.get().position == story.here


def customer_sends_a_case(story: Story) -> Case:
    """Let the customer send a case to support from the unsolved end, and then have the session to themselves."""
    story.phone.get_by_role("button", name="End it").click()
    expect(story.phone.get_by_text("Ann is with you")).to_have_count(0)
    send_to_support(story.phone)
    case = Case.objects.get()
    expect(story.phone.get_by_text(f"Your case number is {case.pk}.")).to_be_visible()
    return case


def agent_closes_it(desk: Page, case: Case) -> str:
    """Let the agent take the case that waits and close it: the camera works. Return the cause that they chose."""
    expect(desk.get_by_text("You are not in this session.")).to_be_visible()
    desk.get_by_role("link", name="New call").click()
    desk.get_by_role("button", name=f"Take case {case.pk}").click()
    expect(desk.get_by_text("anna@example.org")).to_be_visible()
    cause = desk.locator("#cause optgroup option").first
    words, value = cause.inner_text(), cause.get_attribute("value")
    desk.get_by_label("What was the cause?").select_option(value)
    desk.get_by_role("radio", name="Yes").check()
    desk.get_by_role("button", name="Close the case").click()
    expect(desk.get_by_text(f"Case {case.pk} is closed.")).to_be_visible()
    expect(desk.get_by_text("The device works.")).to_be_visible()
    return words


def customer_says_that_it_still_works(phone: Page, mail) -> None:
    """Let the customer open the link in the mail, whose code no server sees, and say so."""
    link, code = mailed(mail)
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(link)
    expect(phone.get_by_label("The code from our mail")).to_have_value(code.replace(" ", ""))
    phone.get_by_role("button", name="It still works").click()
    expect(phone.get_by_role("heading", name="We are glad that it works")).to_be_visible()
    assert asked
    assert not [url for url in asked if code.replace(" ", "") in url.partition("#")[0]]


def review_shows(page: Page, story: Story, code: str) -> None:
    """Hold that the review pages tell the story: its numbers, its pages, who moved, what was noted."""
    numbers = {"Started": "1", "Solved": "0", "Handed to a person": "1", "Ended with advice": "0", "Left": "0"}
    numbers |= {"In progress": "0", "Asked for a person": "1"}
    shown = figures(page)
    assert {name: shown[name] for name in numbers} == numbers
    page.get_by_role("link", name="Sessions", exact=True).click()
    assert listed(page) == {code}
    page.locator(".sessions th a").click()
    headings = [heading(story.document, position) for position in story.came_by]
    expect(page.locator(".walk h3")).to_have_text(headings)
    page.wait_for_load_state()
    movers = [each.inner_text() for each in page.locator(".walk .answer").all()]
    assert ["by Ann" in each for each in movers] == [who == "Ann" for who in story.moved_by]
    told = [each.inner_text().splitlines()[0] for each in page.locator(".said > p").all()]
    assert told == ["Asked for a person", "Ann joined", "Ann noted", "Asked the agent to leave", "Asked for a person"]
    expect(page.get_by_text(NOTE)).to_have_count(0)
    page.get_by_role("button", name="Show what they wrote").click()
    expect(page.get_by_text(NOTE)).to_be_visible()
    assert Disclosure.objects.get().user.username == "rea"
    page.get_by_role("link", name="Step through").click()
    for words in headings[:-1]:
        expect(page.locator("h1")).to_have_text(words)
        page.get_by_role("link", name="Next").click()
    expect(page.locator("h1")).to_have_text(headings[-1])


def test_a_customer_and_an_agent_go_the_way_together_and_the_review_shows_it(
    visitor, agent, reviewer, documents, mail, complained
):
    document = documents[SLUG]
    phone, desk = visitor(viewport={"width": 390, "height": 844}), agent()
    story = Story(document, phone, desk, [begun(phone, document)])
    story.customer_answers(story.onward(is_screen("diagnosis")).answers[0])
    code = code_of(phone)

    # They meet: the agent is in that very session, and the customer sees who is there.
    spoken = code_read_out(phone)
    desk.get_by_label("Enter a code").fill(spoken.lower())
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(f"/desk/{code}/"))
    expect(desk.locator(".call-who")).to_contain_text("with the customer")
    expect(desk.locator(".path li")).to_have_count(2)
    arrived_once(phone, desk)
    expect(phone.get_by_text("Ann is with you on this page")).to_be_visible()
    story.both_stand_here()

    # Each sees the other's move, and what the agent types meanwhile stays.
    desk.locator("#words").fill(NOTE.removesuffix(" tired."))
    story.customer_answers(phone.locator("#page input[type=radio]:checked").get_attribute("value"))
    story.both_stand_here()
    expect(desk.locator("#words")).to_be_focused()
    desk.keyboard.type(" tired.")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".log")).to_contain_text(NOTE)
    back_to_the_list = story.onward(lambda document, position: screen(document, position) == "diagnosis")
    for answer in back_to_the_list.answers:
        story.agent_answers(answer)
    story.both_stand_here()
    expect(phone.get_by_text("Ann is with you on this page")).to_be_visible()

    both_at_once(story)
    story.both_stand_here()
    complained.expect("409|422")

    # It ends without being solved, and becomes a case.
    onward = story.onward(ends("unsolved"))
    walk(desk, document, onward)
    for answer in onward.answers:
        story.goes_on("Ann", answer)
    story.both_stand_here()
    case = customer_sends_a_case(story)
    cause = agent_closes_it(desk, case)
    work()
    customer_says_that_it_still_works(phone, mail)
    case.refresh_from_db()
    assert (case.works, case.came_back) == (True, False)
    assert document.node(case.cause_node).cause(case.cause).label == cause

    page = reviewer(f"/review/?wizard={SLUG}")
    review_shows(page, story, code)
