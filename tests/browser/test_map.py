"""The map in a browser: drawn, followed, used without a mouse, without a script, in the dark and on a small screen."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from tests.admin.forms.editing import large, toy
from tests.browser import walks
from tests.browser.accessibility import COLOUR_RULES, violations
from wizards.models import Choice, Node, Wizard

pytestmark = pytest.mark.browser

PLACES = "mapDrawing.nodes('[?key]').map((each) => [each.position().x, each.position().y])"
LEADS_TO_HUMAN = """mapDrawing.edges('[from = "q"]').targets()
    .some((each) => each.id() === "human" || each.data("of") === "human")"""

# Notes when the nodes are placed, when the browser had its turn, and when they are drawn.
TURNS = """
    window.turns = [];
    const noted = (name, note) => {
        let own;
        Object.defineProperty(window, name, { get: () => own, set: (value) => { own = note(value); } });
    };
    noted("mapLook", (look) => ({ ...look, place: (graph) => {
        look.place(graph);
        turns.push("placed");
        setTimeout(() => turns.push("turn"));
    } }));
    noted("cytoscape", (draw) => (options) => {
        turns.push("drawn");
        return draw(options);
    });
"""


@pytest.fixture
def wizard(live_server, transactional_db) -> Wizard:
    """Give a small wizard."""
    return toy()


@pytest.fixture
def drawn(visitor, site):
    """Give a function that opens a wizard's map as an editor, and waits until it is drawn."""

    def open_map(wizard: Wizard, anchor: str = "", java_script: bool = True, **options) -> Page:
        page = visitor(java_script, **options)
        page.context.add_cookies([{"name": "staff", "value": signed_in(), "url": site}])
        page.goto(f"/admin/wizards/wizard/{wizard.pk}/map/{anchor}")
        if java_script:
            expect(page.locator("#map-room")).to_have_attribute("data-drawn", "6 nodes, 8 edges")
        return page

    return open_map


def signed_in() -> str:
    """Return the cookie of somebody who may edit (these tests' database forgets the roles, which a migration makes)."""
    client = Client()
    client.force_login(User.objects.get_or_create(username="ed", is_staff=True, is_superuser=True)[0])
    return client.cookies["staff"].value


def click(page: Page, node: str) -> None:
    """Click a node on the drawing."""
    at = page.evaluate("(id) => mapDrawing.getElementById(id).renderedPosition()", node)
    box = page.locator("#map-drawing").bounding_box()
    page.mouse.click(box["x"] + at["x"], box["y"] + at["y"])


def until(page: Page, what: str) -> None:
    """Wait until an expression is true (not with wait_for_function: the page's content policy forbids its way)."""
    walks.until(page, lambda: page.evaluate(what))


def opened(page: Page, heading: str) -> None:
    """Hold that the panel of a node is open, and the node marked."""
    expect(page.locator("#map-panel h2")).to_have_text(heading)
    until(page, f"mapDrawing.nodes('.chosen').data('label') === {json.dumps(heading)}")


def way_of(page: Page, label: str):
    """Return a way in the panel, unfolded."""
    found = page.locator(".panel-ways > li").filter(has_text=label)
    if found.locator("details").get_attribute("open") is None:
        found.locator("summary").click()
    return found


def test_a_click_on_a_node_opens_its_panel(drawn, wizard):
    page = drawn(wizard)
    click(page, "why")
    opened(page, "Why why")
    expect(page).to_have_url(re.compile("#why$"))


def test_a_nodes_own_address_opens_the_map_there(drawn, wizard):
    opened(drawn(wizard, "#fix"), "Do fix")


def test_a_node_is_found_by_typing(drawn, wizard):
    page = drawn(wizard)
    page.get_by_label("Find").fill("do FIX")
    page.get_by_label("Find").press("Enter")
    opened(page, "Do fix")
    page.get_by_label("Find").fill("nothing like it")
    page.get_by_label("Find").press("Enter")
    expect(page.locator("#map-said")).to_have_text("Nothing found for “nothing like it”.")


def test_a_question_is_found_by_one_of_its_answers(drawn, wizard):
    Choice.objects.filter(node__key="q", key="yes").update(label="I have tried the recorder")
    page = drawn(wizard)
    page.get_by_label("Find").fill("RECORDER")
    page.get_by_label("Find").press("Enter")
    opened(page, "Question q?")


def test_enter_goes_on_through_what_is_found(drawn, wizard):
    page = drawn(wizard)
    page.get_by_label("Find").fill("end")
    for heading in ("End ok", "End human", "End ok"):
        page.get_by_label("Find").press("Enter")
        opened(page, heading)
        expect(page.locator("#map-said")).to_have_text("2 found. Press Enter for the next.")


