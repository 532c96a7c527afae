"""The first page in a real browser: its script is there, and the content policy stands in nothing's way."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_first_page_loads_its_script_and_reports_nothing_to_the_console(page, open_page):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    open_page("/")
    assert page.evaluate("window.htmx.version").startswith("4.")
    assert page.locator("h1").count() == 1
    assert complaints == []


def test_no_cookie_is_set_before_anything_is_begun_but_the_one_for_forms(page, open_page):
    open_page("/")
    assert {cookie["name"] for cookie in page.context.cookies()} <= {"csrf"}
