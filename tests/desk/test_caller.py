"""The caller, in any characters: stored unchanged, escaped on every page, and absent from exports and logs."""

from __future__ import annotations

import csv
import io
import json
import logging

import pytest
from django.core.management import call_command

from tests.reading import read
from wizards.models import Call, Case, Session

pytestmark = pytest.mark.django_db

CALLERS = [
    '=HYPERLINK("https://example.org";"x")',
    "+1-2@SUM(A1)\t|cmd",
    "<img src=x onerror=alert(1)> &amp; \"' {{ 7 }} {% now 'Y' %}",
    'Line\r\nSet-Cookie: a=b\u2028{"level": "ERROR"}\u0085',
    "\u202eekim\u202c \U0001f4de 漢字 e\u0301 \ufeff",
    "'; DROP TABLE wizards_call; --",
]
NASTY = "<script>alert(1)</script> \u202egnol\u202c \U0001f4de =1+1 {{ 7 }} ' \" & ;"


@pytest.mark.parametrize("caller", CALLERS, ids=ascii)
def test_a_caller_is_kept_and_is_text_on_every_page_of_the_desk(lea, caller):
    lea.begin(caller)
    assert Call.objects.get().caller == caller.strip()
    case = Case.objects.create(session=lea.session, agent=lea.user)
    for address in ("/desk/", lea.at(), lea.at("case/"), f"/desk/cases/{case.pk}/"):
        response = lea.client.get(address)
        assert "onerror" not in [name for _, each in read(response).elements for name in each]
        assert "Set-Cookie: a=b" not in str(response.headers)
    field = read(lea.see()).all("input", name="caller")[0]
    assert field["value"].split() == caller.split()


@pytest.mark.parametrize("caller", CALLERS, ids=ascii)
def test_a_caller_comes_back_as_it_is_in_the_person_s_own_export(lea, caller, capsys):
    lea.begin(caller)
    call_command("personal_data", "export", lea.session.code)
    (taken,) = json.loads(capsys.readouterr().out)["callers"]
    assert taken["caller"] == caller.strip()


@pytest.mark.parametrize("caller", CALLERS, ids=ascii)
def test_no_export_for_review_and_no_line_of_the_log_holds_a_caller(lea, caller, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "django.db")  # statements, which nobody logs outside of tests
    lea.begin(caller).answer("no")
    lea.send("caller/", caller=caller + "x")
    lea.client.post("/desk/begin/", {"way": "toy/none", "caller": caller})
    lea.client.post("/desk/begin/", {"way": "toy/s", "caller": caller * 50})
    for what in ("sessions", "events"):
        response = lea.client.post("/review/export/", {"what": what})
        text = b"".join(response).decode()
        assert response.status_code == 200
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert lea.session.code in cells
        assert not [cell for cell in cells if caller.strip() in cell]
    assert caller.strip() not in caplog.text


def test_a_caller_of_any_characters_is_text_everywhere(ann, bob):
    ann.begin(NASTY)
    for page in (ann.client.get("/desk/"), ann.see()):
        html = page.content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "{{ 7 }}" in read(html).text
    assert Call.objects.get().caller == NASTY
    ann.send("pass/", to=bob.user.pk)
    assert NASTY in [html["value"] for html in read(bob.client.get(ann.at())).all("input", name="caller")]


def test_a_caller_too_long_is_said_and_nothing_begins(ann):
    response = ann.client.post("/desk/begin/", {"way": "toy/s", "caller": "x" * 201})
    assert response.status_code == 422
    assert "at most 200 characters" in read(response).text
    assert not Session.objects.exists()


def test_who_calls_is_changed_and_erased(ann):
    ann.begin("Mr X")
    ann.send("caller/", caller="Mrs Y")
    assert Call.objects.get().caller == "Mrs Y"
    ann.send("caller/", caller="")
    assert Call.objects.get().caller == ""
    assert "Mrs Y" not in ann.see().content.decode()
