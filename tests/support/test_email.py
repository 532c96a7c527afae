"""Mails about cases, as a real mail server receives them."""

from __future__ import annotations

import pytest

from tests.support.walking import CONTACT, WORDS, opened, states, work
from wizards.models import Call, Case, Delivery
from wizards.support import cases
from wizards.support.transcript import as_text

pytestmark = pytest.mark.django_db

HEADERS = {"Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"}
NASTY = "Line\r\nBcc: victim@example.org\r\n\r\nBody \x00\u2028\u0085 <b>&amp;</b> 漢字 🎥 \u202e end"


def parts(mail) -> dict[str, str]:
    """Return the text of each part of a mail, by its type, and of the attachment by its name."""
    return {
        part.get_filename() or part.get_content_type(): part.get_content()
        for part in mail.walk()
        if not part.is_multipart()
    }


def test_support_gets_a_mail_in_text_and_html_with_the_transcript_attached(mail):
    case = opened()
    work()
    (got,) = mail.mails
    row = Delivery.objects.get()
    found = parts(got)
    assert list(found) == ["text/plain", "text/html", f"case-{case.pk}.txt"]
    assert f"case {case.pk} is open" in found["text/plain"]
    assert f"http://127.0.0.1:8000/desk/cases/{case.pk}/" in found["text/plain"]
    assert f'href="http://127.0.0.1:8000/desk/cases/{case.pk}/"' in found["text/html"]
    assert found[f"case-{case.pk}.txt"].replace("\r\n", "\n") == as_text(row.body)
    assert "What is wrong" in found[f"case-{case.pk}.txt"]
    assert (row.state, row.tries, row.error) == ("sent", 1, "")
    assert row.sent_at


def test_its_headers_say_who_sends_it_to_whom_and_which_it_is(mail):
    case = opened()
    work()
    (got,) = mail.mails
    row = Delivery.objects.get()
    assert got["Subject"] == f"Case {case.pk}: Toy, It does not work"
    assert got["From"] == "Help desk <desk@example.org>"
    assert got["To"] == "support@example.org"
    assert got["Reply-To"] is None
    assert got["Message-ID"] == f"<{row.pk}@example.org>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert mail.envelopes[0].mail_from == "desk@example.org"
    assert mail.envelopes[0].rcpt_tos == ["support@example.org"]


def test_it_is_thin_nothing_personal_is_in_it(mail):
    case = opened()
    Call.objects.create(session=case.session, caller="Mrs Private")
    work()
    whole = mail.envelopes[0].content.decode() + "".join(parts(mail.mails[0]).values())
    assert [personal for personal in (CONTACT, WORDS, "Private") if personal in whole] == []


def test_with_the_setting_it_holds_what_is_personal_and_an_answer_goes_to_the_customer(mail, settings):
    settings.MAIL_WORDS = True
    case = opened()
    Call.objects.create(session=case.session, caller="Mrs Private")
    work()
    (got,) = mail.mails
    found = parts(got)
    for body in (found["text/plain"], found["text/html"]):
        for personal in (CONTACT, WORDS, "Mrs Private"):
            assert personal in body
    assert got["Reply-To"] == CONTACT


def test_a_telephone_number_is_nobody_to_answer_to(mail, settings):
    settings.MAIL_WORDS = True
    opened("020 7946 0000")
    work()
    assert mail.mails[0]["Reply-To"] is None


def test_what_was_erased_before_it_was_sent_is_not_sent(mail, settings):
    settings.MAIL_WORDS = True
    opened()
    cases.erase_words(Case.objects.all())
    work()
    whole = "".join(parts(mail.mails[0]).values())
    assert CONTACT not in whole
    assert WORDS not in whole


def test_line_breaks_and_odd_characters_in_any_field_make_no_header(mail, settings):
    settings.MAIL_WORDS = True
    nasty = NASTY.replace("\0", "")
    case = opened(nasty, nasty, title="Toy\u2028\r\nBcc: victim@example.org")
    Call.objects.create(session=case.session, caller=nasty)
    Delivery.objects.update(body=Delivery.objects.get().body | {"symptom": nasty, "stands_at": nasty})
    work()
    assert states() == [("case.opened", "sent", 1)]
    (got,) = mail.mails
    assert got["Bcc"] is None
    assert "\n" not in got["Subject"]
    assert "Bcc: victim@example.org" in got["Subject"]
    assert set(got.keys()) == HEADERS
    assert mail.envelopes[0].rcpt_tos == ["support@example.org"]
    found = parts(got)
    assert "<b>&amp;</b>" in found["text/plain"]
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in found["text/html"]


def test_half_a_character_and_a_nul_can_neither_stop_the_outbox_nor_the_mail(mail, settings):
    settings.MAIL_WORDS = True
    opened("anna\ud800\0@example.org", "\ud83d \0 words")
    work()
    assert states() == [("case.opened", "sent", 1)]


def test_a_very_long_line_arrives_whole(mail, settings):
    settings.MAIL_WORDS = True
    words = "ä" * 2000
    opened(words=words)
    work()
    assert words in parts(mail.mails[0])["text/plain"].replace("\r\n", "\n")


def test_a_subject_is_never_longer_than_a_line_can_be(mail):
    opened(title="Toy " * 70)
    work()
    assert 145 < len(mail.mails[0]["Subject"].strip()) <= 150


@pytest.mark.parametrize("answer", ["451 later", "550 no such mailbox"])
def test_a_mail_that_the_server_refuses_waits_for_the_next_try_and_says_why(mail, answer):
    mail.answer = answer
    opened()
    work()
    assert states() == [("case.opened", "waiting", 1)]
    assert answer[:3] in Delivery.objects.get().error


def test_a_mail_server_that_is_away_is_tried_again_later(mail, settings):
    settings.EMAIL_PORT = 1
    opened()
    work()
    row = Delivery.objects.get()
    assert (row.state, row.tries) == ("waiting", 1)
    assert "ConnectionRefusedError" in row.error


def test_without_a_server_mails_are_written_to_files(settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.SUPPORT_CASES_TO = ["support@example.org"]
    case = opened()
    work()
    (file,) = (tmp_path / "mail").iterdir()
    assert f"Subject: Case {case.pk}" in file.read_text()
