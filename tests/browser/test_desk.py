"""The agents' desk in a browser: by the keyboard alone, beside a customer, without JavaScript, for everybody."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from tests.browser.accessibility import barriers
from tests.browser.staff import choose, walk
from tests.browser.walks import ends, heading, is_screen, plan, step_with, until
from wizards import journal
from wizards.models import Call, Case, Session, Version
from wizards.support import calls

pytestmark = pytest.mark.browser

SLUG = "hikvision-camera"
MAIN_TARGETS = ".btn:not(.their-page *), .search input, .join input, .found-ways button, textarea"
AT_A_STEP = re.compile(r"/desk/[a-z0-9]{12}/\d+/$")
CALLER = "Mrs <b>Smith</b> 07700 900123"
# What of a call stands outside the window, or is cut off and would have to be scrolled.
OUT_OF_SIGHT = """() => [
  ...(document.documentElement.scrollHeight > innerHeight ? ["the page scrolls"] : []),
  ...[...document.querySelectorAll(".say button, .say .aloud, .jot button, .theirs h2, .path h2")]
    .filter((one) => {
      const { bottom, right } = one.getBoundingClientRect();
      const room = (one.closest(".say") || document.body).getBoundingClientRect();
      return bottom > Math.min(innerHeight, room.bottom) + 1 || right > innerWidth + 1;
    }).map((one) => one.textContent.trim().slice(0, 40)),
]"""

WIDER = "document.documentElement.scrollWidth - innerWidth"  # how far a page stands out of the window


@pytest.fixture
def document(documents):
    return documents[SLUG]


def settled(page: Page) -> None:
    page.wait_for_function("!document.querySelector('.htmx-request')")


def begun(page: Page, document, journey, caller: str = CALLER) -> None:
    """Begin a call by the keyboard: type what the caller says, who calls, and take the symptom."""
    label = document.symptom(journey.symptom).label
    page.wait_for_load_state("load")  # the keys are a script's
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(label)
    expect(page.locator("#results input[name=q]")).to_have_value(label)  # the last of what was found while typing
    expect(page.locator("#results button").first).to_contain_text(label)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(caller)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(AT_A_STEP)
    expect(page.locator("#heading")).to_have_text(heading(document, journey.positions[0]))
    page.wait_for_load_state()


def test_a_call_by_the_keyboard_alone_from_the_search_to_solved(agent, document):
    page, journey = agent(), plan(document, is_screen("question"), step_with(last=True), ends("solved"))
    begun(page, document, journey)
    choose(page, journey.answers[0])
    expect(page.locator("#heading")).to_have_text(heading(document, journey.positions[1]))
    expect(page.locator("#heading")).to_be_focused()
    page.keyboard.press("Backspace")
    expect(page.locator("#heading")).to_have_text(heading(document, journey.positions[0]))
    page.keyboard.press("n")
    expect(page.locator("#words")).to_be_focused()
    page.keyboard.type("1 light is on / why?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".log")).to_contain_text("1 light is on / why?")
    expect(page.locator("#words")).to_have_value("")
    walk(page, document, journey)
    expect(page.locator(".over").first).to_have_text("Outcome: solved")
    session = Session.objects.get()
    assert (session.status, session.call.caller, session.channel) == ("solved", CALLER, "agent")
    assert session.events.filter(kind="note").count() == 1


@pytest.mark.parametrize("way", ["an answer", "saving a note"])
def test_who_types_a_note_while_a_move_is_on_its_way_types_on(agent, document, way):
    page = agent()
    session = stands(document, is_screen("question"))
    page.goto(f"/desk/{session.code}/")
    page.wait_for_load_state("load")
    held: list[Route] = []
    page.route("**/desk/**", lambda route: held.append(route))
    if way == "an answer":
        page.keyboard.press("1")
        page.keyboard.press("n")
    else:
        page.keyboard.press("n")
        page.keyboard.type("It is on.")
        page.keyboard.press("Control+Enter")
    expect(page.locator("#words")).to_be_focused()
    page.keyboard.type("1 light is ")
    until(page, lambda: bool(held))
    path = page.locator(".path").text_content()
    held[0].continue_()
    if way == "an answer":
        expect(page.locator(".path")).not_to_have_text(path)
    else:
        expect(page.locator(".log")).to_contain_text("It is on.")
    settled(page)
    expect(page.locator("#words")).to_be_focused()
    page.keyboard.type("on / why?")
    expect(page.locator("#words")).to_have_value("1 light is on / why?")


def test_putting_aside_resuming_and_passing_on_by_the_keyboard(agent, document):
    journey = plan(document, step_with(last=True))
    bob, page = agent("bob"), agent()
    begun(page, document, journey)
    walk(page, document, journey)
    page.get_by_role("button", name="Put on hold").press("Enter")
    expect(page.get_by_text("The call is on hold.")).to_be_visible()
    page.get_by_role("button", name="Resume").press("Enter")
    expect(page.locator("#heading")).to_have_text(heading(document, journey.positions[-1]))
    page.locator("summary", has_text="Pass on").press("Enter")
    page.get_by_label("To which colleague?").press("B")
    page.get_by_role("button", name="Pass on").press("Enter")
    expect(page.get_by_text("Passed to Bob.")).to_be_visible()
    bob.reload()
    expect(bob.get_by_role("heading", name="Passed to you")).to_be_visible()
    bob.get_by_role("button", name="Resume").press("Enter")
    expect(bob.locator("#heading")).to_have_text(heading(document, journey.positions[-1]))
    expect(bob.locator(".call-who")).to_contain_text(CALLER)
    assert Call.objects.get().agent.username == "bob"


def test_keys_do_nothing_in_a_field_nor_in_the_overlay_nor_when_turned_off(agent, document):
    page, journey = agent(), plan(document, is_screen("question"))
    begun(page, document, journey)
    page.locator("#words").press_sequentially("123?/n")
    expect(page.locator("#words")).to_have_value("123?/n")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
    page.keyboard.press("1")
    page.get_by_role("button", name="Turn shortcuts off").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_hidden()
    page.keyboard.press("1")
    page.reload()
    page.keyboard.press("1")
    settled(page)
    assert Session.objects.get().count == 1
    page.keyboard.press("?")
    page.get_by_role("button", name="Turn shortcuts on").click()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(page.locator(".path li")).to_have_count(2)


def test_a_digit_that_is_held_down_answers_once(agent, document):
    page, journey = agent(), plan(document, is_screen("question"))
    begun(page, document, journey)
    for _ in range(6):
        page.keyboard.down("1")
    page.keyboard.up("1")
    expect(page.locator(".path li")).to_have_count(2)
    settled(page)
    assert Session.objects.get().count == 2


def test_the_same_without_javascript(agent, document):
    page, journey = agent(java_script=False), plan(document, ends("solved"))
    page.locator("#q").fill(document.symptom(journey.symptom).label)
    page.get_by_role("button", name="Search").click()
    page.get_by_label("Who is calling?").fill(CALLER)
    page.keyboard.press("Enter")
    for answer, position in zip(journey.answers, journey.positions[1:], strict=True):
        page.locator(f"#live button[name=answer][value='{answer}']").click()
        expect(page.locator("#heading")).to_have_text(heading(document, position))
    page.locator("#words").fill("All is well.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator(".log")).to_contain_text("All is well.")
    page.locator(".path a").first.click()
    expect(page.get_by_text("This page was already answered.")).to_be_visible()
    page.get_by_role("button", name="Finish", exact=True).click()
    expect(page.get_by_text("You have no calls.")).to_be_visible()


def test_a_move_breaks_no_content_policy_and_what_would_break_it_is_heard(agent, document, complained):
    page, session = agent(), stands(document, is_screen("question"))
    page.goto(f"/desk/{session.code}/")
    page.keyboard.press("1")
    expect(page.locator(".path li")).to_have_count(2)
    settled(page)
    assert complained.said == []
    page.evaluate("""() => new Promise((heard) => {
      document.addEventListener("securitypolicyviolation", () => setTimeout(heard, 100));
      document.head.append(Object.assign(document.createElement("style"), { textContent: "b {}" }));
    })""")
    complained.expect("content policy: style-src|Content Security Policy")


PLACES = {
    "question": (is_screen("question"),),
    "diagnosis": (is_screen("diagnosis"),),
    "confirm": (is_screen("confirm"),),
    "step": (step_with(hold_seconds=True),),
    "solved": (ends("solved"),),
    "unsolved": (ends("unsolved"),),
}


def stands(document, *wanted) -> Session:
    """Return a call of Ann's that stands where `wanted` says; those that are walked by the keyboard are above."""
    ann, journey = User.objects.get(username="ann"), plan(document, *wanted)
    version = Version.objects.get(wizard__slug=document.slug)
    session = calls.begin(version, journey.symptom, ann, CALLER)
    for answer in journey.answers:
        session = journal.answer(Session.objects.filter(pk=session.pk), session.count, answer, ann)
    return session


