"""Going back and forth: addresses, reload, Back and Forward, changed answers, double clicks, two tabs, the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import stand
from tests.browser.walks import (
    Journey,
    arrived,
    code_of,
    ends,
    give,
    heading,
    is_screen,
    number_of,
    plan,
    shown_answers,
    shows,
    step_at,
    step_with,
    tried,
    walk,
)
from wizards import flow
from wizards.analytics import audit
from wizards.models import Session

pytestmark = pytest.mark.browser


@pytest.fixture
def camera(documents) -> flow.Document:
    """Give the wizard of the Hikvision camera."""
    return documents["hikvision-camera"]


@pytest.fixture
def journey(camera) -> Journey:
    """Give a way past two questions to a step: three pages with cards or buttons before it."""
    return plan(camera, is_screen("question"), tried)


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(visitor, request) -> Page:
    """Give a visitor with JavaScript, and one without."""
    return visitor(request.param)


def logged(page: Page) -> list[tuple[str, str]]:
    """Return (kind, answer) for each event of the session that is shown; hold that its log keeps its promises."""
    assert list(audit.find_violations()) == []
    events = Session.objects.get(code=code_of(page)).events.order_by("number")
    return list(events.values_list("kind", "answer"))


def answers(*given: str) -> list[tuple[str, str]]:
    return [("answer", each) for each in given]


def start(page: Page, document: flow.Document, journey: Journey, steps: int) -> None:
    """Walk the first `steps` answers of a journey in the browser, page by page."""
    stand(page, document, Journey(journey.symptom, (), ()))
    walk(page, document, Journey(journey.symptom, journey.answers[:steps], journey.positions[: steps + 1]))


def another_answer(document: flow.Document, position: flow.Position, given: str) -> str:
    """Return an answer that the page of a position shows, other than `given`."""
    return next(each for each in shown_answers(document, position) if each != given)


def test_back_forward_and_reload_show_whole_pages(page, camera, journey):
    start(page, camera, journey, 3)
    for number in (3, 2, 1):
        page.go_back()
        whole(page, camera, journey, number)
    for number in (2, 3, 4):
        page.go_forward()
        whole(page, camera, journey, number)
        page.reload()
        whole(page, camera, journey, number)
    assert logged(page) == [("begin", journey.symptom), *answers(*journey.answers[:3])], "looking logs nothing"


def whole(page: Page, document: flow.Document, journey: Journey, number: int) -> None:
    """Hold that page `number` is shown, with all that is around it, once; and that its answer is still chosen."""
    shows(page, document, number, journey.positions[number - 1])
    for around in ("header.bar", "main#page", "footer.tail", "#status", "#retry", "link[rel=stylesheet]"):
        expect(page.locator(around)).to_have_count(1)
    given = journey.answers[number - 1]
    card = page.locator(f'#page input[type=radio][value="{given}"]')
    if number < 4 and card.count():
        expect(card).to_be_checked()


def test_going_back_and_answering_otherwise_goes_on_from_there(page, camera, journey):
    start(page, camera, journey, 2)
    page.go_back()
    shows(page, camera, 2, journey.positions[1])
    page.go_back()
    shows(page, camera, 1, journey.positions[0])
    expect(page.get_by_text("You answered this earlier")).to_be_visible()
    other = another_answer(camera, journey.positions[0], journey.answers[0])
    give(page, other)
    shows(page, camera, 5, flow.next_position(camera, journey.positions[0], other))
    expected = [("begin", journey.symptom), *answers(*journey.answers[:2]), ("back", ""), *answers(other)]
    assert logged(page) == expected
    page.go_back()
    shows(page, camera, 1, journey.positions[0])
    page.get_by_role("link", name="Back to where you were").click()
    arrived(page, 5)
    assert logged(page) == expected


def test_the_back_button_of_a_page_goes_back_step_by_step(page, camera, journey):
    start(page, camera, journey, 2)
    for expected in (1, 0):
        page.get_by_role("button", name="Back", exact=True).click()
        expect(page.locator("h1")).to_have_text(heading(camera, journey.positions[expected]))
    expect(page.get_by_role("button", name="Start over")).to_have_count(0)
    expect(page.get_by_role("link", name="Back", exact=True)).to_have_attribute("href", f"/w/{camera.slug}/")
    assert logged(page)[-2:] == [("back", ""), ("back", "")]
    give(page, journey.answers[0])
    expect(page.locator("h1")).to_have_text(heading(camera, journey.positions[1]))


def test_starting_over_leads_to_the_first_page(page, camera, journey):
    start(page, camera, journey, 3)
    page.get_by_role("button", name="Start over").click()
    shows(page, camera, 5, journey.positions[0])
    give(page, journey.answers[0])
    shows(page, camera, 6, journey.positions[1])
    assert logged(page)[-2:] == [("back", ""), ("answer", journey.answers[0])]


def test_an_answer_is_changed_from_what_was_told(page, camera, journey):
    start(page, camera, journey, 3)
    page.get_by_role("link", name="What you told us so far").click()
    expect(page.locator("h1")).to_have_text("What you told us so far")
    told = page.locator(".told > div")
    expect(told.nth(0)).to_contain_text(camera.symptom(journey.symptom).label)
    words = flow.node_at(camera, journey.positions[0]).wording(camera, journey.positions[0], journey.answers[0])
    expect(told.nth(1)).to_contain_text(words)
    told.nth(1).get_by_role("link", name="Change").click()
    shows(page, camera, 1, journey.positions[0])
    other = another_answer(camera, journey.positions[0], journey.answers[0])
    give(page, other)
    arrived(page, 6)
    assert logged(page)[-2:] == [("back", ""), ("answer", other)]


def test_a_double_click_logs_once(page, camera):
    journey = plan(camera, is_screen("question"), step_with(last=False))
    stand(page, camera, journey)
    number = number_of(page)
    page.locator("button[value=next]").dblclick()
    arrived(page, number + 1)
    page.wait_for_timeout(300)
    arrived(page, number + 1)
    assert logged(page) == [("begin", journey.symptom), *answers(*journey.answers, "next")]


def test_the_second_click_of_a_slow_double_click_does_not_answer_the_next_page(visitor, camera):
    page = visitor()
    stand(page, camera, plan(camera, two_steps_before_the_last))
    number = number_of(page)
    page.locator("button[value=next]").click()
    arrived(page, number + 1)
    box = page.locator("button[value=next]").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.wait_for_timeout(300)
    arrived(page, number + 1)
    page.locator("button[value=next]").click()
    arrived(page, number + 2)


def two_steps_before_the_last(document: flow.Document, position: flow.Position) -> bool:
    """Want a step after which two more come."""
    found = step_at(document, position)
    return found is not None and found[0].index(found[1].id) < len(found[0].steps) - 2


def test_two_tabs_share_one_way(page, camera, journey):
    start(page, camera, journey, 1)
    other = page.context.new_page()
    other.goto(page.url)
    give(page, journey.answers[1])
    arrived(page, 3)
    give(other, journey.answers[1])
    arrived(other, 3)
    assert logged(page) == [("begin", journey.symptom), *answers(*journey.answers[:2])], "the same answer counts once"
    give(page, journey.answers[2])
    arrived(page, 4)
    changed = another_answer(camera, journey.positions[2], journey.answers[2])
    give(other, changed)
    arrived(other, 6)
    assert logged(page)[-2:] == [("back", ""), ("answer", changed)]
    page.reload()
    shows(page, camera, 4, journey.positions[3])
    expect(page.get_by_text("You answered this earlier")).to_be_visible()


def test_home_offers_to_carry_on(page, camera, journey):
    start(page, camera, journey, 2)
    page.goto("/")
    page.get_by_role("link", name=heading(camera, journey.positions[2])).click()
    shows(page, camera, 3, journey.positions[2])


def test_someone_else_finds_nothing_there(page, visitor, camera, journey, complained):
    start(page, camera, journey, 2)
    other = visitor()
    other.goto(page.url)
    expect(other.locator("h1")).to_have_text("There is nothing at this address")
    other.get_by_role("link", name="Go to the first page").click()
    expect(other).to_have_url(re.compile(r"/$"))
    expect(other.get_by_text("Continue where you left off")).to_have_count(0)
    complained.expect("404")


# --- By keyboard, and to a screen reader --------------------------------------------------------------------------


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what `selector` finds has the focus."""
    for _ in range(40):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


