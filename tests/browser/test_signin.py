"""Staff sign in with a browser: set up a phone, come back with its code, and are led there when a session has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from tests.accounts.signing_in import code_of
from tests.browser.accessibility import NARROWEST, SMALL_TARGETS, SMALLEST, SMALLEST_MAIN, TOO_WIDE, findings
from tests.browser.desk import sign_in

pytestmark = pytest.mark.browser

NAME, PASSWORD = "ada", "a quiet afternoon"
MAIN_TARGETS = ".btn, .bar a, .bar button, .plain, summary, input"
PLACES = {
    "password again": "/account/confirm/",
    "overview": "/account/",
    "password": "/account/password/",
    "codes": "/account/codes/",
    "new codes": "/account/codes/new/",
    "another phone": "/account/phone/remove/",
    "sign out": "/account/logout/",
}


@pytest.fixture(autouse=True)
def _with_second_step(settings) -> None:
    """Ask for the second step, as every site does that is reached by https."""
    settings.STAFF_MFA = True


@pytest.fixture
def arrive(visitor) -> Callable[..., Page]:
    """Give a function by which a new member of staff signs in with their password, in a browser of their own."""
    User.objects.create_superuser(NAME, password=PASSWORD)

    def with_password(**options) -> Page:
        page = visitor(**options)
        page.goto("/review/")
        password(page)
        return page

    return with_password


def password(page: Page) -> None:
    """Type name and password."""
    page.get_by_label("User name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def set_up(page: Page) -> str:
    """Set up a phone on the page that one is led to; return its secret."""
    expect(page.get_by_role("heading", name="Set up your phone")).to_be_visible()
    page.get_by_text("It cannot be scanned").click()
    secret = page.locator(".key").inner_text()
    page.get_by_label("Code from the app").fill(code_of(secret))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    return secret


def seen(seconds: int) -> dict[str, Any]:
    """Let the last sign of life in the one session be so many seconds ago; return what the session holds."""
    session = Session.objects.get().get_decoded() | {"seen": int(time.time()) - seconds}
    Session.objects.update(session_data=Session.objects.encode(session))
    return session


@pytest.mark.parametrize("java_script", [True, False], ids=["with script", "without script"])
def test_a_phone_is_set_up_before_anything_else_and_its_code_signs_in(arrive, java_script):
    page = arrive(java_script=java_script)
    page.goto("/admin/")
    secret = set_up(page)
    expect(page.locator(".recovery li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/admin/")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.goto("/review/")
    password(page)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("That code is not right")).to_be_visible()
    page.get_by_label("Code").fill(code_of(secret, 1))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/review/")


def test_the_square_can_be_seen_and_is_dark_on_white_in_the_dark_too(arrive):
    page = arrive(color_scheme="dark")
    square = page.locator(".qr-code svg").bounding_box()
    assert square["width"] == pytest.approx(square["height"], abs=1)
    assert square["width"] > 150
    assert page.locator(".qr-code").evaluate("(one) => getComputedStyle(one).backgroundColor") == "rgb(255, 255, 255)"


def test_what_renews_itself_leads_to_the_sign_in_when_the_session_has_ended(visitor, settings):
    settings.STAFF_MFA = False
    User.objects.create_superuser(NAME, password=PASSWORD)
    page = visitor()
    page.clock.install()
    sign_in(page, NAME, PASSWORD, "/review/")
    before = seen(600)
    with page.expect_response("**/review/?*") as renewed:
        page.clock.run_for(31_000)
    assert renewed.value.status == 200
    expect(page.locator(".htmx-request")).to_have_count(0)
    assert Session.objects.get().get_decoded() == before  # no sign of life
    seen(1800)
    page.clock.run_for(31_000)
    page.wait_for_url("**/account/login/?next=%2Freview%2F&ended=idle")
    expect(page.get_by_text("because nothing happened for half an hour")).to_be_visible()
    expect(page.get_by_role("heading", name="Sign in")).to_have_count(1)


def test_the_pages_of_the_sign_in_are_for_everybody(arrive):
    page = arrive()
    for_everybody(page)  # setting up
    secret = set_up(page)
    for path in PLACES.values():
        page.goto(path)
        for_everybody(page)
    page.locator("main").get_by_role("button", name="Sign out").click()
    for_everybody(page)  # user name and password
    password(page)
    for_everybody(page)  # the code
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("body")).not_to_contain_text("That code is not right")


def for_everybody(page: Page) -> None:
    """Look at a page with axe, on the narrowest screen, and with a large finger."""
    assert findings(page) == [], page.url
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    assert page.evaluate(TOO_WIDE) == [], page.url
    assert page.evaluate(SMALL_TARGETS, [MAIN_TARGETS, SMALLEST, SMALLEST_MAIN]) == [], page.url
