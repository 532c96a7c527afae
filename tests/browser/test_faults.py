"""When something fails: the page stays, says so, and sends the same answer again; nothing is lost or doubled."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.places import stand
from tests.browser.walks import Journey, arrived, code_of, give, is_screen, number_of, plan, step_with, until
from wizards import flow
from wizards.analytics import audit
from wizards.models import Session

pytestmark = pytest.mark.browser

ANSWERS = "**/s/**"
BARE_500 = "<h1>Internal Server Error</h1>"
WHOLE_500 = f'<!doctype html><html><body><main id="page">{BARE_500}</main></body></html>'


@pytest.fixture
def camera(documents) -> flow.Document:
    """Give the wizard of the Hikvision camera."""
    return documents["hikvision-camera"]


@pytest.fixture
def page(visitor) -> Page:
    return visitor()


@pytest.fixture
def asked(page, camera) -> Journey:
    """Stand before a question, one answer after the beginning."""
    journey = plan(camera, is_screen("question"))
    journey = plan(
        camera, lambda document, position: position != journey.positions[0] and at_question(document, position)
    )
    stand(page, camera, journey)
    return journey


def at_question(document: flow.Document, position: flow.Position) -> bool:
    return is_screen("question")(document, position)


def answered(page: Page) -> list[str]:
    """Return the answers that the log of the session shown holds."""
    assert list(audit.find_violations()) == []
    events = Session.objects.get(code=code_of(page)).events.filter(kind="answer").order_by("number")
    return list(events.values_list("answer", flat=True))


def lost(route: Route) -> None:
    """The request never arrives."""
    route.abort()


def reply_lost(route: Route) -> None:
    """The request arrives, and its reply does not come back."""
    route.fetch()
    route.abort()


def broken(body: str) -> Callable[[Route], None]:
    """The server fails."""
    return lambda route: route.fulfill(status=500, body=body, content_type="text/html")


FAULTS = {
    "lost": (lost, "ERR_FAILED"),
    "reply lost": (reply_lost, "ERR_FAILED"),
    "500 bare": (broken(BARE_500), "500"),
    "500 whole": (broken(WHOLE_500), "500"),
    "502 of a proxy": (lambda route: route.fulfill(status=502, body="<html>bad gateway"), "502"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failed_answer_can_be_sent_again(page, asked, complained, fault):
    handler, says = FAULTS[fault]
    number, heading = number_of(page), page.locator("h1").text_content()
    failed: list[Route] = []
    page.route(ANSWERS, lambda route: (handler(route), failed.append(route)))
    radio = page.get_by_role("radio").nth(1)
    chosen = radio.get_attribute("value")
    give(page, chosen)
    banner = page.locator("#retry")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("Nothing is lost")
    expect(page.get_by_role("status")).to_contain_text("That did not reach us")
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_focused()
    arrived(page, number)
    assert page.locator("h1").text_content() == heading
    expect(radio).to_be_checked()
    again.click()
    until(page, lambda: len(failed) == 2)
    expect(banner).to_be_visible()
    expect(again).to_be_focused()
    page.unroute(ANSWERS)
    again.click()
    arrived(page, number + 1)
    expect(banner).to_be_hidden()
    assert answered(page) == [*asked.answers, chosen]
    complained.expect(f"{says}|htmx:error")


def test_a_button_s_own_answer_is_sent_again(page, camera, complained):
    journey = plan(camera, step_with(last=False))
    stand(page, camera, journey)
    page.route(ANSWERS, lost)
    give(page, "blocked")
    expect(page.locator("#retry")).to_be_visible()
    page.unroute(ANSWERS)
    page.get_by_role("button", name="Try again").click()
    arrived(page, len(journey.positions) + 1)
    assert answered(page) == [*journey.answers, "blocked"]
    complained.expect("ERR_FAILED|htmx:error")


def test_going_back_is_sent_again(page, asked, complained):
    number = number_of(page)
    page.route(ANSWERS, lost)
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator("#retry")).to_be_visible()
    page.unroute(ANSWERS)
    page.get_by_role("button", name="Try again").click()
    arrived(page, number + 1)
    assert Session.objects.get(code=code_of(page)).events.filter(kind="back").count() == 1
    complained.expect("ERR_FAILED|htmx:error")


def test_a_device_that_is_offline(page, asked, complained):
    number = number_of(page)
    page.context.set_offline(True)
    give(page, page.get_by_role("radio").first.get_attribute("value"))
    expect(page.locator("#retry")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").press("Enter")
    arrived(page, number + 1)
    complained.expect("ERR_INTERNET_DISCONNECTED|htmx:error")


def test_no_answer_within_twenty_seconds(page, camera, complained):
    page.clock.install()
    journey = plan(camera, is_screen("question"))
    stand(page, camera, journey)
    number = number_of(page)
    waiting: list[Route] = []
    page.route(ANSWERS, lambda route: waiting.append(route))
    chosen = page.get_by_role("radio").first.get_attribute("value")
    give(page, chosen)
    page.clock.run_for(15_000)
    expect(page.locator("#retry")).to_be_hidden()
    page.clock.run_for(10_000)
    expect(page.locator("#retry")).to_be_visible()
    page.unroute(ANSWERS)
    page.get_by_role("button", name="Try again").click()
    page.clock.run_for(1000)
    arrived(page, number + 1)
    assert answered(page) == [*journey.answers, chosen]
    assert len(waiting) == 1
    complained.expect("htmx:error")


def test_a_second_press_while_one_waits_is_the_same_press(page, asked):
    number = number_of(page)
    waiting: list[Route] = []
    page.route(ANSWERS, lambda route: waiting.append(route))
    chosen = page.get_by_role("radio").first.get_attribute("value")
    for _ in range(3):
        give(page, chosen)
    until(page, lambda: bool(waiting))
    page.wait_for_timeout(200)
    assert len(waiting) == 1
    waiting[0].continue_()
    page.unroute(ANSWERS)
    arrived(page, number + 1)
    page.wait_for_timeout(200)
    arrived(page, number + 1)
    assert answered(page) == [*asked.answers, chosen]


def test_a_forged_answer_is_swapped_in_as_an_error(page, asked, complained):
    number = number_of(page)
    page.evaluate("window.arrived = 'once'")
    page.get_by_role("radio").first.evaluate("(radio) => { radio.value = 'forged'; radio.checked = true }")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#problem")).to_contain_text("not one of the answers")
    expect(page.locator("#problem")).to_be_focused()
    assert page.evaluate("window.arrived") == "once"
    arrived(page, number)
    assert answered(page) == [*asked.answers]
    complained.expect("422")


def test_a_form_that_cannot_be_shown_to_be_ours_is_said_in_plain_words(page, asked, complained):
    number = number_of(page)
    page.context.clear_cookies(name="csrf")
    give(page, page.get_by_role("radio").first.get_attribute("value"))
    expect(page.locator("h1")).to_have_text("This page has been open for long")
    expect(page.locator("h1")).to_be_focused()
    expect(page.locator("header.bar")).to_have_count(1)
    page.reload()
    arrived(page, number)
    assert answered(page) == [*asked.answers]
    complained.expect("403")


def test_a_session_that_is_not_there_any_more(page, asked, complained):
    page.context.clear_cookies(name="visitor")
    give(page, page.get_by_role("radio").first.get_attribute("value"))
    expect(page.locator("h1")).to_have_text("There is nothing at this address")
    page.get_by_role("link", name="Go to the first page").click()
    expect(page).to_have_url(re.compile(r"^http://[^/]+/$"))
    complained.expect("404")


def test_a_failed_search_can_be_sent_again(page, complained):
    page.goto("/")
    page.route("**/search/**", lost)
    page.get_by_role("searchbox").fill("camera offline")
    expect(page.locator("#retry")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.unroute("**/search/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#results button").first).to_be_visible()
    complained.expect("ERR_FAILED|htmx:error")


@pytest.mark.parametrize("java_script", [True, False], ids=["with script", "without script"])
def test_the_server_s_own_fault_has_a_page(visitor, monkeypatch, complained, java_script):
    page = visitor(java_script)
    monkeypatch.setattr("wizards.customer.views.home.publishing.published_versions", lambda: 1 / 0)
    page.goto("/")
    expect(page.locator("h1")).to_have_text("Something went wrong on our side")
    complained.expect("500")
