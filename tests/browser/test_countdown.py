"""The countdown of a step: a press starts it, time goes on while nobody looks, and nothing moves on by itself.

The browser's clock is a false one, so that minutes pass at once.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import stand
from tests.browser.walks import arrived, give, number_of, plan, step_at
from wizards import flow

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visitor) -> Page:
    """Give a visitor with a false clock."""
    page = visitor(viewport={"width": 390, "height": 844})
    page.clock.install(time="2026-03-01T10:00:00Z")
    return page


@pytest.fixture
def camera(documents) -> flow.Document:
    """Give the wizard of the Hikvision camera."""
    return documents["hikvision-camera"]


@pytest.fixture
def hold(page, camera) -> int:
    """Stand before a button to hold, the clock stopped; give the seconds."""
    return stand_before(page, camera, "hold_seconds")


@pytest.fixture
def wait(page, camera) -> int:
    """Stand before two minutes or so to wait, the clock stopped; give the seconds."""
    return stand_before(page, camera, "wait_seconds")


def stand_before(page: Page, document: flow.Document, field: str, seconds: range = range(13, 10_000)) -> int:
    def wanted(document: flow.Document, position: flow.Position) -> bool:
        found = step_at(document, position)
        return found is not None and getattr(found[1], field) in seconds

    journey = plan(document, wanted)
    stand(page, document, journey)
    page.clock.pause_at("2026-03-01T11:00:00Z")
    return getattr(step_at(document, journey.positions[-1])[1], field)


def shown(seconds: int, total: int) -> str:
    """Return the digits that stand for so many seconds."""
    return f"{seconds // 60}:{seconds % 60:02}" if total > 90 else str(seconds)


def digits(page: Page):
    return page.locator(".timer text").first


def start(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Start the ")).click()


def test_a_press_starts_it_and_it_is_announced(page, hold):
    said = page.get_by_role("status")
    address, heading = page.url, page.locator("h1").text_content()
    page.clock.run_for(60_000)
    expect(digits(page)).to_have_text(str(hold))
    expect(said).to_have_text("")
    start(page)
    expect(said).to_have_text(f"{hold} seconds, counting. Keep holding.")
    expect(page.locator(".timer p")).to_have_text("Keep holding.")
    page.clock.run_for((hold - 11) * 1000)
    expect(digits(page)).to_have_text("11")
    expect(said).to_have_text(f"{hold} seconds, counting. Keep holding.")
    page.clock.run_for(1000)
    expect(digits(page)).to_have_text("10")
    expect(said).to_have_text("10 seconds left.")
    page.clock.run_for(9000)
    expect(said).to_have_text("10 seconds left.")
    page.clock.run_for(1000)
    expect(digits(page)).to_have_text("0")
    expect(said).to_have_text(f"{hold} seconds are over.")
    expect(page.locator(".timer p")).to_have_text(f"{hold} seconds are over.")
    page.clock.run_for(600_000)
    assert (page.url, page.locator("h1").text_content()) == (address, heading), "it never moves on by itself"
    assert page.get_by_role("status").count() == 1


def test_a_minute_is_spoken_of_as_one(page, camera):
    minute = stand_before(page, camera, "wait_seconds", range(60, 61))
    page.get_by_role("button", name="Start the minute", exact=True).click()
    page.clock.run_for(minute * 1000)
    expect(page.get_by_role("status")).to_have_text("The minute is over.")


def test_it_can_be_started_again(page, hold):
    start(page)
    page.clock.run_for(5000)
    page.get_by_role("button", name="Start again").click()
    page.clock.run_for(1000)
    expect(digits(page)).to_have_text(str(hold - 1))
    page.clock.run_for(hold * 1000)
    page.get_by_role("button", name="Start again").click()
    page.clock.run_for(2000)
    expect(digits(page)).to_have_text(str(hold - 2))


def test_it_keeps_time_while_the_device_sleeps(page, wait):
    start(page)
    page.clock.run_for(2000)
    page.clock.fast_forward((wait - 22) * 1000)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(digits(page)).to_have_text(shown(20, wait))
    page.clock.fast_forward(3_600_000)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(digits(page)).to_have_text(shown(0, wait))
    expect(page.get_by_role("status")).to_have_text(re.compile("are over"))


def test_it_keeps_time_across_a_reload(page, wait):
    start(page)
    page.clock.run_for(3000)
    page.reload()
    expect(digits(page)).to_have_text(shown(wait - 3, wait))
    page.clock.run_for(7000)
    expect(digits(page)).to_have_text(shown(wait - 10, wait))
    expect(page.get_by_role("button", name="Start again")).to_be_visible()


def test_it_belongs_to_its_page(page, hold):
    start(page)
    number = number_of(page)
    page.clock.resume()
    give(page, "next")
    arrived(page, number + 1)
    expect(page.locator(".timer button", has_text="Start again")).to_have_count(0)
    page.go_back()
    arrived(page, number)
    expect(page.get_by_role("button", name="Start again")).to_be_visible()


def test_it_is_swapped_in_ready(page, camera, hold):
    page.clock.resume()
    number = number_of(page)
    page.get_by_role("button", name="Back", exact=True).click()
    arrived(page, number + 1)
    give(page, page.locator("button[name=answer]").first.get_attribute("value"))
    arrived(page, number + 2)
    expect(digits(page)).to_have_text(str(hold))
    start(page)
    expect(page.get_by_role("status")).to_have_text(re.compile("counting"))


def test_the_ring_says_nothing_to_a_screen_reader(page, hold):
    expect(page.locator(".timer svg")).to_have_attribute("aria-hidden", "true")
    start(page)
    expect(page.get_by_role("button", name="Start again")).to_be_focused()
