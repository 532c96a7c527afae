"""Every kind of page, for everybody: axe, small screens, large fingers, less motion, on paper."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Route, expect

from tests.browser.places import PLACES, Place, stand
from tests.browser.walks import is_screen, plan, step_at, step_with

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")
NARROWEST = 320
SMALLEST, SMALLEST_MAIN = 24, 44  # pixels
LEAST_CONTRAST = 4.5
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
    "preload": False,
}
MAIN_TARGETS = ".btn, .ways button, .ways a, .goods a, fieldset label, .bar a, .bar button, .quiet, summary, input"

# Everything that can be pressed and is smaller than it should be. A radio's target is its card; a link within a
# sentence may be as high as its line.
SMALL_TARGETS = """([main, smallest, smallestMain]) => {
  const small = [];
  for (const one of document.querySelectorAll("a[href], button, input, summary, textarea, fieldset label")) {
    const { width, height } = one.getBoundingClientRect();
    const unseen = !width || !one.checkVisibility() || one.matches("[type=hidden], [type=radio], .skip");
    const inSentence = one.matches("p > a, #problem a, dd > a, .note a") && !one.matches(".btn, .quiet");
    const least = one.matches(main) ? smallestMain : inSentence ? 0 : smallest;
    if (!unseen && Math.min(width, height) < least - 0.01)
      small.push(`${one.outerHTML.slice(0, 80)} is ${Math.round(width)} x ${Math.round(height)}`);
  }
  return small;
}"""
TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth;
  const over = [...document.querySelectorAll("body *")].filter((one) =>
    one.checkVisibility() && one.getBoundingClientRect().right > wide + 1 && !one.closest(".skip, .visually-hidden"));
  return [...(document.documentElement.scrollWidth > wide ? ["the page scrolls sideways"] : []),
    ...over.map((one) => `${one.outerHTML.slice(0, 80)} stands out to the right`)];
}"""
# Grounds that let others through lie over one another, down to the first one that lets nothing through.
CONTRAST = """(one) => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = colour.map((each) => each / 255)
      .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const over = (upper, lower) => lower.map((each, at) => upper[at] * (upper[3] ?? 1) + each * (1 - (upper[3] ?? 1)));
  const grounds = [];
  for (let each = one; !grounds.length || (grounds.at(-1)[3] ?? 1) < 1; each = each.parentElement)
    if (!each.ownerSVGElement) grounds.push(numbers(getComputedStyle(each).backgroundColor));
  const ground = grounds.reduceRight((lower, upper) => over(upper, lower.slice(0, 3)));
  const style = getComputedStyle(one);
  const text = numbers(one.ownerSVGElement ? style.fill : style.color);
  const [a, b] = [over(text, ground.slice(0, 3)), ground].map(light);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
MOVES = """() => [...document.querySelectorAll("*")].flatMap((one) => ["", "::before", "::after"].map((part) => {
    const style = getComputedStyle(one, part);
    const long = (value) => value.split(", ").some((each) => parseFloat(each) > 0.011);
    const moves = long(style.transitionDuration) || (style.animationName !== "none" && long(style.animationDuration));
    return moves ? `${one.tagName}.${one.className}${part}` : "";
  })).filter(Boolean)"""


UNFOLD = "() => document.querySelectorAll('main details').forEach((one) => { one.open = true; })"
# Charts take their new size with the next frame; a page that nobody sees may be given none.
TWO_FRAMES = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
  setTimeout(done, 2000);
})"""
# Colours that fade into one another (the admin's do) are judged where they arrive; what never does, as it is by then.
ARRIVED = """() => Promise.race([
  Promise.allSettled(document.getAnimations().map((each) => each.finished)),
  new Promise((done) => setTimeout(done, 5000)),
]).then(() => true)"""


# One visitor sees several places one after the other: what makes them ready costs more than looking does.
IN_TURN = 9
TURNS = [PLACES[start : start + IN_TURN] for start in range(0, len(PLACES), IN_TURN)]


@pytest.mark.parametrize("places", TURNS, ids=lambda places: f"{places[0].name} to {places[-1].name}")
def test_pages_are_for_everybody(visitor, documents, complained, places: Sequence[Place]):
    first, problems = visitor(reduced_motion="reduce"), {}
    for place in places:
        page = first.context.new_page()
        place.open(page, documents)
        problems[place.name] = barriers(page, MAIN_TARGETS)
        if place.says:
            complained.expect(place.says)
        page.close()
    assert problems == {place.name: [] for place in places}


