"""Sessions in a browser: find the one that a customer had, read its walk, and step through it page by page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import UNFOLD, barriers
from tests.browser.places import stand
from tests.browser.walked import walked
from tests.browser.walks import code_of, ends, give, heading, is_screen, plan, step_with
from wizards.models import Disclosure

pytestmark = pytest.mark.browser

SLUG = "hikvision-camera"
MAIN_TARGETS = ".btn, .tabs a, .filter input:not([type=checkbox]), .filter select, .pages a, .tick"


@pytest.fixture
def document(documents):
    return documents[SLUG]


def in_browser(visitor, document, *wanted):
    """Walk as one more customer; return their page and the journey."""
    page, journey = visitor(java_script=False), plan(document, *wanted)
    stand(page, document, journey)
    return page, journey


def words_of(page: Page) -> str:
    """Return the words of the customer's content, without the mark and in one line."""
    text = page.locator("main").inner_text().replace("Chosen", "")
    return " ".join(text.split())


@pytest.mark.parametrize("java_script", [True, False], ids=["with script", "without script"])
def test_a_reviewer_finds_a_session_reads_its_walk_and_steps_through_it(visitor, document, reviewer, java_script):
    customer, journey = in_browser(visitor, document, is_screen("question"), step_with(last=True), ends("solved"))
    walked(document, plan(document, is_screen("procedure")))
    code = code_of(customer)
    page = reviewer(java_script=java_script)
    expect(page.locator(".sessions tbody tr")).to_have_count(2)
    page.get_by_label("How it ended").select_option("solved")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".sessions tbody tr")).to_have_count(1)
    page.locator(".sessions th a").click()
    expect(page).to_have_url(re.compile(rf"/review/sessions/{code}/(\?|$)"))
    headings = [heading(document, position) for position in journey.positions]
    expect(page.locator(".walk h3")).to_have_text(headings)
    page.get_by_role("link", name="Step through").click()
    for number, words in enumerate(headings, 1):
        expect(page.locator("h1")).to_have_text(words)
        expect(page.locator(".seen-where b")).to_have_text(f"Page {number} of {len(headings)}")
        if number < len(headings):
            expect(page.locator(".given")).to_have_count(1)
            page.get_by_role("link", name="Next").focus()
            page.keyboard.press("Enter")
    page.get_by_role("link", name="First").click()
    expect(page.locator("h1")).to_have_text(headings[0])


def test_a_page_that_is_stepped_through_looks_as_it_did(visitor, document, reviewer):
    customer, journey = in_browser(visitor, document, step_with(hold_seconds=True, picture=True))
    code, page = code_of(customer), reviewer()
    page.goto(f"/review/sessions/{code}/{len(journey.positions)}/")
    assert words_of(page) == words_of(customer)
    for selector in ("h1", ".acts .btn-primary", ".pic"):
        theirs, ours = (each.locator(selector).first.bounding_box() for each in (customer, page))
        assert (theirs["width"], theirs["height"], theirs["x"]) == (ours["width"], ours["height"], ours["x"]), selector


def test_pressing_anything_on_a_page_that_is_stepped_through_does_nothing(visitor, document, reviewer):
    customer, journey = in_browser(visitor, document, is_screen("question"))
    code, page = code_of(customer), reviewer()
    page.goto(f"/review/sessions/{code}/1/")
    address = page.url
    for button in page.locator("main button, header button, main a, header a").all():
        button.click(force=True)
    assert page.url == address
    customer.reload()
    give(customer, journey.answers[0] if journey.answers else document.nodes[0].choices[0].id)
    page.reload()
    expect(page.locator("label:has(.given)")).to_have_count(1)


def test_what_a_customer_wrote_is_opened_by_a_press_and_noted(visitor, document, reviewer):
    customer, _ = in_browser(visitor, document, is_screen("question"))
    customer.get_by_role("link", name="This looks different from what I see").click()
    customer.get_by_label("What do you see instead?").fill("There is no light at all.")
    customer.locator("#page .acts .btn-primary").click()
    page = reviewer()
    page.get_by_text("More filters").click()
    page.get_by_label("With a remark").check()
    page.get_by_role("button", name="Show").click()
    page.locator(".sessions th a").click()
    expect(page.get_by_text("Said that it looks different")).to_be_visible()
    expect(page.get_by_text("There is no light at all.")).to_have_count(0)
    page.get_by_role("button", name="Show what they wrote").click()
    expect(page.get_by_text("There is no light at all.")).to_be_visible()
    assert Disclosure.objects.get().user.username == "rea"


def test_an_export_is_downloaded_as_a_file(visitor, document, reviewer):
    walked(document, plan(document, ends("solved")))
    page = reviewer()
    page.get_by_text("Export as a table").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download sessions").click()
    assert re.fullmatch(r"sessions-\d{4}-\d\d-\d\d\.csv", download.value.suggested_filename)
    assert download.value.path().read_bytes().count(b"\r\n") == 2


def test_the_pages_about_sessions_are_for_everybody(document, reviewer, complained):
    code = walked(document, plan(document, is_screen("question"), step_with(last=True))).code
    own = {"list": "", "wrong": "?reference=1&status=x", "session": f"{code}/", "seen": f"{code}/2/"}
    page, problems = reviewer(reduced_motion="reduce"), {}
    for name, address in own.items():
        page.goto(f"/review/sessions/{address}")
        page.evaluate(UNFOLD)
        problems[name] = barriers(page, MAIN_TARGETS, ".wide", ".tabs")
    complained.expect("422")
    assert problems == {name: [] for name in own}
