"""Without JavaScript: what the walks and the history tests do not touch anyway, by forms and links alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import stand
from tests.browser.walks import arrived, code_of, ends, give, is_screen, number_of, plan, step_with
from wizards import flow
from wizards.analytics import audit
from wizards.models import Session

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visitor) -> Page:
    """Give a visitor without JavaScript."""
    return visitor(java_script=False)


@pytest.fixture
def camera(documents) -> flow.Document:
    """Give the wizard of the Hikvision camera."""
    return documents["hikvision-camera"]


def last_event(page: Page) -> tuple[str, str]:
    """Return (kind, answer) of the last event of the session that is shown; hold that the log is sound."""
    assert list(audit.find_violations()) == []
    return Session.objects.get(code=code_of(page)).events.order_by("number").values_list("kind", "answer").last()


def test_search_by_the_button_or_the_enter_key(page):
    page.goto("/")
    page.get_by_role("searchbox").fill("forgot pasword")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="matches")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("forgot pasword")
    assert "q=forgot+pasword" in page.url
    page.get_by_role("searchbox").fill("toaster burns bread")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("Nothing fits")).to_be_visible()
    page.locator("#page").get_by_role("link", name="talk to a person").click()
    expect(page.locator("h1")).to_have_text("Talk to a person")


def test_nothing_that_needs_a_script_is_offered(page, camera):
    stand(page, camera, plan(camera, step_with(hold_seconds=True)))
    expect(page.locator(".timer")).to_contain_text("Hold for")
    expect(page.locator(".timer button")).to_have_count(0)
    page.get_by_role("link", name="Show all steps").click()
    expect(page.get_by_role("button", name="Print")).to_have_count(0)
    expect(page.locator("#retry")).to_be_hidden()


def test_all_steps_on_one_page_take_the_result(page, camera):
    document, journey = camera, plan(camera, step_with(last=False))
    stand(page, document, journey)
    procedure = flow.node_at(document, journey.positions[-1]).current_procedure(document, journey.positions[-1])
    page.get_by_role("link", name="Show all steps").click()
    assert page.locator("ol.steps > li > h2:not(.sub)").all_text_contents() == [step.title for step in procedure.steps]
    page.locator("button[value=worked]").click()
    expect(page.locator("ol.steps")).to_have_count(0)
    assert "worked" in Session.objects.get(code=code_of(page)).events.values_list("answer", flat=True)
    assert number_of(page) > len(journey.positions)
    assert list(audit.find_violations()) == []


def test_a_reloaded_page_logs_nothing_again(page, camera):
    journey = plan(camera, is_screen("question"), ends("solved"))
    stand(page, camera, plan(camera, is_screen("question"), symptom=journey.symptom))
    give(page, journey.answers[0])
    arrived(page, 2)
    page.reload()
    page.reload()
    arrived(page, 2)
    assert Session.objects.get(code=code_of(page)).count == 2


def test_a_remark_leads_back_to_its_page(page, camera):
    stand(page, camera, plan(camera, is_screen("confirm")))
    before, heading = number_of(page), page.locator("h1").text_content()
    page.get_by_role("link", name="This looks different from what I see").click()
    page.get_by_label("What do you see instead?").fill("The cover is missing.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you. We have noted what you see.")).to_be_visible()
    expect(page.locator("h1")).to_have_text(heading)
    assert last_event(page) == ("remark", "")
    assert number_of(page) in {before, before + 1}
    give(page, "decline")
    assert last_event(page)[1] == "decline"


def test_a_person_is_asked_for_and_knows_everything(page, camera):
    journey = plan(camera, is_screen("question"), is_screen("confirm"))
    stand(page, camera, journey)
    code = code_of(page)
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator("h1")).to_have_text("Talk to a person")
    expect(page.locator(".code")).to_have_text(" ".join(code.upper()[place : place + 4] for place in (0, 4, 8)))
    expect(page.locator(".told")).to_contain_text(camera.symptom(journey.symptom).label)
    page.get_by_role("link", name="Carry on where you were").click()
    assert last_event(page) == ("help", "")


def test_the_end_asks_whether_it_helped(page, camera):
    stand(page, camera, plan(camera, ends("unsolved")))
    page.get_by_text("Add a few words first").click()
    page.get_by_label("What should we know?").fill("Nobody could help.")
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_text("Thank you").first).to_be_visible()
    expect(page.get_by_role("heading", name="Did this help?")).to_have_count(0)
    assert last_event(page) == ("feedback", "no")
    session = Session.objects.get(code=code_of(page))
    assert session.events.get(kind="feedback").words.text == "Nobody could help."
    page.reload()
    expect(page.get_by_role("heading", name="Did this help?")).to_have_count(0)