def test_the_drawing_is_made_larger_and_smaller(drawn, wizard):
    page = drawn(wizard)
    levels = [page.evaluate("mapDrawing.zoom()")]
    for name in ("Zoom in", "Zoom out", "Zoom out"):
        page.get_by_role("button", name=name).click()
        levels.append(page.evaluate("mapDrawing.zoom()"))
    box = page.locator("#map-drawing").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.wheel(0, -200)
    until(page, f"mapDrawing.zoom() > {levels[3]}")
    assert levels[0] == pytest.approx(levels[2])
    assert levels[1] > levels[0] > levels[3]
    page.get_by_role("button", name="Show all").click()
    box = page.evaluate("mapDrawing.elements().renderedBoundingBox()")
    assert box["x1"] >= 0
    assert box["x2"] <= page.evaluate("mapDrawing.width()")


def test_faults_are_marked_with_a_ring_and_a_sign(drawn, wizard):
    Choice.objects.filter(node__wizard=wizard, key="yes").update(to=None)
    page = drawn_anew(drawn, wizard)
    look = "(name) => ['q', 'ok'].map((id) => String(mapDrawing.getElementById(id).style(name)))"
    assert page.evaluate(look, "border-width") == ["4px", "2px"]
    assert ["map/error.svg" in each for each in page.evaluate(look, "background-image")] == [True, False]
    click(page, page.evaluate("mapDrawing.nodes('[kind = \"nowhere\"]').id()"))
    opened(page, "Question q?")


def drawn_anew(drawn, wizard) -> Page:
    """Open the map of a wizard with a way that leads nowhere."""
    page = drawn(toy("whole"))
    page.goto(f"/admin/wizards/wizard/{wizard.pk}/map/")
    expect(page.locator("#map-room")).to_have_attribute("data-drawn", "7 nodes, 8 edges")
    return page


def test_a_way_is_led_elsewhere_and_the_map_follows(drawn, wizard):
    page = drawn(wizard, "#q")
    opened(page, "Question q?")
    seen = page.evaluate("mapDrawing.getElementById('q').renderedPosition()")
    way = way_of(page, "Choose yes")
    way.get_by_label("Leads to").select_option("End human")
    way.get_by_role("button", name="Save").click()
    expect(page.locator("#map-panel .messagelist")).to_contain_text("now leads to “End human”")
    until(page, LEADS_TO_HUMAN)
    assert page.evaluate("mapDrawing.getElementById('q').renderedPosition()") == pytest.approx(seen, abs=1)
    assert Choice.objects.get(node__wizard=wizard, key="yes").to.key == "human"


def test_the_node_that_a_way_leads_to_is_pointed_at(drawn, wizard):
    page = drawn(wizard, "#q")
    opened(page, "Question q?")
    way_of(page, "Choose yes").get_by_role("button", name="Pick it on the map").click()
    click(page, "fix")
    expect(page.locator("#map-panel .messagelist")).to_contain_text("now leads to “Do fix”")
    assert Choice.objects.get(node__wizard=wizard, key="yes").to.key == "fix"


def test_a_node_is_added_behind_a_way_and_the_map_follows(drawn, wizard):
    page = drawn(wizard, "#q")
    opened(page, "Question q?")
    way = way_of(page, "Choose yes")
    way.get_by_label("Or add a new node here").fill("Is it warm?")
    way.get_by_role("button", name="Add node").click()
    opened(page, "Is it warm?")
    expect(page.locator("#map-room")).to_have_attribute("data-drawn", "7 nodes, 8 edges")
    expect(page.locator("#map-outline")).to_contain_text("Is it warm?")


def test_a_node_is_deleted_with_a_warning_and_the_map_follows(drawn, wizard):
    page = drawn(wizard, "#why")
    opened(page, "Why why")
    page.get_by_text("Delete this node").click()
    expect(page.locator(".panel-delete")).to_contain_text("1 node will no longer be reachable: End human")
    page.get_by_role("button", name="Delete “Why why”").click()
    expect(page.locator("#map-panel")).to_contain_text("was deleted")
    expect(page.locator("#map-room")).to_have_attribute("data-drawn", "7 nodes, 6 edges")
    assert not Node.objects.filter(wizard=wizard, key="why").exists()


def there(page: Page) -> None:
    """Wait until the form beside the map is there: from then on, the map listens to it."""
    expect(page.frame_locator("#map-frame").get_by_label("Title")).to_be_visible()
    page.frames[1].wait_for_load_state("load")