def give_by_keyboard(page: Page, answer: str) -> None:
    """Give an answer without a mouse: Tab, arrows and Space among cards; Enter or Space on buttons."""
    values = page.locator("#page input[type=radio]").evaluate_all("(radios) => radios.map((radio) => radio.value)")
    if answer not in values:
        tab_to(page, f'button[name=answer][value="{answer}"]')
        page.keyboard.press("Enter" if answer == "next" else "Space")
        return
    tab_to(page, "#page input[type=radio]")
    while not page.locator(f'input[value="{answer}"]').is_checked():
        here = page.evaluate("document.activeElement.value")
        page.keyboard.press("Space" if here == answer else "ArrowDown")
    page.keyboard.press("Enter")


def test_the_whole_way_by_keyboard(page, camera):
    journey = plan(camera, is_screen("question"), tried, is_screen("confirm"), ends("solved"))
    page.goto(f"/w/{camera.slug}/")
    tab_to(page, f'button[formaction$="/{journey.symptom}/"]')
    page.keyboard.press("Enter")
    arrived(page, 1)
    for place, answer in enumerate(journey.answers):
        give_by_keyboard(page, answer)
        last = place == len(journey.answers) - 1
        shows(page, camera, place + 2 + last, journey.positions[place + 1])
        if page.evaluate("!!window.htmx"):
            expect(page.locator("h1")).to_be_focused()
    tab_to(page, "button[value=yes]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you").first).to_be_visible()
    assert logged(page)[-1] == ("feedback", "yes")


