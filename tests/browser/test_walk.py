"""The main job: a customer says what is wrong, and is led to a working camera or to a person."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import stand
from tests.browser.walks import (
    Journey,
    arrived,
    code_of,
    ends,
    is_screen,
    number_of,
    plan,
    screen,
    step_with,
    tried,
    walk,
)
from wizards import flow, journal
from wizards.analytics import audit
from wizards.models import Session

pytestmark = pytest.mark.browser

SCREENS = {"question", "diagnosis", "confirm", "procedure", "outcome"}
# Past a question, a list of causes, one that did not help, what erases, a countdown and a picture.
WAYS = [is_screen("question"), tried, is_screen("confirm"), step_with(hold_seconds=True), step_with(picture=True)]


@pytest.fixture
def camera(documents) -> flow.Document:
    """Give the wizard of the Hikvision camera."""
    return documents["hikvision-camera"]


@pytest.mark.parametrize(
    ("result", "java_script"), [("solved", True), ("unsolved", False)], ids=["with script", "without script"]
)
def test_a_customer_is_led_all_the_way(visitor, camera, result, java_script):
    journey = plan(camera, *WAYS, ends(result))
    assert {screen(camera, position) for position in journey.positions} == SCREENS
    page = visitor(java_script)
    choose(page, camera, journey.symptom)
    page.evaluate("window.arrived = 'once'") if java_script else None
    walk(page, camera, journey)
    if java_script:
        assert page.evaluate("window.arrived") == "once", "a whole page was loaded on the way"
    expect(page.get_by_role("heading", name="Did this help?")).to_be_visible()
    if result == "unsolved":
        reference = code_of(page).upper()
        expect(page.locator("#page .code")).to_have_text(" ".join(re.findall("....", reference)))
    the_log_says(page, journey, result)


@pytest.mark.parametrize("java_script", [True, False], ids=["with script", "without script"])
def test_where_it_did_not_help_a_person_is_one_press_away(visitor, camera, java_script):
    page = visitor(java_script)
    stand(page, camera, plan(camera, ends("solved")))
    code = code_of(page)
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_role("heading", name="What you can do now")).to_be_visible()
    expect(page.locator("#page .mark.green")).to_have_count(0)
    page.locator("#page").get_by_role("button", name="Talk to a person").click()
    expect(page.locator("h1")).to_have_text("Talk to a person")
    expect(page).to_have_url(re.compile(f"/s/{code}/help/$"))
    kinds = Session.objects.get(code=code).events.order_by("number").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["feedback", "help"]


def choose(page: Page, document: flow.Document, symptom: str) -> None:
    """Search for a symptom in its own words, and choose it from what is found."""
    wanted = document.symptom(symptom)
    page.goto("/")
    page.get_by_role("searchbox").fill(f"{wanted.label}, hikvision")
    way = page.locator(f'#results button[formaction="/begin/{document.slug}/{symptom}/"]')
    if page.evaluate("!!window.htmx"):
        expect(way).to_be_visible()
        assert page.url.endswith("/"), "results come while one types"
    else:
        page.get_by_role("button", name="Search").click()
    way.click()
    arrived(page, 1)


def the_log_says(page: Page, journey: Journey, result: str) -> None:
    """Hold that the session's log holds the journey, and that it replays to where the session stands."""
    session = Session.objects.get(code=code_of(page))
    assert (session.status, session.count, session.position) == (result, number_of(page), journey.positions[-1])
    events = session.events.order_by("number")
    assert list(events.values_list("number", flat=True)) == list(range(1, session.count + 1))
    assert tuple(events.filter(kind="answer").values_list("answer", flat=True)) == journey.answers
    again = journal.rebuild_row(session)
    for name in audit.DENORMALIZED_COLUMNS:
        assert getattr(again, name) == getattr(session, name)
    assert list(audit.find_violations()) == []
