"""A procedure's steps in a frame beside their form: as they are typed, moved, added and taken away."""

from __future__ import annotations

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.admin.forms.editing import address, editor, toy
from wizards.models import Procedure, Step

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def form(page, live_server):
    """Give the page of a procedure with two steps, in an editor's hands; the content policy must stop nothing."""
    toy()
    cookie = editor().cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    complaints = []
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto(live_server.url + address(Procedure.objects.get(key="press")))
    yield page
    assert complaints == []


def headings(page):
    return page.frame_locator(".look iframe").locator("h1")


def test_the_steps_are_shown_as_they_are_typed_and_nothing_is_saved(form):
    expect(headings(form)).to_have_text(["Step hold", "Step release"])
    form.fill("#id_steps-0-title", "Hold it down")
    form.fill("#id_erases", "All settings.")
    expect(headings(form)).to_have_text(["Procedure press", "Hold it down", "Step release"])
    shown = form.frame_locator(".look iframe").locator("main")
    form.locator("#steps-1 summary", has_text="For agents").click()
    form.fill("#id_steps-1-say", "Let go now, please.")
    expect(shown).to_contain_text("Let go now, please.")
    # The customer's styles reach the frame, and nothing in it is wider than it.
    assert shown.evaluate("main => getComputedStyle(main).maxWidth") != "none"
    assert shown.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert not Step.objects.filter(title="Hold it down").exists()


def test_the_steps_are_shown_in_the_order_they_are_left_with_new_ones_and_without_deleted_ones(form):
    form.click("#steps-0 .move-down")
    expect(headings(form)).to_have_text(["Step release", "Step hold"])
    form.click("#steps-group .add-row a")
    form.fill("#id_steps-2-title", "Wait")
    expect(headings(form)).to_have_text(["Step release", "Step hold", "Wait"])
    form.locator("#id_steps-1-DELETE").check()
    expect(headings(form)).to_have_text(["Step hold", "Wait"])


def test_a_procedure_that_is_being_added_is_shown_too(form, live_server):
    form.goto(f"{live_server.url}/admin/wizards/procedure/add/")
    expect(form.frame_locator(".look iframe").locator("main")).to_contain_text("There are no steps yet.")
    form.click("#steps-group .add-row a")
    form.fill("#id_steps-0-title", "Wait")
    expect(headings(form)).to_have_text(["Wait"])
