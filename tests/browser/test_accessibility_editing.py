"""Our own pages of the admin beside its forms and the map: axe, at every width, in both schemes; nothing sticks out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.admin.forms.editing import address, editor, toy
from tests.admin.walking import retarget, url, walk
from tests.browser.accessibility import WIDTHS, findings
from wizards import flow, publishing
from wizards.models import Choice, Node, Picture, Procedure, Step, Symptom, Wizard

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The frame of Django's admin is not ours to mend.
THEIRS = ("#header", ".breadcrumbs", "#nav-sidebar", "#toggle-nav-sidebar", ".select2-container")


@pytest.fixture
def wizard() -> Wizard:
    """Give a wizard with two versions, people who walked it, an unpublished change of every kind, and a warning."""
    publishing.document_of.cache_clear()
    wizard = toy()
    for answers in ("yes", "no"), ("no", "loose"), ("yes",):
        walk(wizard, answers[0])
    Node.objects.filter(key="q").update(title="Is the lamp lit?")
    publishing.publish(wizard, note="The lamp")
    walk(wizard, "yes")
    Node.objects.filter(key="q").update(title="Is the green lamp lit?", text="Look **closely**.")
    Choice.objects.filter(key="yes").update(label="It is")
    Choice.objects.filter(key="no").update(place=9)
    retarget("yes", "human")
    Node.objects.create(wizard=wizard, key="spare", kind="outcome", title="Spare", result="advice", place=9)
    Step.objects.filter(key="hold").update(picture="not-here", picture_alt="Something")
    return wizard


def goes_to(name: str, *rest: object) -> Callable[[Page, Wizard], None]:
    """Return what opens one of the wizard's pages."""
    return lambda page, wizard: page.goto(url(name, wizard.pk, *rest)) and None


def broken(page: Page, wizard: Wizard) -> None:
    """Break the draft, and open its check."""
    Choice.objects.filter(key="yes").update(to=None)
    Symptom.objects.update(label="")
    page.goto(url("check", wizard.pk))
    expect(page.get_by_text("leads nowhere").first).to_be_visible()


def stopped(page: Page, wizard: Wizard) -> None:
    """Break the draft, and try to publish it."""
    Choice.objects.filter(key="yes").update(to=None)
    page.goto(url("publish", wizard.pk))
    expect(page.locator(".finding.bad")).to_be_visible()


def without_a_note(page: Page, wizard: Wizard) -> None:
    """Publish without a note."""
    page.goto(url("publish", wizard.pk))
    page.locator(".release").evaluate("(form) => { form.noValidate = true }")
    page.locator(".release button").click()
    expect(page.locator(".wrong")).to_be_visible()


def archived(page: Page, wizard: Wizard) -> None:
    """Archive the wizard."""
    page.goto(url("versions", wizard.pk))
    page.get_by_role("button", name="Archive this wizard").click()
    expect(page.locator(".finding.caution")).to_be_visible()


def archived_form(page: Page, wizard: Wizard) -> None:
    """Open the form of an archived wizard."""
    Wizard.objects.update(archived=True)
    page.goto(address(wizard))
    expect(page.get_by_text("archived").first).to_be_visible()


def unreadable(page: Page, wizard: Wizard) -> None:
    """Open a page of a wizard whose rows make no document."""
    Node.objects.filter(key="q").update(title="x" * 299 + "\u0958")
    page.goto(url("check", wizard.pk))


def choose_file(page: Page, content: str) -> None:
    """Choose a file to import, and ask what it would change."""
    page.goto(url("import"))
    file = {"name": "toy.yaml", "mimeType": "application/yaml", "buffer": content.encode()}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Show what would change").click()


def imported(page: Page, wizard: Wizard) -> None:
    """Look at what a file would change."""
    changed = publishing.document_of(wizard.versions.get(number=1).pk)
    step = changed.procedures[0].steps[0]
    picture = flow.procedures.Picture(name="up-0123456789abcdef", alt="?")
    steps = (step.model_copy(update={"picture": picture}), *changed.procedures[0].steps[1:])
    procedures = (changed.procedures[0].model_copy(update={"steps": steps}), *changed.procedures[1:])
    choose_file(page, flow.dump_document(changed.model_copy(update={"procedures": procedures}), "yaml"))
    expect(page.get_by_role("button", name="Import into the draft")).to_be_visible()
    expect(page.locator(".messagelist .warning")).to_be_visible()


