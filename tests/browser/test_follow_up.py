"""A case in a real browser: sent to support, closed, and opened again from the link in the mail."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import findings
from tests.browser.places import send_to_support, stand
from tests.browser.walks import ends, plan
from tests.support import conftest
from tests.support.walking import work
from wizards.models import Case
from wizards.support import cases

pytestmark = pytest.mark.browser
mail = conftest.mail


@pytest.fixture
def closed(visitor, documents, mail) -> Page:
    """Send a case to support, close it, and give the browser that the customer did it in."""
    return close(visitor(), documents)


def close(page: Page, found) -> Page:
    document = found["hikvision-camera"]
    stand(page, document, plan(document, ends("unsolved")))
    send_to_support(page)
    cases.close(Case.objects.get(), None, other="The cat.", works=True)
    work()
    return page


def mailed(mail) -> tuple[str, str]:
    """Return the link and the code that the last mail holds."""
    text = mail.mails[-1].get_body(("plain",)).get_content()
    return re.search(r"http://\S+?(/case/\S+)", text)[1], re.search(r"it is: ([\w ]+)", text)[1].strip()


def test_without_javascript_the_code_is_typed(visitor, documents, mail):
    page = close(visitor(java_script=False), documents)
    link, code = mailed(mail)
    page.goto(link)
    page.get_by_label("The code from our mail").fill(code)
    page.get_by_role("button", name="It still works").click()
    expect(page.get_by_role("heading", name="We are glad that it works")).to_be_visible()
    assert Case.objects.get().came_back is False


def test_a_code_that_does_not_fit_is_said_and_stays_to_be_mended(closed, mail, complained):
    link, code = mailed(mail)
    closed.goto(link.partition("#")[0])
    closed.get_by_label("The code from our mail").fill("abcd efgh jkmn pqrs")
    closed.get_by_role("button", name="It came back").click()
    expect(closed.get_by_role("alert")).to_contain_text("That code does not fit.")
    expect(closed.get_by_label("The code from our mail")).to_have_value("abcd efgh jkmn pqrs")
    complained.expect("422")
    closed.get_by_label("The code from our mail").fill(code)
    closed.get_by_role("button", name="It came back").click()
    expect(closed.get_by_role("heading", name="is open again")).to_be_visible()
    assert findings(closed) == []
    assert Case.objects.get().closed_at is None
