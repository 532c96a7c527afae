"""Staff in browsers of their own, and an agent at the desk: what they press, by the keyboard.

page = signed_in(visitor(), member("ann", group="agents", rights=AGENTS), site, "/desk/")
choose(page, "yes")                the digit of an answer
walk(page, document, journey)      all answers of a journey, by their digits
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from playwright.sync_api import Page, expect

from tests.browser.walks import Journey, heading
from wizards import flow

AGENTS = ("view_call", "add_call", "change_call", "view_case", "change_case")
REVIEWERS = ("view_session", "view_words", "view_search", "change_symptom")
REVIEWERS += ("view_finding", "add_finding", "change_finding")


def member(name: str, last_name: str = "", *, group: str = "", rights: tuple[str, ...] = ()) -> User:
    """Make a member of staff, with rights of their own or those of a group.

    A group is made anew: what migrations wrote is gone after a test that empties the tables.
    """
    user = User.objects.create_user(name, is_staff=True, first_name=name.title(), last_name=last_name)
    found = Permission.objects.filter(content_type__app_label="wizards", codename__in=rights)
    if group:
        made, _ = Group.objects.get_or_create(name=group)
        made.permissions.add(*found)
        user.groups.add(made)
    else:
        user.user_permissions.add(*found)
    return user


def signed_in(page: Page, user: User, site: str, address: str) -> Page:
    """Let a page's browser be that of somebody who has signed in, and open an address; return the page.

    The pages of the sign-in have tests of their own: all others begin behind them.
    """
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    page.goto(address)
    return page


def choose(page: Page, answer: str) -> None:
    """Press the digit that gives an answer at the desk, once the script is there that hears it."""
    page.wait_for_load_state()
    key = page.locator(f"#live button[name=answer][value='{answer}']").get_attribute("aria-keyshortcuts")
    page.keyboard.press(key)


def walk(page: Page, document: flow.Document, journey: Journey) -> None:
    """Give the journey's answers at the desk by their digits."""
    for answer, position in zip(journey.answers, journey.positions[1:], strict=True):
        choose(page, answer)
        expect(page.locator("#heading")).to_have_text(heading(document, position))