@pytest.mark.parametrize("slug", ["hikvision-camera", "zosi-camera"])
def test_a_call_is_for_everybody_and_stands_in_one_window(agent, documents, slug):
    page, problems = agent(reduced_motion="reduce"), {}
    for place, wanted in PLACES.items():
        session = stands(documents[slug], *wanted)
        page.goto(f"/desk/{session.code}/")
        problems[place] = page.evaluate(OUT_OF_SIGHT) + barriers(page, MAIN_TARGETS, ".tabs")
    assert problems == {place: [] for place in PLACES}


def test_a_long_word_of_a_customer_makes_the_page_of_a_case_no_wider(agent, document):
    page, session = agent(), stands(document, ends("unsolved"))
    case = Case.objects.create(session=session, agent=session.agent, contact="c" * 200, words="w" * 300)
    page.goto(f"/desk/cases/{case.pk}/")
    assert page.evaluate(WIDER) == 0


def test_the_long_name_of_a_caller_leaves_room_for_the_button(agent, document):
    page = agent()
    session = stands(document, is_screen("question"))
    Call.objects.filter(session=session).update(caller="n" * 200, aside=True)
    page.goto("/desk/")
    name = page.locator(".calls a", has_text="nnn").bounding_box()
    button = page.get_by_role("button", name="Resume").bounding_box()
    assert name["x"] + name["width"] <= button["x"]
    assert page.evaluate(WIDER) == 0


