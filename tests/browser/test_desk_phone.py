"""The desk on a phone: the calls in hand stand in one row, which is moved sideways."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from wizards.models import Version
from wizards.support import calls

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
FINGER = 44  # px
CALLERS = ("Mrs Okonkwo", "", "Bob", "+44 20 7946 0123", "A shop in Leeds")
BOXES = """() => [...document.querySelectorAll(".tabs a")].map((tab) => {
    const { top, height } = tab.getBoundingClientRect();
    return { top, height };
})"""


def with_calls(agent, documents, **options) -> Page:
    """Return the desk of an agent who has many calls in hand."""
    page = agent(viewport=PHONE, **options)
    slug, document = next(iter(documents.items()))
    version = Version.objects.get(wizard__slug=slug)
    for caller in CALLERS:
        calls.begin(version, document.symptoms[0].id, User.objects.get(), caller)
    page.reload()
    return page


def test_the_tabs_stand_in_one_row_large_enough_for_a_finger(agent, documents):
    page = with_calls(agent, documents)
    boxes = page.evaluate(BOXES)
    assert len(boxes) == len(CALLERS) + 1
    assert len({box["top"] for box in boxes}) == 1
    assert min(box["height"] for box in boxes) >= FINGER
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("java_script", [True, False], ids=["script", "no script"])
def test_the_call_in_hand_is_in_sight_when_its_page_comes(agent, documents, java_script):
    page = with_calls(agent, documents, java_script=java_script)
    expect(page.locator(".tabs a").last).not_to_be_in_viewport()
    page.locator(".calls a").last.click()
    expect(page.locator(".tabs a").last).to_have_attribute("aria-current", "page")
    expect(page.locator(".tabs a").last).to_be_in_viewport(ratio=0.99)


def test_every_tab_is_reached_by_the_keyboard_and_comes_into_sight(agent, documents):
    page = with_calls(agent, documents)
    expect(page.locator(".tabs a")).to_have_count(len(CALLERS) + 1)
    page.locator(".tabs a").first.focus()
    for place in range(1, len(CALLERS) + 1):
        page.keyboard.press("Tab")
        expect(page.locator(".tabs a").nth(place)).to_be_focused()
        expect(page.locator(".tabs a").nth(place)).to_be_in_viewport(ratio=0.5)
