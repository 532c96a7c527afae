"""The editing forms in a real browser: popups, autocomplete, ordering and the Markdown preview."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.admin.forms.editing import address, editor, node, toy
from tests.browser.accessibility import WIDTHS, violations
from wizards import publishing
from wizards.models import Procedure, Wizard
from wizards.publishing import images

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def wizard(live_server):
    return toy()


@pytest.fixture
def desk(page, live_server, wizard):
    """Return a page signed in as an editor; the test fails on a content policy violation or script error."""
    cookie = editor().cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    violations_logged = []
    page.on(
        "console", lambda line: violations_logged.append(line.text) if "Content Security Policy" in line.text else None
    )
    page.on("pageerror", lambda error: violations_logged.append(str(error)))
    page.violations_logged = violations_logged
    page.open = lambda row, part="change": page.goto(live_server.url + address(row, part))
    yield page
    assert violations_logged == []


def save(desk):
    """Save and stay on the form."""
    desk.locator("[name=_continue]").first.click()
    expect(desk.locator(".messagelist .success")).to_be_visible()


def test_a_target_is_added_in_a_popup_without_losing_input(desk, wizard):
    desk.open(node(wizard, "q"))
    desk.fill("#id_title", "Typed, not saved")
    with desk.expect_popup() as opened:
        desk.click("#add_id_choices-0-to")
    popup = opened.value
    popup.click("button[value=outcome]")
    popup.fill("#id_title", "A new end")
    popup.select_option("#id_result", "advice")
    popup.locator("[name=_save]").first.click()
    expect(desk.locator("#select2-id_choices-0-to-container")).to_contain_text("A new end")
    expect(desk.locator("#id_title")).to_have_value("Typed, not saved")
    save(desk)
    saved = publishing.compile_draft(Wizard.objects.get(pk=wizard.pk)).node("q")
    assert (saved.title, saved.choices[0].to) == ("Typed, not saved", "a-new-end")


def test_a_target_is_found_by_typing_within_the_wizard(desk, wizard):
    toy("other")
    desk.open(node(wizard, "q"))
    desk.click(".field-to >> nth=0 >> .select2-selection")
    desk.keyboard.type("end o")
    expect(desk.locator(".select2-results__option")).to_have_text(["End ok"])


def labels(page):
    return page.eval_on_selector_all("[name$=-label]:not([name*=__])", "all => all.map(each => each.value)")


def test_rows_are_moved_with_the_keyboard_and_saved(desk, wizard):
    desk.open(node(wizard, "q"))
    desk.locator("#choices-0 .move-down").focus()
    desk.keyboard.press("Enter")
    assert labels(desk) == ["Choose no", "Choose yes"]
    save(desk)
    assert labels(desk) == ["Choose no", "Choose yes"]


def test_a_new_row_is_moved_before_it_is_saved(desk, wizard):
    desk.open(node(wizard, "q"))
    desk.click("#choices-group .add-row a")
    desk.fill("#id_choices-2-label", "Not sure")
    desk.click("#choices-2 .move-up")
    save(desk)
    assert labels(desk) == ["Choose yes", "Not sure", "Choose no"]


def test_rows_are_dragged(desk, wizard):
    desk.open(node(wizard, "q"))
    desk.locator("#choices-0 td.original p").drag_to(desk.locator("#choices-1 td.original p"))
    expect(desk.locator("#id_choices-1-place")).to_have_value("1")
    save(desk)
    assert labels(desk) == ["Choose no", "Choose yes"]


def test_a_form_with_an_error_comes_back_in_the_order_it_was_left(desk, wizard):
    desk.open(node(wizard, "q"))
    desk.click("#choices-0 .move-down")
    desk.fill("#id_text", "x" * 8001)
    desk.locator("[name=_continue]").first.click()
    expect(desk.locator(".errornote")).to_be_visible()
    assert labels(desk) == ["Choose no", "Choose yes"]


def test_a_form_with_an_error_comes_back_at_the_field_that_has_it_though_it_is_folded(desk, wizard):
    desk.open(Procedure.objects.get(key="press"))
    desk.locator("#steps-1 summary", has_text="For agents").click()
    desk.fill("#id_steps-1-say", "x" * 8001)
    desk.locator("[name=_continue]").first.click()
    expect(desk.locator(".errornote")).to_be_visible()
    expect(desk.locator("#id_steps-1-say")).to_be_focused()
    expect(desk.locator("#id_steps-1-say")).to_be_in_viewport()


def test_a_new_table_row_can_be_removed(desk, wizard):
    desk.open(node(wizard, "q"))
    desk.click("#choices-group .add-row a")
    remove, arrows = (desk.locator(f"#choices-2 {part}").bounding_box() for part in (".inline-deletelink", ".sort"))
    assert remove["x"] + remove["width"] <= arrows["x"], "the arrows lie over the cross"
    desk.click("#choices-2 .inline-deletelink")
    expect(desk.locator("#choices-2")).to_have_count(0)


def test_a_picture_without_alt_text_is_reported_before_the_form_is_sent(desk, wizard):
    desk.open(Procedure.objects.get(key="press"))
    desk.select_option("#id_steps-0-picture", "lights")
    desk.locator("[name=_continue]").first.click()
    expect(desk.locator("#id_steps-0-picture_alt")).to_be_focused()
    expect(desk.locator("#id_steps-0-picture")).to_have_value("lights")
    expect(desk.locator(".errornote")).to_have_count(0)


def test_a_picture_that_is_too_large_is_reported_before_the_form_is_sent(desk, wizard, tmp_path):
    (tmp_path / "large.png").write_bytes(bytes(images.MAX_BYTES + 1))
    desk.open(Procedure.objects.get(key="press"))
    upload = desk.locator("#id_steps-0-upload")
    upload.set_input_files(tmp_path / "large.png")
    desk.fill("#id_steps-0-picture_alt", "A light")
    desk.locator("[name=_continue]").first.click()
    expect(upload).to_be_focused()
    assert upload.evaluate("field => field.validationMessage") == "The file has 5.0 MB; at most 5 MB are accepted."
    upload.set_input_files([])
    save(desk)


def test_the_picture_of_a_deleted_step_needs_no_alt_text(desk, wizard):
    desk.open(Procedure.objects.get(key="press"))
    desk.select_option("#id_steps-0-picture", "lights")
    desk.check("#id_steps-0-DELETE")
    save(desk)


def test_markdown_is_previewed_while_typing(desk, wizard):
    desk.open(node(wizard, "q"))
    desk.fill("#id_text", "**Look** here")
    expect(desk.locator(".field-text .markdown-shown strong")).to_have_text("Look")


def test_the_chosen_picture_has_a_thumbnail(desk, wizard):
    desk.open(Procedure.objects.get(key="press"))
    preview = desk.locator("#steps-0 .thumbnail")
    expect(preview).to_be_hidden()
    desk.select_option("#id_steps-0-picture", "lights")
    expect(preview).to_have_attribute("src", re.compile("lights"))
    expect(preview).to_be_visible()


def test_a_link_to_a_fault_unfolds_its_section(desk, wizard, live_server):
    desk.goto(f"{live_server.url}{address(wizard)}#id_symptoms-0-key")
    expect(desk.locator("#id_symptoms-0-sources")).to_be_visible()


ROWS = {
    "wizard": lambda wizard: wizard,
    "question": lambda wizard: node(wizard, "q"),
    "diagnosis": lambda wizard: node(wizard, "why"),
    "procedure": lambda wizard: Procedure.objects.get(key="press"),
}


@pytest.mark.parametrize("kind", ROWS)
def test_the_forms_are_accessible(desk, wizard, kind):
    desk.open(ROWS[kind](wizard))
    assert desk.violations_logged == []
    # Select2, the head of a table of rows and the admin's frame are not ours to mend.
    theirs = (".select2-container", "thead .original", "#header", ".breadcrumbs", "#nav-sidebar", "#toggle-nav-sidebar")
    for width in WIDTHS:
        desk.set_viewport_size({"width": width, "height": 900})
        assert violations(desk, theirs) == []
        assert desk.evaluate("document.documentElement.scrollWidth") <= width
    desk.violations_logged.clear()  # axe itself styles elements in line


def test_the_page_is_previewed_while_typing(desk, wizard):
    desk.open(node(wizard, "q"))
    preview = desk.frame_locator(".look iframe")
    expect(preview.locator("h1")).to_have_text("Question q?")
    desk.fill("#id_title", "Is the light on?")
    desk.fill("#id_say", "Look at the light, please.")
    desk.fill("#id_choices-0-label", "It shines")
    expect(preview.locator("h1")).to_have_text("Is the light on?")
    expect(preview.locator("main")).to_contain_text("It shines")
    expect(preview.locator("main")).to_contain_text("Look at the light, please.")
    # The customer's styles reach the frame.
    assert preview.locator("main").evaluate("main => getComputedStyle(main).maxWidth") != "none"
