"""Stuck points and the map in a browser: what customers did is what they say, also drawn, also without a script."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import UNFOLD, barriers
from tests.browser.walked import walked
from tests.browser.walks import ends, heading, is_screen, plan, step_with, until
from tests.visitor import Visitor
from wizards.models import Disclosure

pytestmark = pytest.mark.browser

DEFINITIONS = "/review/definitions/"
SLUG = "hikvision-camera"
STUCK, MAP = f"/review/stuck/?wizard={SLUG}", f"/review/map/?wizard={SLUG}"
PLACES = {"stuck": STUCK, "apart": f"{STUCK}&apart=1", "empty": "/review/stuck/?wizard=zosi-camera", "map": MAP}
MAIN_TARGETS = ".btn, .tabs a, .filter input, .filter select"
LABEL = "(id) => mapDrawing.getElementById(id).data('words')"
THICK = """([from, to]) => mapDrawing.edges().filter((each) =>
    each.data("from") === from && [each.target().id(), each.target().data("of")].includes(to))[0].data("thick")"""


@pytest.fixture(autouse=True)
def _left_at_once(settings) -> None:
    """Let everybody who is at no end be one who left: nobody waits an hour here."""
    settings.LEFT_AFTER = timedelta(microseconds=1)


@pytest.fixture
def document(documents):
    return documents[SLUG]


@pytest.fixture
def customers(site, document) -> Callable[..., Visitor]:
    """Give a function by which one more customer walks the camera's wizard to where `wanted` says, and stops there."""

    def walk(*wanted) -> Visitor:
        return walked(document, plan(document, *wanted))

    return walk


def remarks(customer: Visitor, words: str) -> None:
    """Let a customer say that it looks different."""
    assert customer.send("remark", words=words).status_code == 303


def title_at(document, *wanted) -> str:
    """Return what the page is called at which such a walk stops."""
    return heading(document, plan(document, *wanted).positions[-1])