def imported_anew(page: Page, wizard: Wizard) -> None:
    """Look at what a file would add."""
    document = publishing.compile_draft(wizard)
    choose_file(page, flow.dump_document(document.model_copy(update={"slug": "other"}), "yaml"))
    expect(page.locator(".finding.good")).to_be_visible()


def imported_badly(page: Page, wizard: Wizard) -> None:
    """Look at what is wrong with a file."""
    choose_file(page, "format: 1\nslug: Toy\nnodes:\n  - id: q\n")
    expect(page.locator(".problems li").first).to_be_visible()


def preview_walked(page: Page, wizard: Wizard) -> None:
    """Walk the draft."""
    page.goto(url("previews", wizard.pk))
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Is the green lamp lit?").first.click()
    page.goto(opened.value.url)
    opened.value.close()
    expect(page.get_by_label("For the agent")).to_be_visible()


def gallery(page: Page, wizard: Wizard) -> None:
    """Look at the uploaded pictures."""
    Picture.objects.create(name="up-0123456789abcdef", content=b"?", width=60, height=40)
    page.goto("/admin/wizards/picture/")
    expect(page.locator("#result_list")).to_be_visible()


def looked_at(page: Page, wizard: Wizard) -> None:
    """Look at a procedure's steps, as the frame beside their form shows them."""
    Procedure.objects.filter(key="press").update(erases="All settings.")
    page.goto(address(Procedure.objects.get(key="press")))
    form = page.locator("#procedure_form").evaluate(
        "(form) => [...new FormData(form)].filter(([, each]) => typeof each === 'string')"
    )
    token = dict(form)["csrfmiddlewaretoken"]
    answer = page.request.post(
        "/admin/wizards/procedure/look/", form=dict(form), headers={"X-CSRFToken": token, "Referer": page.url}
    )
    assert answer.ok
    page.route("**/look-of-it/", lambda route: route.fulfill(body=answer.text(), content_type="text/html"))
    page.goto("/look-of-it/")
    expect(page.locator("h1")).to_have_text(["Procedure press", "Step hold", "Step release"])


PAGES: dict[str, Callable[[Page, Wizard], None]] = {
    "check": goes_to("check"),
    "check-errors": broken,
    "check-unreadable": unreadable,
    "previews": goes_to("previews"),
    "preview": preview_walked,
    "publish": goes_to("publish"),
    "publish-stopped": stopped,
    "publish-without-note": without_a_note,
    "versions": goes_to("versions"),
    "versions-archived": archived,
    "wizard-archived": archived_form,
    "compare": goes_to("compare", "1", "draft"),
    "restore": goes_to("restore", 1),
    "import": lambda page, wizard: page.goto(url("import")) and None,
    "import-diff": imported,
    "import-new": imported_anew,
    "import-problems": imported_badly,
    "pictures": gallery,
    "steps": looked_at,
}


@pytest.fixture
def desk(new_context, live_server):
    """Give a page that is signed in as an editor."""
    context = new_context(base_url=live_server.url, reduced_motion="reduce")
    cookie = editor().cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return context.new_page()


# These change the draft, or what the browser is told: each has a wizard of its own.
CHANGING = ("check-errors", "check-unreadable", "publish-stopped", "versions-archived", "wizard-archived", "steps")


@pytest.mark.parametrize("name", CHANGING)
def test_a_page_of_editing_is_for_everybody(desk, wizard, name):
    PAGES[name](desk, wizard)
    assert hindrances(desk) == []


def test_the_other_pages_of_editing_are_for_everybody(desk, wizard):
    problems = {}
    for name, opens in PAGES.items():
        if name not in CHANGING:
            opens(desk, wizard)
            # The list of pictures is a list of Django's; its filter and its actions are its own.
            problems[name] = hindrances(desk, *(["#changelist-form .actions"] if name == "pictures" else []))
    assert problems == {name: [] for name in PAGES.keys() - set(CHANGING)}


def hindrances(page: Page, *theirs: str) -> list[str]:
    """Return what axe finds on a page of editing, outside of Django's own frame and `theirs`, and how wide it is."""
    problems = findings(page, (*THEIRS, *theirs))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            problems.append(f"{width}: the page scrolls sideways")
    return problems
