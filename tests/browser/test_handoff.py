"""A customer's session shared, in real browsers: with an agent who joins by a code, and with another device."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.accessibility import findings
from wizards import journal
from wizards.models import Session
from wizards.support import join_codes

pytestmark = pytest.mark.browser


@pytest.fixture
def agent(transactional_db):
    return User.objects.create(username="sam", first_name="Sam", is_staff=True)


def begun(page: Page) -> Page:
    """Begin a session at the first symptom of a camera."""
    page.goto("/w/zosi-camera/")
    page.locator("main form button").first.click()
    expect(page.get_by_role("group").or_(page.locator("main form")).first).to_be_visible()
    return page


def offered(page: Page) -> str:
    """Ask for a person, then for a code; return it as it is shown."""
    page.get_by_role("button", name="Talk to a person").click()
    page.get_by_role("button", name="Give me a code").click()
    return page.locator("#page .code.handed").inner_text()


def one() -> Session:
    return Session.objects.get()


def poll(page: Page) -> int:
    """Let two seconds pass at once, after which a page that follows asks for news; return the answer's status."""
    with page.expect_response("**/news/") as answer:
        page.clock.run_for(2000)
    return answer.value.status


def test_what_the_customer_has_chosen_stays_while_nobody_moves(visitor, agent):
    page = visitor()
    page.clock.install()
    begun(page)
    join_codes.join(offered(page), agent)
    poll(page)
    expect(page.get_by_text("Sam is with you")).to_be_visible()
    page.locator("#page input[type=radio]").last.check()
    journal.note(Session.objects.all(), one().count, "Kind.", agent)
    for _ in range(2):
        assert poll(page) == 204
    expect(page.locator("#page input[type=radio]").last).to_be_checked()


def test_another_device_takes_the_code_from_its_address_and_no_server_sees_it(visitor):
    page = begun(visitor())
    page.get_by_role("button", name="Talk to a person").click()
    page.get_by_role("button", name="Go on with another device of mine").click()
    code = page.locator("#page .code.handed").inner_text().replace(" ", "")
    asked = []
    phone = visitor(viewport={"width": 390, "height": 800})
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(f"/join/#{code}")
    expect(phone.get_by_label("Code")).to_have_value(code)
    expect(phone).not_to_have_url(re.compile("#"))
    phone.get_by_role("button", name="Go on here").click()
    expect(phone).to_have_url(page.url.partition("/s/")[0] + f"/s/{one().code}/{one().count}/")
    assert asked
    assert not [url for url in asked if code in url.partition("#")[0]]


def test_without_a_script_the_code_is_typed(visitor):
    page = begun(visitor(java_script=False))
    page.get_by_role("button", name="Talk to a person").click()
    page.get_by_role("button", name="Go on with another device of mine").click()
    code = page.locator("#page .code.handed").inner_text()
    phone = visitor(java_script=False)
    phone.goto("/join/")
    phone.get_by_label("Code").fill(code.lower())
    phone.get_by_role("button", name="Go on here").click()
    expect(phone.locator("#page form").first).to_be_visible()


def test_the_pages_of_a_code_are_accessible(visitor, agent):
    page = visitor()
    begun(page)
    code = offered(page)
    assert findings(page) == []
    page.goto("/join/")
    assert findings(page) == []
    join_codes.join(code, agent)
    page.goto(f"/s/{one().code}/")
    expect(page.get_by_text("Sam is with you")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="Talk to a person").click()
    page.get_by_role("button", name="Go on with another device of mine").click()
    assert findings(page) == []