def barriers(page: Page, main_targets: str, *wide: str) -> list[str]:
    """Return what keeps a page from being for everybody, and leave it as wide as it was.

    Axe, motion, one heading, a title; on the narrowest screen whatever stands out (outside of `wide`, selectors of what
    may) or is too small to press: `main_targets` are those that have to be large.
    """
    size = page.viewport_size
    problems = [*findings(page), *page.evaluate(MOVES)]
    if page.locator("h1").count() != 1 or not page.title().endswith(" | Help desk"):
        problems.append(f"{page.locator('h1').count()} headings, and the title {page.title()}")
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    page.evaluate(TWO_FRAMES)
    aside = ", ".join((".skip, .visually-hidden", *wide))
    problems += page.evaluate(TOO_WIDE.replace(".skip, .visually-hidden", aside))
    problems += page.evaluate(SMALL_TARGETS, [main_targets, SMALLEST, SMALLEST_MAIN])
    page.set_viewport_size(size)
    return problems


def findings(page: Page, exclude: Sequence[str] = ()) -> list[str]:
    """Return what axe finds on a page outside of `exclude` (selectors), at every width and in both schemes.

    What it cannot decide counts too, unless it is a contrast that can be worked out by hand.
    """
    context = json.dumps({"exclude": [[each] for each in exclude]})
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    found = set()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(ARRIVED)
            result = page.evaluate(
                f"axe.run({context}, {json.dumps(AXE)}).then(({{violations, incomplete}}) => [violations, incomplete])"
            )
            for rule in result[0] + result[1]:
                undecided = rule["id"] == "color-contrast" and rule in result[1]
                nodes = [node for node in rule["nodes"] if not undecided or contrast(page, node) < LEAST_CONTRAST]
                found |= {f"{width} {scheme} {rule['id']}: {words(node)}" for node in nodes}
    return sorted(found)


def contrast(page: Page, node: dict[str, Any]) -> float:
    """Return the contrast of a text to the first ground behind it that is not transparent."""
    return page.locator(node["target"][0]).evaluate(CONTRAST)


def words(node: dict[str, Any]) -> str:
    """Return where axe found something, and what."""
    checks = node["any"] + node["all"] + node["none"]
    return f"{node['target'][0]}: {'; '.join(check['message'] for check in checks)}"


def test_on_paper_a_procedure_is_all_there_and_nothing_else(visitor, documents):
    page = visitor()
    document = documents["hikvision-camera"]
    journey = plan(document, is_screen("confirm"), step_with(hold_seconds=True))
    stand(page, document, journey)
    procedure, _ = step_at(document, journey.positions[-1])
    page.get_by_role("link", name="Show all steps").click()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    for step in procedure.steps:
        expect(page.locator("ol.steps").get_by_text(step.title, exact=True)).to_be_visible()
    expect(page.locator(".note").filter(has_text="This erases settings")).to_be_visible()
    expect(page.locator(".timer p").first).to_contain_text("for")
    for hidden in ("button", ".person", ".quiet", "footer", ".acts", "#retry", ".timer svg"):
        expect(page.locator(f"{hidden}:visible")).to_have_count(0)
    ground = page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor")
    assert contrast_of(page) > 7, f"dark on light, whatever the screen has: {ground}"


def contrast_of(page: Page) -> float:
    """Return the contrast of the heading to white paper."""
    return page.locator("h1").evaluate(
        CONTRAST.replace("getComputedStyle(ground).backgroundColor].map", "'rgb(255, 255, 255)'].map")
    )


def test_less_motion_means_none_while_one_waits(visitor, documents):
    page = visitor(reduced_motion="reduce")
    document = documents["hikvision-camera"]
    stand(page, document, plan(document, is_screen("question")))
    waiting: list[Route] = []
    page.route("**/s/**", lambda route: waiting.append(route))
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("form.htmx-request")).to_be_visible()
    assert page.evaluate(MOVES) == []
    waiting[0].continue_()
    expect(page.locator("form.htmx-request")).to_have_count(0)