def row(page: Page, title: str) -> Locator:
    """Return the row of a page by its title."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader").get_by_text(title, exact=True))


def drawn(page: Page) -> Page:
    """Wait until the map is drawn."""
    expect(page.locator("#map-room")).to_have_attribute("data-drawn", re.compile("nodes"))
    return page


def click(page: Page, node: str) -> None:
    """Click a node on the drawing, wherever it is."""
    page.evaluate("(id) => void mapDrawing.center(mapDrawing.getElementById(id))", node)
    at = page.evaluate("(id) => mapDrawing.getElementById(id).renderedPosition()", node)
    box = page.locator("#map-drawing").bounding_box()
    page.mouse.click(box["x"] + at["x"], box["y"] + at["y"])


# Stuck points


def test_a_reviewer_finds_where_customers_stopped_and_their_sessions(customers, reviewer, document):
    wanted = is_screen("procedure")
    codes = {customers(wanted).code for _ in range(4)}
    customers(ends("solved"))
    page = reviewer(DEFINITIONS)
    page.get_by_role("link", name="Stuck points").click()
    title = title_at(document, wanted)
    expect(page.locator(".finding")).to_contain_text(f"Most people leave at {title}: 4 of ")
    found = row(page, title)
    expect(found.locator("td").nth(1)).to_contain_text("4 of ")
    found.get_by_role("link", name="Sessions that left here").click()
    expect(page.locator("h1")).to_contain_text("Sessions")
    page.wait_for_load_state()
    listed = page.locator('main a[href*="/review/sessions/"]').evaluate_all("(all) => all.map((one) => one.pathname)")
    assert {path.split("/")[3] for path in listed if path.count("/") == 4} == codes


def test_going_back_counts_for_the_page_that_one_went_back_from(customers, reviewer, document):
    customers(is_screen("procedure")).send("back")
    found = row(goes(reviewer(DEFINITIONS), STUCK), title_at(document, is_screen("procedure")))
    expect(found.locator("td").nth(1)).to_contain_text("0 of 1")
    expect(found.locator("td").nth(2)).to_contain_text("1 of 1")


def goes(page: Page, address: str) -> Page:
    """Open an address; return the page."""
    page.goto(address)
    return page


@pytest.mark.parametrize("java_script", [True, False])
def test_what_they_wrote_is_shown_on_request_and_noted(customers, reviewer, document, java_script):
    remarks(customers(is_screen("procedure")), "There is <i>no</i> such button")
    page = goes(reviewer(DEFINITIONS, java_script=java_script), STUCK)
    expect(page.get_by_text("no such button")).to_have_count(0)
    row(page, title_at(document, is_screen("procedure"))).get_by_role("button", name="Show what they wrote").click()
    expect(page.get_by_text("There is <i>no</i> such button")).to_be_visible()
    assert (page.url.endswith(STUCK)) == java_script
    assert Disclosure.objects.get().count == 1


def test_on_a_phone_each_row_is_a_card_with_its_figures_named(customers, reviewer, document):
    customers(is_screen("procedure"))
    page = goes(reviewer(DEFINITIONS, viewport={"width": 390, "height": 800}), STUCK)
    cell = row(page, title_at(document, is_screen("procedure"))).locator("td").nth(1)
    assert cell.evaluate("(one) => getComputedStyle(one, '::before').content") == '"Left here"'
    assert page.evaluate("document.documentElement.scrollWidth") == 390


# The map


def stop(document, *wanted) -> str:
    """Return the node at which such a walk stops."""
    return plan(document, *wanted).positions[-1].node


def test_the_map_shows_the_numbers_of_each_node_and_a_click_leads_to_its_sessions(customers, reviewer, document):
    for _ in range(3):
        customers(is_screen("procedure"))
    node = stop(document, is_screen("procedure"))
    page = drawn(goes(reviewer(DEFINITIONS), MAP))
    assert page.evaluate(LABEL, node).endswith("3 came\n3 left, 100 %")
    click(page, node)
    panel = page.locator("#map-panel")
    expect(panel.locator("h2")).to_have_text(document.node(node).title)
    assert panel.locator("dd").all_inner_texts() == ["0", "0", "3", "0", "3"]
    panel.get_by_role("link", name="Those that left here").click()
    expect(page.locator("h1")).to_contain_text("Sessions")
    assert "status=left" in page.url
    assert f"node={node}" in page.url


def test_a_way_is_as_wide_as_its_traffic(customers, reviewer, document):
    journey = plan(document, is_screen("procedure"))
    first, second = dict.fromkeys(position.node for position in journey.positions[-2:])
    for _ in range(2):
        customers(is_screen("procedure"))
    page = drawn(goes(reviewer(DEFINITIONS), MAP))
    assert page.evaluate(THICK, [first, second]) == 12
    assert page.evaluate("mapDrawing.edges('[sessions = 0]').first().data('thick')") == 1


def test_the_map_opens_at_the_node_of_the_address_and_follows_the_colours_of_the_screen(customers, reviewer, document):
    customers(is_screen("procedure"))
    node = stop(document, is_screen("procedure"))
    page = drawn(goes(reviewer(DEFINITIONS, color_scheme="light"), f"{MAP}#{node}"))
    expect(page.locator("#map-panel h2")).to_have_text(document.node(node).title)
    fill = "(id) => mapDrawing.getElementById(id).style('background-color')"
    light = page.evaluate(fill, node)
    page.emulate_media(color_scheme="dark")
    until(page, lambda: page.evaluate(fill, node) != light)


def test_a_map_that_cannot_be_fetched_says_so_and_leaves_the_table(customers, reviewer, complained):
    customers(is_screen("procedure"))
    page = reviewer(DEFINITIONS)
    page.route("**/traffic.json*", lambda route: route.fulfill(status=500))
    page.goto(MAP)
    expect(page.locator("#map-said")).to_contain_text("The table below has the same figures")
    expect(page.locator(".nodes tbody tr").first).to_be_visible()
    complained.expect("500")


def test_without_a_script_the_table_says_all(customers, reviewer, document):
    for _ in range(2):
        customers(is_screen("procedure"))
    page = goes(reviewer(DEFINITIONS, java_script=False), MAP)
    expect(page.locator("#map-room")).to_be_hidden()
    found = row(page, document.node(stop(document, is_screen("procedure"))).title)
    assert found.locator("td.number").all_inner_texts() == ["2", "0", "0", "2", "0"]


# For everybody


def test_the_pages_are_for_everybody(customers, reviewer):
    remarks(customers(step_with(hold_seconds=True)), "no lamp")
    customers(ends("solved"))
    page, problems = reviewer(DEFINITIONS, reduced_motion="reduce"), {}
    for place, address in PLACES.items():
        page.goto(address)
        if place == "map":
            drawn(page)
        for button in page.get_by_role("button", name="Show what they wrote").all():
            button.click()
            expect(page.locator(".words li")).to_have_count(1)
        page.evaluate(UNFOLD)
        problems[place] = barriers(page, MAIN_TARGETS, ".wide", ".tabs", "#map-drawing")
    assert problems == {place: [] for place in PLACES}
