"""Every kind of page, for everybody: axe, small screens, large fingers, less motion, on paper."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from playwright.sync_api import Route, expect

from tests.browser.accessibility import CONTRAST, MOVES, barriers, findings
from tests.browser.places import PLACES, Place, stand
from tests.browser.walks import is_screen, plan, step_at, step_with, until

pytestmark = pytest.mark.browser

INK = "(one) => getComputedStyle(one).color.match(/\\d+/g).slice(0, 3).map(Number)"  # red, green, blue
MAIN_TARGETS = ".btn, .ways button, .ways a, .goods a, fieldset label, .bar a, .bar button, .quiet, summary, input"

# One visitor sees several places one after the other: what makes them ready costs more than looking does.
IN_TURN = 9
TURNS = [PLACES[start : start + IN_TURN] for start in range(0, len(PLACES), IN_TURN)]


@pytest.mark.parametrize("places", TURNS, ids=lambda places: f"{places[0].name} to {places[-1].name}")
def test_pages_are_for_everybody(visitor, documents, complained, places: Sequence[Place]):
    page, problems = visitor(reduced_motion="reduce"), {}
    for place in places:
        place.open(page, documents)
        problems[place.name] = barriers(page, MAIN_TARGETS)
        if place.says:
            complained.expect(place.says)
        page.unroute_all()
    assert problems == {place.name: [] for place in places}


FAULTY = """<!doctype html><html lang="en"><title>x</title><style>
  * { animation: none; background: #fff; color: #000 }
  #fades { transition: color 9s; color: #000 }
  .narrow { display: none }
  #shaded, #clear { background-image: linear-gradient(#fff, #fff) }
  #shaded { color: #ccc }
  @media (prefers-color-scheme: dark) { #fades { color: #ddd } }
  @media (max-width: 500px) { .narrow { color: #ddd; display: block } }
</style><main><p id="fades">One<p class="narrow">Two<p id="shaded">Three<p id="clear">Four<p><input></main>"""


def test_what_keeps_somebody_out_is_found_at_every_width_and_in_both_schemes(page):
    page.set_content(FAULTY)
    fades, narrow, shaded = (f'color-contrast: <p {each}">' for each in ('id="fades', 'class="narrow', 'id="shaded'))
    everywhere = ["390 light", "390 dark", "1280 light", "1280 dark"]
    assert {each.partition(">")[0] + ">" for each in findings(page)} == {
        *(f"{each} {shaded}" for each in everywhere),
        *(f"{each} {narrow}" for each in everywhere[:2]),
        *(f"{each} {fades}" for each in everywhere[1::2]),
        *(f"{each} label: <input>" for each in everywhere[::2]),
    }


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
    assert page.locator("h1").evaluate(CONTRAST) > 7
    assert max(page.locator("h1").evaluate(INK)) < 100, "dark on white paper, whatever the screen has"


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
    until(page, lambda: bool(waiting))
    waiting[0].continue_()
    expect(page.locator("form.htmx-request")).to_have_count(0)
