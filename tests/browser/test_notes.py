"""A note that an agent typed and did not save goes along with their answer, with and without a script."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from playwright.sync_api import expect

from tests.browser.walks import heading, is_screen, plan
from wizards import audit
from wizards.models import Session

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("java_script", [True, False], ids=["script", "no script"])
def test_a_note_that_was_not_saved_is_saved_with_the_answer(visitor, site, documents, java_script):
    document = documents["hikvision-camera"]
    journey = plan(document, is_screen("question"))
    ann, client = User.objects.create_user("ann", is_staff=True), Client()
    ann.user_permissions.set(Permission.objects.filter(codename__in=["view_call", "add_call"]))
    client.force_login(ann)
    client.post("/desk/begin/", {"way": f"{document.slug}/{journey.symptom}"})
    page = visitor(java_script=java_script)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    page.goto(f"/desk/{Session.objects.get().code}/1/")
    expect(page.locator("#heading")).to_have_text(heading(document, journey.positions[0]))
    page.get_by_role("textbox", name="Note").fill("It blinks.\nSince Monday.")
    page.locator("#live button[name=answer]").first.click()
    expect(page.locator(".log")).to_contain_text("It blinks.")
    expect(page.locator("#words")).to_have_value("")
    expect(page.locator(".path li")).to_have_count(2)
    page.get_by_role("textbox", name="Note").fill("And hums.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator(".log")).to_contain_text("And hums.")
    expect(page.locator("#words")).to_have_value("")
    log = Session.objects.get().events.order_by("number").values_list("kind", flat=True)
    assert list(log) == ["begin", "note", "answer", "note"]
    assert list(audit.breaks()) == []
