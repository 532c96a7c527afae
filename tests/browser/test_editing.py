"""The whole of editing in a browser: make a wizard from nothing, mend it, publish it, change it, go back."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.admin.forms.editing import editors, toy
from tests.browser.desk import Desk
from tests.browser.walks import until
from wizards.models import Session

pytestmark = pytest.mark.browser

PASSWORD = "a kettle of fish"
LIT, COOL, BOILS, TALK = "Is a light on?", "Let it cool", "It boils again", "We take it from here"


@pytest.fixture
def desk(visitor) -> Desk:
    """Give the desk of an editor who has just signed in."""
    user = User.objects.create_user("ed", password=PASSWORD, is_staff=True)
    user.groups.add(editors())
    found = Desk(visitor())
    found.sign_in("ed", PASSWORD)
    return found


def make(desk: Desk) -> None:
    """Make a wizard from nothing, with one choice that leads nowhere."""
    add_procedure(desk)
    desk.add_wizard("Kettle")
    desk.add_node("outcome", BOILS, result="solved")
    desk.save()
    desk.add_node("outcome", TALK, result="unsolved")
    desk.save()
    desk.add_node("procedure page", COOL, procedure="Cool it", worked=BOILS, failed=TALK, blocked=TALK)
    desk.save()
    desk.add_node("question", LIT)
    for label in ("Yes", "No"):
        desk.add_row("choices").locator("[name$=-label]").fill(label)
    desk.choose(desk.page.locator("#choices-0 .field-to"), COOL)
    desk.save()
    symptom = desk.add_row("symptoms")
    symptom.locator("[name$=-label]").fill("The water stays cold")
    desk.choose(symptom.locator(".field-to"), LIT)
    desk.save("_continue")


def add_procedure(desk: Desk) -> None:
    """Write a procedure of two steps."""
    desk.page.get_by_role("row", name="Procedures").get_by_role("link", name="Add").click()
    desk.page.get_by_label("Title").first.fill("Cool it")
    for title in ("Unplug the kettle", "Wait until it is cold"):
        desk.add_row("steps").locator("[name$=-title]").fill(title)
    desk.save()


def begin(page: Page, label: str) -> Page:
    """As a customer: begin with the symptom, and choose the answer with this label."""
    page.goto("/w/kettle/")
    page.get_by_role("button", name="The water stays cold").click()
    expect(page.locator("h1")).to_have_text(LIT)
    page.get_by_label(label, exact=True).check()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("h1")).to_have_text("Unplug the kettle")
    return page


def finish(page: Page) -> str:
    """As a customer: do the procedure's steps; return the heading of the end."""
    page.locator("#page button[value=next]").click()
    expect(page.locator("h1")).to_have_text("Wait until it is cold")
    page.locator("#page button[value=worked]").click()
    expect(page.locator("h1")).not_to_have_text("Wait until it is cold")
    return page.locator("h1").inner_text()


def test_a_wizard_is_made_mended_published_changed_under_a_session_and_restored(desk, visitor):
    make(desk)

    desk.tab("Publish")
    expect(desk.page.locator(".finding.bad")).to_contain_text("1 error blocks publishing")
    expect(desk.page.get_by_role("button", name="Publish version 1")).to_have_count(0)
    desk.lead(LIT, "No", TALK)
    desk.publish("The first one")
    in_the_middle = begin(visitor(), "Yes")

    desk.tab("Edit")
    desk.page.get_by_role("link", name=LIT).first.click()
    desk.page.locator("#id_choices-0-label").fill("Yes, it glows")
    desk.save()
    desk.lead(COOL, "It worked", TALK)
    desk.publish("It glows")

    assert finish(in_the_middle) == BOILS
    assert finish(begin(visitor(), "Yes, it glows")) == TALK
    assert desk.versions() == [["2", "Current It glows", "1"], ["1", "The first one", "1"]]

    desk.page.get_by_role("link", name="Restore version 1").click()
    desk.page.get_by_role("button", name="Restore version 1 into the draft").click()
    desk.publish("Back to the first")
    assert finish(begin(visitor(), "Yes")) == BOILS
    assert [row[0] for row in desk.versions()] == ["3", "2", "1"]


def test_a_form_that_adds_something_begins_with_its_title(desk):
    wizard = toy()
    for place in (
        "wizard/add/",
        "procedure/add/",
        *(f"node/add/?wizard={wizard.pk}&kind={kind}" for kind in ("question", "diagnosis", "procedure", "outcome")),
    ):
        desk.page.goto(f"/admin/wizards/{place}")
        expect(desk.page.locator("#id_title")).to_be_focused()


def test_nothing_can_be_sought_on_the_map_before_it_is_drawn(desk):
    toy()
    desk.open("Toy")
    held = []
    desk.page.route("**/graph.json", lambda route: held.append(route))
    desk.tab("Map")
    expect(desk.page.get_by_label("Find")).to_be_disabled()
    expect(desk.page.get_by_role("button", name="Find")).to_be_disabled()
    until(desk.page, lambda: bool(held))
    held[0].continue_()
    expect(desk.page.get_by_label("Find")).to_be_enabled()


def test_the_steps_of_a_procedure_are_shown_as_the_customer_sees_them_while_one_types(desk):
    toy()
    desk.open("Toy")
    desk.page.get_by_role("link", name="Procedure press").click()
    shown = desk.page.frame_locator(".look iframe")
    desk.page.locator("#id_steps-0-title").fill("Hold it down")
    expect(shown.get_by_role("heading", name="Hold it down")).to_be_visible()
    desk.page.locator("#steps-1 .move-up").click()
    expect(shown.get_by_role("heading").last).to_have_text("Hold it down")


def test_a_preview_from_a_node_shows_the_agents_words_and_counts_nowhere(desk):
    toy()
    desk.open("Toy")
    desk.page.get_by_role("link", name="Question q?").first.click()
    desk.page.get_by_label("What the agent says aloud").fill("Would you look at the light?")
    desk.save("_continue")
    desk.page.get_by_role("button", name="Preview from here").click()
    expect(desk.page.locator("h1")).to_have_text("Question q?")
    expect(desk.page.get_by_label("For the agent")).to_contain_text("Would you look at the light?")
    desk.page.get_by_label("Choose yes").check()
    desk.page.get_by_role("button", name="Continue").click()
    expect(desk.page.locator("h1")).to_have_text("End ok")
    desk.open("Toy")
    assert [row[2] for row in desk.versions()] == ["0"]
    assert Session.objects.get().channel == Session.Channel.TEST
    desk.tab("Publish")
    expect(desk.page.get_by_text("This wizard has no sessions yet")).to_be_visible()


def test_an_archived_wizard_takes_no_new_session_and_running_ones_finish(desk, visitor, complained):
    toy()
    running, reading = visitor(), visitor()
    for page in (running, reading):
        page.goto("/w/toy/")
    running.locator(".ways button").first.click()
    expect(running.locator("h1")).to_have_text("Question q?")

    desk.open("Toy")
    desk.tab("Versions")
    desk.page.get_by_role("button", name="Archive this wizard").click()
    expect(desk.page.locator(".finding.caution")).to_contain_text("takes no new sessions")

    reading.locator(".ways button").first.click()
    expect(reading.locator("h1")).not_to_have_text("What do you see?")
    complained.expect("404")
    assert Session.objects.count() == 1
    running.get_by_label("Choose yes").check()
    running.get_by_role("button", name="Continue").click()
    expect(running.locator("h1")).to_have_text("End ok")