def test_the_other_pages_of_the_desk_are_for_everybody(agent, document, complained):
    page, problems = agent(reduced_motion="reduce"), {}

    def look(name: str) -> None:
        problems[name] = barriers(page, MAIN_TARGETS, ".tabs")  # they move sideways in their row

    look("home")
    page.goto("/desk/find/?q=reset")
    look("results")
    page.get_by_label("Enter a code").fill("abcd2345")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No session has this code.")).to_be_visible()
    complained.expect("422")
    look("code")
    session = stands(document, ends("unsolved"))
    stands(document, is_screen("question"))
    page.goto(f"/desk/{session.code}/")
    page.keyboard.press("?")
    look("keys")
    page.keyboard.press("Escape")
    page.locator("summary", has_text="Caller").click()
    look("caller")
    page.get_by_role("link", name="Send to support").click()
    look("open case")
    page.get_by_label("How can the caller be reached?").fill("07700 900123")
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_role("button", name="Close the case")).to_be_visible()
    look("case")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.locator(".beside > div").bounding_box()["width"] > 300, "the path takes the room of the form"
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_text("Choose the cause")).to_be_visible()
    complained.expect("422")
    look("case not closed")
    page.get_by_label("In your own words").fill("The cat.")
    page.get_by_role("radio", name="Yes").check()
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    look("case closed")
    page.goto(f"/desk/{session.code}/")
    page.get_by_role("button", name="Put on hold").click()
    expect(page.get_by_text("The call is on hold.")).to_be_visible()
    look("on hold")
    assert len(problems) == 10
    assert not any(problems.values()), problems
