"""Scripts typed into every field that anyone can fill, and every mail, export and log line that shows them.

The pages that show them: test_scripts_browser.py.
"""

from __future__ import annotations

import csv
import email
import io
import json
import logging
import re
from collections.abc import Iterator
from email import policy
from typing import Any

import pytest
from django import forms as django_forms
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import models

from tools.hostile.log_lines import FORGED, Lines
from tools.hostile.payloads import CORPUS, Attempts
from tools.hostile.populated_site import Lived, once
from wizards import publishing
from wizards.customer import forms as customer_forms
from wizards.desk import forms as desk_forms
from wizards.presenters import forms as shared_forms
from wizards.review import forms as review_forms

# What nobody can put words of their own into, and why.
NO_WORDS = {
    **dict.fromkeys(("Session.code", "HandoffCode.digest", "Guest.visitor", "Session.visitor"), "made by the site"),
    **dict.fromkeys(("Case.follow_up", "Webhook.secret", "Version.content_hash", "Picture.name"), "made by the site"),
    **dict.fromkeys(("Picture.content_type", "Rolling.zone", "Delivery.event", "Disclosure.where"), "made by the site"),
    **dict.fromkeys(("Session.status", "DayTally.channel", "PlaceTally.channel", "WayTally.channel"), "one of a few"),
    **dict.fromkeys(("Session.symptom", "Session.node", "Session.cause", "Session.step"), "an id: a-z, 0-9, -"),
    **dict.fromkeys(("Event.node", "Event.cause", "Event.step", "Event.answer"), "an id of the version"),
    **dict.fromkeys(("PlaceTally.node", "PlaceTally.cause", "PlaceTally.step"), "an id of the version"),
    **dict.fromkeys(("WayTally.node", "WayTally.to", "Case.cause", "Case.cause_node"), "an id of the version"),
    **dict.fromkeys(("Finding.node", "Finding.cause", "Finding.step"), "an id of a version"),
    **dict.fromkeys(("Search.wizard", "Search.symptom", "Search.query"), "ids; letters and digits only"),
    **dict.fromkeys(
        ("Wizard.slug", "Wizard.language", "Version.language", "Source.key", "Procedure.key", "Step.key"), "an id"
    ),
    **dict.fromkeys(("Step.picture", "Node.key", "Symptom.key", "Choice.key", "Cause.key"), "an id"),
    **dict.fromkeys(("Procedure.sources", "Step.sources", "Node.sources", "Symptom.sources"), "ids of facts"),
    "Cause.sources": "ids of facts",
    "Webhook.url": "an address without blanks; nobody but who may do everything",
    "Delivery.address": "an address of the settings, or the word customer",
    "Delivery.error": "the receiver's words, cut: tests/support/test_webhooks.py",
    "User.password": "a hash",
    "User.username": "letters, digits and @.+-_",
    "User.email": "not asked for",
}
# The fields of forms for words -> what was typed into them.
TYPED = {
    "RemarkForm.words": "remark.words",
    "FeedbackForm.words": "feedback.words",
    "CaseForm.words": "case.words",
    "CaseForm.contact": "case.contact",
    "SearchForm.q": "search.q",
    "CallerForm.caller": "desk.caller",
    "BeginForm.caller": "desk.caller",
    "BeginForm.q": "desk.q",
    "desk.NoteForm.words": "desk.words",
    "OpenCaseForm.contact": "agents_case.contact",
    "OpenCaseForm.words": "agents_case.words",
    "CloseCaseForm.other": "close.other",
    "review.NoteForm.note": "finding.note",
    "CloseForm.closing_note": "finding.closing_note",
}
# Fields whose words are looked up, and kept nowhere.
KEPT_NOWHERE = {"DeviceCodeForm.code", "FollowUpForm.secret", "BeginForm.way", "BeginForm.once", "JoinCodeForm.code"}
KEPT_NOWHERE |= {"CloseCaseForm.cause", "WordsForm.words"}


@pytest.fixture(scope="module")
def attempts() -> Attempts:
    return Attempts()


@pytest.fixture(scope="module")
def lines() -> Iterator[list[str]]:
    """Keep what is logged, at every level."""
    handler, root, django = Lines(), logging.getLogger(), logging.getLogger("django")
    levels = root.level, django.level
    for logger in (root, django):
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield handler.lines
    for logger, level in zip((root, django), levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.fixture(scope="module")
def lived(django_db_setup, django_db_blocker, attempts, lines) -> Iterator[Lived]:
    """Give one site to all tests here, that only look at it; it is gone afterwards."""
    with once(django_db_blocker):
        yield lived_in(attempts)


@pytest.fixture
def site(db, lived) -> Lived:
    return lived


def lived_in(attempts: Attempts) -> Lived:
    publishing.document_of.cache_clear()
    site = Lived(attempts)
    # What a rule refuses today may stand in the database from yesterday.
    User.objects.filter(username="agent").update(username="@agent-1+1")
    return site


# --- That nothing is left out -------------------------------------------------------------------------------------


def words_fields() -> Iterator[tuple[str, type[models.Model], models.Field]]:
    """Yield each field of the database that holds words."""
    for model in [*apps.get_app_config("wizards").get_models(), User, Group]:
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField | models.TextField) and not field.choices:
                yield f"{model.__name__}.{field.name}", model, field


