"""What keeps a page from being for everybody: axe, small screens, large fingers, less motion.

barriers(page, ".btn")     all of that
findings(page)             what axe says to WCAG's rules, and what it cannot decide
violations(page)           what axe says to all of its rules, where it is sure
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WIDTHS = (390, 1280)
NARROWEST = 320
SMALLEST, SMALLEST_MAIN = 24, 44  # pixels
LEAST_CONTRAST = 4.5
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
COLOUR_RULES = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}

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
  setTimeout(done, 30000);
})"""

# Colours that fade into one another (the admin's do) are judged where they arrive; what never does, as it is.
# What axe cannot decide counts too, unless it is a contrast that can be worked out here.
LOOK = """async ([exclude, rules, leastContrast]) => {
  const contrast = CONTRAST;
  for (const each of document.getAnimations())
    if (each.effect.getComputedTiming().endTime !== Infinity) each.finish();
  const { violations, incomplete } = await axe.run({ exclude }, {
    ...(rules && { runOnly: rules }), resultTypes: ["violations", "incomplete"], elementRef: true, selectors: false,
    preload: false, iframes: false,
  });
  const low = ({ id, nodes }) =>
    id === "color-contrast" ? nodes.filter(({ element }) => contrast(element) < leastContrast) : nodes;
  const undecided = leastContrast ? incomplete.map((rule) => ({ ...rule, nodes: low(rule) })) : [];
  const found = [...violations, ...undecided];
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, any, all, none }) =>
    `${id}: ${html.slice(0, 120)}: ${[...any, ...all, ...none].map(({ message }) => message).join("; ")}`));
}""".replace("CONTRAST", CONTRAST)


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

    In the dark, only the rules about colours are asked: nothing else differs there.
    """
    light, dark = ("light", RULES), ("dark", COLOUR_RULES)
    found = set()
    for width, schemes in zip(WIDTHS, ((light, dark), (dark, light)), strict=True):  # a change of scheme paints anew
        page.set_viewport_size({"width": width, "height": 800})
        for scheme, rules in schemes:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found |= {f"{width} {scheme} {each}" for each in _said(page, exclude, rules, LEAST_CONTRAST)}
    return sorted(found)


def violations(page: Page, exclude: Sequence[str] = (), rules: Any = None) -> list[str]:
    """Return what breaks axe's `rules` (all of them by default) on a page as it is, outside of `exclude`."""
    return _said(page, exclude, rules, None)


def _said(page: Page, exclude: Sequence[str], rules: Any, least_contrast: float | None) -> list[str]:
    page.wait_for_load_state()
    if not page.evaluate("!!window.axe"):
        page.evaluate(AXE_SCRIPT)
    return page.evaluate(LOOK, [[[each] for each in exclude], rules, least_contrast])