def test_the_first_tab_leads_past_the_header(page):
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_focus_comes_to_each_new_heading(visitor, camera, journey):
    page = visitor()
    assert len(journey.answers) > 3
    start(page, camera, journey, 0)
    page.evaluate("scrollTo(0, 500)")
    for place, answer in enumerate(journey.answers):
        give(page, answer)
        arrived(page, place + 2)
        expect(page.locator("h1")).to_be_focused()
        assert page.evaluate("scrollY") == 0
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "none"


def test_what_is_said_beside_the_way_is_announced(visitor, camera, journey):
    page = visitor()
    start(page, camera, journey, 1)
    page.evaluate("window.arrived = 'once'")
    page.get_by_role("link", name="This looks different from what I see").click()
    page.get_by_role("textbox").fill("My camera has no such light.")
    page.get_by_role("button", name="Send").click()
    shows(page, camera, 3, journey.positions[1])
    expect(page.locator("#page").get_by_text("Thank you. We have noted what you see.")).to_be_visible()
    session = Session.objects.get(code=code_of(page))
    assert session.events.get(kind="remark").words.text == "My camera has no such light."
    assert logged(page)[-1] == ("remark", "")
    give(page, journey.answers[1])
    arrived(page, 4)


def test_results_are_announced_while_one_types(visitor):
    page = visitor()
    page.goto("/")
    page.get_by_role("searchbox").press_sequentially("camera offl", delay=20)
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d+ matches$"))
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.get_by_role("searchbox").fill("toaster burns bread")
    expect(page.get_by_role("status")).to_contain_text("Nothing fits")


def test_choosing_nothing_is_said_and_led_to_the_choices(page, camera, complained):
    stand(page, camera, plan(camera, is_screen("question")))
    title, before = page.title(), page.url
    page.get_by_role("button", name="Continue").click()
    problem = page.locator("#problem")
    expect(problem).to_contain_text("Please choose an answer")
    expect(problem).to_have_attribute("role", "alert")
    assert (page.title(), page.url) == (title, before)
    described = page.locator("fieldset").get_attribute("aria-describedby")
    assert described == "problem", "the choices name the error as theirs"
    if page.evaluate("!!window.htmx"):
        expect(problem).to_be_focused()
    problem.get_by_role("link").click()
    expect(page.get_by_role("radio").first).to_be_focused()
    assert number_of(page) == 1
    assert logged(page) == [("begin", Session.objects.get(code=code_of(page)).symptom)]
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    arrived(page, 2)
    expect(problem).to_have_count(0)
    complained.expect("422")