def test_every_field_that_holds_words_was_tried_or_says_why_not(site, attempts):
    untried = []
    for name, model, field in words_fields():
        held = [str(value) for value in model._default_manager.values_list(field.name, flat=True)]
        if name not in NO_WORDS and not any("<" in each or "=1+1" in each for each in held):
            untried.append(name)
    assert untried == []
    assert set(CORPUS) <= attempts.tried


def test_no_reason_stands_for_a_field_that_is_gone():
    assert set(NO_WORDS) <= {name for name, _, _ in words_fields()}


def test_every_field_of_a_form_was_typed_into(site):
    asked = set()
    for room, prefix in (
        (shared_forms, ""),
        (customer_forms, ""),
        (desk_forms, "desk."),
        (review_forms, "review."),
    ):
        for form in vars(room).values():
            if isinstance(form, type) and issubclass(form, django_forms.BaseForm) and form.__module__ == room.__name__:
                twice = {"NoteForm"}
                known = f"{prefix}{form.__name__}" if form.__name__ in twice else form.__name__
                fields = form.base_fields.items()
                asked |= {f"{known}.{name}" for name, field in fields if type(field) is django_forms.CharField}
    assert asked - KEPT_NOWHERE - {"AnswerForm.answer"} == set(TYPED)
    assert set(TYPED.values()) <= set(site.said)


# --- Mails, exports, log lines ------------------------------------------------------------------------------------


def test_a_mails_head_holds_what_we_wrote_and_nothing_else(site):
    assert len(site.mails) >= 4
    usual = {
        "Content-Type",
        "MIME-Version",
        "Subject",
        "From",
        "To",
        "Reply-To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
    }
    for mail in site.mails:
        parsed = email.message_from_bytes(mail.message().as_bytes(), policy=policy.default)
        assert set(parsed.keys()) <= usual
        assert len(parsed.get_all("Subject")) == len(parsed.get_all("To")) == 1
        assert "evil.example" not in f"{parsed['To']} {parsed['From']} {parsed.get('Reply-To')}"
        assert mail.recipients() == mail.to
        assert [part.get_filename() for part in parsed.iter_attachments()] in ([], [f"case-{number(mail)}.txt"])


def number(mail: Any) -> str:
    return re.search(r"\d+", mail.subject)[0]


@pytest.mark.parametrize("what", ["sessions", "events"])
def test_no_cell_of_an_export_is_taken_for_a_formula(site, what):
    asked = {"what": what, "words": "on", "csrfmiddlewaretoken": ""}
    response = site.clients["superuser"].post("/review/export/", asked)
    assert response.status_code == 200
    text = b"".join(response).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) > 8
    assert {len(row) for row in rows} == {len(rows[0])}
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if re.match(r"\s*[=+\-@＝＋－＠\t\r\n]", cell)] == []
    assert any("=1+1" in cell or "@agent-1+1" in cell for cell in cells)


def test_what_is_typed_never_makes_a_line_of_the_log(site, lines):
    client = site.clients["owner"]
    nasty = "/nowhere%0aERROR%20forged:%20pwned%0d%1b[31m%e2%80%a8/"
    site.clients["superuser"].get("/admin/auth/user/", {"_to_field": "a\nERROR forged"})
    for address in (nasty, f"/search{nasty}", f"/admin{nasty}"):
        client.get(address)
        client.post(address, {"a": "\0"})
        client.post(address, b"\xff" * 90_000, content_type="text/plain")
        client.post(address, b"x", content_type="multipart/form-data; boundary=")
    strict = type(client)(enforce_csrf_checks=True)
    strict.post(nasty)
    strict.post("/join/", {"code": "x"})
    assert [line for line in lines if FORGED.search(line)] == []
    assert any("forged" in line for line in lines)


@pytest.mark.parametrize("address", ["/admin/wizards/wizard/{}/map/graph.json", "/review/map/traffic.json?wizard=toy"])
def test_what_scripts_read_as_data_is_data(site, address):
    response = site.clients["superuser"].get(address.format(site.wizard.pk))
    assert response["Content-Type"].startswith("application/json")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert json.loads(response.content)