def test_the_form_opens_beside_the_map_which_follows_what_is_saved(drawn, wizard):
    page = drawn(wizard, "#q")
    opened(page, "Question q?")
    page.get_by_role("link", name="Open the form", exact=True).click()
    form = page.frame_locator("#map-frame")
    there(page)
    form.get_by_label("Title").fill("Is it on at all?")
    form.locator('input[name="_save"]').first.click()
    until(page, "mapDrawing.getElementById('q').data('label') === 'Is it on at all?'")
    expect(page.locator("#map-frame")).to_be_visible()
    expect(form.get_by_label("Title")).to_have_value("Is it on at all?")
    page.get_by_role("button", name="Back to the node").click()
    opened(page, "Is it on at all?")


def test_a_fault_opens_the_form_at_its_field(drawn, wizard):
    page = drawn(wizard, "#q")
    opened(page, "Question q?")
    way = way_of(page, "Choose yes")
    way.get_by_label("Leads to").select_option("nowhere yet")
    way.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Choose the node it leads to.").click()
    expect(page.frame_locator("#map-frame").get_by_label("Title")).to_have_value("Question q?")
    until(
        page, "document.getElementById('map-frame').contentWindow.location.href.endsWith('?_beside=1#id_choices-0-to')"
    )


def test_what_is_typed_in_the_form_is_not_lost_unasked(drawn, wizard):
    page = drawn(wizard, "#q")
    opened(page, "Question q?")
    page.get_by_role("link", name="Open the form", exact=True).click()
    there(page)
    page.frame_locator("#map-frame").get_by_label("Title").fill("Half a")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Back to the node").click()
    assert asked == ["The form has unsaved changes. Leave it?"]
    expect(page.frame_locator("#map-frame").get_by_label("Title")).to_have_value("Half a")


def test_the_list_opens_panels_by_the_keyboard(drawn, wizard):
    page = drawn(wizard)
    link = page.locator("#map-outline").get_by_role("link", name="Why why").first
    link.focus()
    page.keyboard.press("Enter")
    opened(page, "Why why")
    expect(page.locator("#map-panel")).to_be_focused()


def test_without_a_script_the_list_and_its_panels_do_the_same(drawn, wizard):
    page = drawn(wizard, java_script=False)
    expect(page.locator("#map-room")).to_be_hidden()
    page.locator("#map-outline").get_by_role("link", name="Question q?").first.click()
    way = page.locator(".panel-ways > li").filter(has_text="Choose yes")
    way.locator("summary").click()
    way.get_by_label("Leads to").select_option("End human")
    way.get_by_role("button", name="Save").click()
    expect(page.locator(".messagelist")).to_contain_text("now leads to “End human”")
    assert Choice.objects.get(node__wizard=wizard, key="yes").to.key == "human"


def test_axe_finds_nothing_in_the_light_in_the_dark_and_on_a_small_screen(drawn, wizard):
    page = drawn(wizard, "#q", reduced_motion="reduce")
    opened(page, "Question q?")
    way_of(page, "Choose yes")
    nothing_is_found(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"/admin/wizards/wizard/{wizard.pk}/map/q/")
    nothing_is_found(page)


def nothing_is_found(page: Page) -> None:
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, (), COLOUR_RULES) == []
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []


def test_on_a_small_screen_the_list_comes_first_and_nothing_sticks_out(drawn, wizard):
    page = drawn(wizard, viewport={"width": 390, "height": 844})
    tops = [page.locator(each).bounding_box()["y"] for each in (".map-list", ".map-room")]
    assert tops[0] < tops[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#map-outline").get_by_role("link", name="Question q?").first.click()
    expect(page).to_have_url(f"{page.evaluate('location.origin')}/admin/wizards/wizard/{wizard.pk}/map/q/")


def test_the_drawing_changes_its_colours_with_the_theme(drawn, wizard):
    page = drawn(wizard, color_scheme="light")
    fill = "mapDrawing.getElementById('q').style('background-color')"
    light = page.evaluate(fill)
    page.emulate_media(color_scheme="dark")
    until(page, f"{fill} !== '{light}'")
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    until(page, f"{fill} === '{light}'")


def test_300_nodes_are_placed_and_drawn_cheaply_in_two_tasks_with_the_browsers_turn_between(drawn, wizard):
    page = drawn(wizard)
    page.context.add_init_script(TURNS)
    page.goto(f"/admin/wizards/wizard/{large(300).pk}/map/")
    expect(page.locator("#map-room")).to_have_attribute("data-drawn", "331 nodes, 627 edges")
    assert page.evaluate("mapDrawing.renderer().textureOnViewport") is True
    assert page.evaluate("mapDrawing.renderer().options.pixelRatio") == 1
    assert len({tuple(place) for place in page.evaluate(PLACES)}) == 331, "two nodes lie on one another"
    assert page.evaluate("turns") == ["placed", "turn", "drawn"]
