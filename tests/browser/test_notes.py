"""A note that an agent typed and did not save goes along with whatever moves the call, with and without a script."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session as StaffSession
from playwright.sync_api import Page, expect

from tests.browser import staff
from tests.browser.walks import heading, is_screen, plan
from wizards.analytics import audit
from wizards.models import Session, Version
from wizards.support import calls

pytestmark = pytest.mark.browser


SCRIPT = pytest.mark.parametrize("java_script", [True, False], ids=["script", "no script"])


def in_a_call(visitor, site, document, journey, java_script: bool) -> Page:
    """Return the page of an agent who has just begun a call."""
    page = visitor(java_script=java_script)
    staff.signed_in(page, staff.member("ann", rights=staff.AGENTS), site, "/desk/")
    page.get_by_role("searchbox").fill(document.symptom(journey.symptom).label)
    page.get_by_role("button", name="Search").click()
    page.locator(f"#results button[value='{document.slug}/{journey.symptom}']").click()
    expect(page.locator("#heading")).to_have_text(heading(document, journey.positions[0]))
    return page


def noted(page: Page, words: str) -> None:
    """Hold that a note stands among the notes, and no more in its field."""
    expect(page.locator(".log")).to_contain_text(words)
    expect(page.locator("#words")).to_have_value("")


def logged() -> list[str]:
    return list(Session.objects.get().events.order_by("number").values_list("kind", flat=True))


@SCRIPT
def test_a_note_that_was_not_saved_is_saved_with_the_answer(visitor, site, documents, java_script):
    document = documents["hikvision-camera"]
    page = in_a_call(visitor, site, document, plan(document, is_screen("question")), java_script)
    page.get_by_role("textbox", name="Note").fill("It blinks.\nSince Monday.")
    page.locator("#live button[name=answer]").first.click()
    noted(page, "It blinks.")
    expect(page.locator(".path li")).to_have_count(2)
    page.get_by_role("textbox", name="Note").fill("And hums.")
    page.get_by_role("button", name="Save the note").click()
    noted(page, "And hums.")
    assert logged() == ["begin", "note", "answer", "note"]
    assert list(audit.find_violations()) == []


@SCRIPT
def test_a_note_that_was_not_saved_is_saved_with_the_way_back(visitor, site, documents, java_script):
    document = documents["hikvision-camera"]
    page = in_a_call(visitor, site, document, plan(document, is_screen("question")), java_script)
    for way in ("Back", "Start over"):
        page.locator("#live button[name=answer]").first.click()
        expect(page.locator(".path li")).to_have_count(2)
        page.get_by_role("textbox", name="Note").fill(f"{way}: it blinks.")
        page.get_by_role("button", name=way).click()
        noted(page, f"{way}: it blinks.")
        expect(page.locator(".path li")).to_have_count(1)
    assert logged() == ["begin", "answer", "note", "back", "answer", "note", "back"]
    assert list(audit.find_violations()) == []


@SCRIPT
def test_a_note_that_was_not_saved_is_saved_by_putting_the_call_aside(visitor, site, documents, java_script):
    document = documents["hikvision-camera"]
    page = in_a_call(visitor, site, document, plan(document, is_screen("question")), java_script)
    page.get_by_role("textbox", name="Note").fill("It blinks.")
    page.get_by_role("button", name="Put on hold").click()
    expect(page.get_by_text("The call is on hold.")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    noted(page, "It blinks.")
    assert logged() == ["begin", "note"]


@SCRIPT
def test_enter_in_the_field_of_who_calls_saves_that_and_the_note_and_answers_nothing(
    visitor, site, documents, java_script
):
    document = documents["hikvision-camera"]
    page = in_a_call(visitor, site, document, plan(document, is_screen("question")), java_script)
    page.get_by_role("textbox", name="Note").fill("It blinks.")
    page.locator("summary", has_text="Caller").click()
    page.get_by_label("Who is calling?").fill("Mrs Okonkwo")
    page.get_by_label("Who is calling?").press("Enter")
    expect(page.locator(".call-who")).to_contain_text("Mrs Okonkwo")
    noted(page, "It blinks.")
    assert logged() == ["begin", "note"]


def test_of_two_moves_pressed_at_once_the_first_one_counts(visitor, site, documents):
    document = documents["hikvision-camera"]
    page = in_a_call(visitor, site, document, plan(document, is_screen("question")), True)
    page.evaluate("""() => {
        const [first, second] = document.querySelectorAll("#live button[name=answer]");
        first.click();
        second.click();
    }""")
    expect(page.locator(".path li")).to_have_count(2)
    page.wait_for_function("!document.querySelector('.htmx-request')")
    assert logged() == ["begin", "answer"]


def test_a_note_that_was_not_saved_waits_until_one_looks_at_its_call_again(visitor, site, documents):
    document = documents["hikvision-camera"]
    journey = plan(document, is_screen("question"))
    page = in_a_call(visitor, site, document, journey, True)
    call = page.url
    page.get_by_role("textbox", name="Note").fill("It blinks.")
    page.reload()
    expect(page.locator("#words")).to_have_value("It blinks.")
    other = calls.begin(Version.objects.get(wizard__slug=document.slug), journey.symptom, User.objects.get())
    page.goto(f"/desk/{other.code}/")
    expect(page.locator("#words")).to_have_value("")
    page.goto(call)
    expect(page.locator("#words")).to_have_value("It blinks.")
    page.get_by_role("button", name="Save the note").click()
    noted(page, "It blinks.")
    page.reload()
    noted(page, "It blinks.")


def test_a_note_waits_while_one_has_to_sign_in_again(visitor, site, documents):
    document = documents["hikvision-camera"]
    page = in_a_call(visitor, site, document, plan(document, is_screen("question")), True)
    call = page.url
    page.get_by_role("textbox", name="Note").fill("It blinks.")
    StaffSession.objects.all().delete()
    page.locator("#live button[name=answer]").first.click()
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    staff.signed_in(page, User.objects.get(), site, call)
    expect(page.locator("#words")).to_have_value("It blinks.")
    assert logged() == ["begin"]


def test_signing_out_forgets_notes_that_were_not_saved(visitor, site, documents):
    document = documents["hikvision-camera"]
    page = in_a_call(visitor, site, document, plan(document, is_screen("question")), True)
    page.get_by_role("textbox", name="Note").fill("It blinks.")
    assert "It blinks." in page.evaluate("Object.values(sessionStorage)")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    assert page.evaluate("Object.values(sessionStorage)") == []
