"""The search tells that nothing fits: by itself when a person rests, never while they type, and by a button."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from wizards.models import Search, Session

pytestmark = pytest.mark.browser

REST = 2000  # milliseconds without typing, after which the page tells
TOLD = "**/search/missed/"


def search(page, words):
    """Type words into the search of the home page."""
    page.goto("/")
    page.get_by_role("searchbox").press_sequentially(words)
    return page


def logged():
    return list(Search.objects.order_by("pk").values_list("words", "found", "wizard", "symptom"))


def test_whoever_rests_where_nothing_was_found_is_logged_and_left_in_peace(visitor):
    page = search(visitor(), "xyzzy plugh")
    with page.expect_response(TOLD) as told:
        expect(page.locator("#results")).to_contain_text("Nothing fits")
    assert told.value.status == 204
    page.wait_for_timeout(200)
    assert logged() == [("xyzzy plugh", 0, "", "")]
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.locator("#results")).to_contain_text("Nothing fits “xyzzy plugh” yet")
    expect(page.locator("#retry")).to_be_hidden()


def test_whoever_types_on_is_not_logged_for_what_stood_there_before(visitor):
    page = visitor()
    page.clock.install()
    page.goto("/")
    page.clock.pause_at(datetime.now() + timedelta(hours=1))
    for typed, found in (("xyzzy", "xyzzy"), (" plugh", "xyzzy plugh")):
        page.clock.run_for(REST // 2)
        page.get_by_role("searchbox").press_sequentially(typed)
        page.clock.run_for(REST // 4)
        expect(page.locator("#results")).to_contain_text(f"Nothing fits “{found}”")
    with page.expect_response(TOLD):
        page.clock.run_for(REST)
    assert [words for words, *_ in logged()] == ["xyzzy plugh"]


def test_whoever_finds_something_is_logged_when_they_choose_it_and_not_before(visitor):
    page = search(visitor(), "camera offline")
    expect(page.locator("#results h2")).to_contain_text("match")
    page.wait_for_timeout(REST + 500)
    assert logged() == []
    page.locator("#results .ways button").first.click()
    page.wait_for_url("**/s/*/*/")
    session = Session.objects.get()
    ((words, found, wizard, symptom),) = logged()
    assert (words, wizard, symptom) == ("camera offline", session.version.wizard.slug, session.symptom)
    assert found > 0


def test_a_log_that_does_not_reach_us_bothers_nobody(visitor, complained):
    page = visitor()
    page.route(TOLD, lambda route: route.abort())
    with page.expect_event("requestfailed"):
        search(page, "xyzzy")
    page.wait_for_timeout(300)
    expect(page.locator("#retry")).to_be_hidden()
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert logged() == []
    complained.expect("ERR_FAILED|Failed to fetch")


@pytest.mark.parametrize("java_script", [True, False])
def test_the_button_thanks_and_shows_the_ways_on(visitor, java_script):
    page = visitor(java_script=java_script)
    page.goto("/search/?q=camera")
    page.get_by_role("button", name="None of these is it").click()
    expect(page.locator("#results")).to_contain_text("Thank you")
    page.reload()
    ((words, found, _, symptom),) = logged()
    assert (words, symptom) == ("camera", "")
    assert found > 0
    page.locator("#results").get_by_role("link", name="choose your product").click()
    expect(page).to_have_title("What is not working? | Help desk")
