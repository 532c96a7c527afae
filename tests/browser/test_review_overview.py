"""The overview in a browser: what customers did is what it says, drawn and in words, and it renews itself."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import UNFOLD, barriers
from tests.browser.walked import walked
from tests.browser.walks import ends, is_screen, plan
from tests.visitor import Visitor

pytestmark = pytest.mark.browser

DEFINITIONS = "/review/definitions/"
MAIN_TARGETS = ".btn, .tabs a, .plain, .filter input, .filter select"
PLACES = {
    "overview": "/review/",
    "wizard": "/review/?wizard=hikvision-camera",
    "empty": "/review/?since=2020-01-01&until=2020-02-01",
    "wrong": "/review/?since=2026-02-01&until=2026-01-01&wizard=toaster",
    "definitions": "/review/definitions/",
}
# A row for each of thirty days is thirty times the same.
FEW_DAYS = "() => document.querySelectorAll('.chart tbody tr:nth-child(n + 4)').forEach((each) => each.remove())"
AFTER = 31_000  # milliseconds: a little more than what is live waits


@pytest.fixture
def customers(site, documents) -> Callable[..., Visitor]:
    """Give a function by which one more customer walks the camera's wizard to where `wanted` says."""
    document = documents["hikvision-camera"]

    def walk(*wanted) -> Visitor:
        return walked(document, plan(document, *wanted))

    return walk


def figures(page: Page) -> dict[str, str]:
    """Return the figures as they are shown, by their names."""
    page.wait_for_load_state()
    cards = page.locator(".figures > div").all()
    return {
        card.locator("dt").inner_text(): card.locator("dd.value").inner_text().splitlines()[0].split()[0]
        for card in cards
    }


def live(customers, reviewer) -> tuple[Page, list[str]]:
    """Open the overview of one solved session, at a clock of the test's own; return it, and what it asks for."""
    customers(ends("solved"))
    page, asked = reviewer(DEFINITIONS), []
    page.clock.install()
    page.goto("/review/")
    page.on("request", lambda request: "/review/" in request.url and asked.append(request.url))
    return page, asked


def test_a_reviewer_finds_what_customers_did(customers, reviewer):
    for wanted in (ends("solved"), ends("solved"), ends("unsolved"), is_screen("question")):
        customers(wanted)
    page = reviewer(DEFINITIONS)
    page.get_by_role("link", name="Overview").click()
    shown = figures(page)
    assert shown["Started"] == "4"
    assert (shown["Solved"], shown["Handed to a person"], shown["Left"], shown["In progress"]) == ("2", "1", "0", "1")
    expect(page.locator(".finding")).to_contain_text("2 of the 3 sessions that are over were solved: 67 %")
    expect(page.get_by_role("row", name="Hikvision camera")).to_contain_text("2 of 3")


def test_the_chart_is_drawn_from_its_table(customers, reviewer):
    customers(ends("solved"))
    page = reviewer(DEFINITIONS)
    page.goto("/review/")
    chart = page.get_by_role("img", name="Chart: Sessions by the day they began")
    expect(chart).to_be_visible()
    assert chart.evaluate("(one) => Chart.getChart(one).data.datasets.map(({label}) => label)") == [
        "Solved",
        "Handed to a person",
        "Ended with advice",
        "Left",
        "In progress",
    ]
    assert chart.evaluate("(one) => Chart.getChart(one).data.datasets[0].data.at(-1)") == 1
    assert chart.evaluate("(one) => Chart.getChart(one).data.labels.length") == 30
    page.get_by_text("As a table").click()
    expect(page.locator(".chart tbody tr")).to_have_count(30)
    expect(page.locator(".chart tbody tr").last).to_contain_text("Hikvision camera version 1")


def test_the_charts_colours_follow_the_mode(customers, reviewer):
    customers(ends("solved"))
    page = reviewer(color_scheme="light")
    page.goto("/review/")
    ink = "(one) => Chart.getChart(one).data.datasets[0].backgroundColor"
    light = page.locator("canvas").evaluate(ink)
    page.locator("canvas").evaluate("(one) => { one.id = 'before' }")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("#before")).to_have_count(0)
    assert page.locator("canvas").evaluate(ink) != light


def test_what_is_live_renews_itself_while_somebody_looks(customers, reviewer):
    page, _ = live(customers, reviewer)
    assert figures(page)["Started"] == "1"
    customers(ends("unsolved"))
    page.clock.run_for(AFTER)
    expect(page.locator(".figures dd.value").first).to_contain_text("2")
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("canvas")).to_have_count(1)


def test_nothing_changes_under_the_readers_hands(customers, reviewer):
    page, asked = live(customers, reviewer)
    page.locator(".help summary").first.click()
    page.clock.run_for(AFTER)
    page.locator(".help summary").first.click()
    page.clock.run_for(AFTER)
    assert asked == []
    page.locator("h1").click()
    with page.expect_response("**/review/**"):
        page.clock.run_for(AFTER)


def test_a_reader_can_stop_the_renewing(customers, reviewer):
    page, asked = live(customers, reviewer)
    page.get_by_role("button", name="Stop").click()
    page.clock.run_for(3 * AFTER)
    assert asked == []
    expect(page.get_by_text("These figures stay as they are.")).to_be_visible()
    page.get_by_role("button", name="Renew them again").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


def test_who_was_signed_out_meanwhile_is_led_to_sign_in_and_would_come_back(customers, reviewer):
    page, _ = live(customers, reviewer)
    page.context.clear_cookies(name="staff")
    page.clock.run_for(AFTER)
    expect(page).to_have_url(re.compile("/account/login/.next=%2Freview%2F"))


@pytest.mark.browser_context_args(timezone_id="Asia/Tokyo")
def test_moments_are_in_the_time_zone_of_the_browser(reviewer):
    page = reviewer(DEFINITIONS)
    page.goto("/review/")
    expect(page.locator("footer")).to_contain_text("Times are shown in Asia/Tokyo.")


def test_without_javascript_everything_is_there(customers, reviewer):
    customers(ends("solved"))
    page = reviewer(DEFINITIONS, java_script=False)
    page.get_by_role("link", name="Overview").click()
    assert figures(page)["Solved"] == "1"
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    page.get_by_text("As a table").click()
    expect(page.locator(".chart table")).to_be_visible()
    page.get_by_label("Wizard", exact=True).select_option("zosi-camera")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".empty")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/review/")
    expect(page.get_by_label("User name")).to_be_visible()


def test_the_pages_for_reviewers_are_for_everybody(customers, reviewer, complained):
    customers(ends("solved"))
    page, problems = reviewer(DEFINITIONS, reduced_motion="reduce"), {}
    for place, address in PLACES.items():
        page.goto(address)
        page.evaluate(UNFOLD)
        page.evaluate(FEW_DAYS)
        problems[place] = barriers(page, MAIN_TARGETS, ".wide", ".tabs")
    complained.expect("422")
    assert problems == {place: [] for place in PLACES}
