"""A customer sends their session to support."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.races import racing
from tests.reading import read
from tests.support.walking import CONTACT, WORDS, opened, stranded, webhook
from tests.visitor import HTMX, Visitor, publish, rows
from wizards import journal
from wizards.models import Case, Delivery, Session
from wizards.support import cases
from wizards.support.delivery import tasks
from wizards.support.transcript import build_transcript

pytestmark = pytest.mark.django_db


def address(visitor: Visitor) -> str:
    return f"/s/{visitor.code}/case/"


def send(visitor: Visitor, contact: str = CONTACT, words: str = WORDS):
    return visitor.client.post(address(visitor), {"contact": contact, "words": words})


# --- The page -----------------------------------------------------------------------------------------------------


def test_the_unsolved_page_leads_to_the_page_that_sends_it_to_support():
    visitor = stranded()
    assert address(visitor) in read(visitor.see()).links


def test_the_help_page_leads_there_too():
    publish()
    visitor = Visitor().begin()
    visitor.client.post(visitor.address("help"))
    assert address(visitor) in read(visitor.see("help")).links


def test_the_page_shows_exactly_what_will_be_sent():
    visitor = stranded()
    page = read(visitor.client.get(address(visitor))).text
    session = visitor.session
    sent = build_transcript(session)
    assert sent["told"][0] == {"question": "What is wrong", "answer": "It does not work"}
    assert len(sent["told"]) >= 4
    for words in (sent["product"]["title"], sent["stands_at"], sent["reference"]):
        assert words in page
    for each in sent["told"]:
        assert each["question"] in page
        assert each["answer"] in page


def test_looking_at_the_page_writes_nothing():
    visitor = stranded()
    before = rows(Session, Case, Delivery, DBTaskResult)
    visitor.client.get(address(visitor))
    assert rows(Session, Case, Delivery, DBTaskResult) == before


# --- Once support has it ------------------------------------------------------------------------------------------


@pytest.fixture
def sent():
    """A visitor who has sent their session to support."""
    visitor = stranded()
    send(visitor)
    visitor.number = visitor.session.count
    return visitor


@pytest.mark.parametrize("name", ["step", "help"])
def test_a_page_that_offered_to_send_it_says_that_support_has_it(sent, name):
    page = read(sent.see(name))
    assert f"Support has your case {Case.objects.get().pk}" in page.text
    assert "Send this to support" not in page.text
    assert address(sent) in page.links


@pytest.mark.parametrize("name", ["step", "help"])
def test_of_a_case_that_is_closed_no_page_says_that_support_has_it(sent, name):
    Case.objects.update(closed_at=timezone.now())
    page = read(sent.see(name))
    assert f"Case {Case.objects.get().pk} is closed" in page.text
    assert "Support has your case" not in page.text


def test_an_end_reached_after_it_was_sent_says_that_support_has_it_to_htmx_too():
    publish()
    visitor = Visitor().begin().walk("list", "old", "confirm", "next", "failed")
    Visitor().begin().walk("list", "old", "confirm", "next", "failed").answer("none", headers=HTMX)  # caches the page
    send(visitor)
    visitor.number = visitor.session.count
    page = read(visitor.answer("none", headers=HTMX))
    assert f"Support has your case {Case.objects.get().pk}" in page.text
    assert "Send this to support" not in page.text


def test_the_case_of_one_session_stands_on_no_page_of_another(sent):
    other = Visitor().begin().walk("list", "old", "confirm", "next", "failed")
    page = read(other.answer("none", headers=HTMX))
    assert "Support has your case" not in page.text
    assert "Send this to support" in page.text


def test_where_it_did_not_help_what_was_sent_is_not_offered_again():
    publish()
    visitor = Visitor().begin().walk("yes")
    send(visitor)
    visitor.send("feedback", visitor.session.count, helped="no")
    page = read(visitor.see())
    assert "What you can do now" in page.text
    assert "Send this to support" not in page.text
    assert f"Support has your case {Case.objects.get().pk}" in page.text


def test_no_page_but_an_end_and_the_help_page_looks_for_a_case():
    publish()
    visitor = Visitor().begin()
    with CaptureQueriesContext(connection) as caught:
        visitor.see()
        visitor.walk("list")
        visitor.answer("old", headers=HTMX)
        visitor.see()
    assert len(caught) > 3
    assert not [each["sql"] for each in caught if "wizards_case" in each["sql"]]


def test_the_page_of_an_end_asks_one_question_more_for_it(sent):
    with CaptureQueriesContext(connection) as caught:
        sent.see()
    assert len([each["sql"] for each in caught if "wizards_case" in each["sql"]]) == 1
    assert len(caught) == 3  # the session, what was said of it, the case


# --- Sending it ---------------------------------------------------------------------------------------------------


def test_sending_it_opens_a_case_and_says_its_number_and_what_happens_next():
    visitor = stranded()
    response = send(visitor)
    case = Case.objects.get()
    assert (response.status_code, response["Location"]) == (303, address(visitor))
    assert (case.session, case.contact, case.words, case.closed_at) == (visitor.session, CONTACT, WORDS, None)
    page = read(visitor.client.get(address(visitor))).text
    assert f"Your case number is {case.pk}." in page
    assert CONTACT in page
    assert WORDS in page


def test_sending_it_logs_that_a_person_was_asked_for():
    visitor = stranded()
    send(visitor)
    assert visitor.log[-1].startswith("help")
    assert visitor.session.helps == 1


def test_in_the_same_transaction_each_target_gets_its_row_and_its_task(settings):
    settings.SUPPORT_CASES_TO = ["one@example.org", "two@example.org"]
    hook = webhook()
    webhook(active=False)
    case = opened()
    written = Delivery.objects.order_by("address")
    assert [(row.address, row.webhook, row.event, row.case) for row in written] == [
        ("", hook, "case.opened", case),
        ("one@example.org", None, "case.opened", case),
        ("two@example.org", None, "case.opened", case),
    ]
    tasks = {task.args_kwargs["args"][0] for task in DBTaskResult.objects.all()}
    assert tasks == {str(row.pk) for row in written}


def test_where_a_row_cannot_be_written_there_is_no_case_either(monkeypatch):
    visitor = stranded()

    def fail(*_, **__):
        raise DatabaseError("away")

    monkeypatch.setattr(tasks.DBTaskResult.objects, "create", fail)
    before = rows(Session, Case, Delivery)
    with pytest.raises(DatabaseError, match="away"):
        cases.open_case(Session.objects.filter(code=visitor.code), CONTACT, WORDS)
    assert rows(Session, Case, Delivery) == before


def test_sent_again_it_is_the_same_case_and_nothing_more_is_sent():
    visitor = stranded()
    send(visitor)
    before = rows(Session, Case, Delivery, DBTaskResult)
    response = send(visitor, "other@example.org", "Something else.")
    assert response.status_code == 200
    assert f"Your case number is {Case.objects.get().pk}." in read(response).text
    assert rows(Session, Case, Delivery, DBTaskResult) == before


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_the_same_moment_it_is_one_case():
    visitor = stranded()
    own = Session.objects.filter(code=visitor.code)
    with racing(4) as race:
        found = race(*[lambda: cases.open_case(own, CONTACT, WORDS)] * 4)
    assert {case.pk for case in found} == {Case.objects.get().pk}
    assert Delivery.objects.count() == 1


def test_the_outbox_holds_nothing_personal():
    webhook()
    opened("anna.private@example.org", "My secret words.")
    held = repr(rows(Delivery, DBTaskResult))
    assert "anna" not in held
    assert "secret words" not in held


# --- Bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "words", "why"),
    [
        ("", WORDS, "Please give an e-mail address or a phone number."),
        ("   ", WORDS, "Please give an e-mail address or a phone number."),
        ("not a phone", WORDS, "Please give an e-mail address or a phone number."),
        ("extension 1234", WORDS, "Please give an e-mail address or a phone number."),
        ("Anna @ home", WORDS, "Please give an e-mail address or a phone number."),
        ("anna@", WORDS, "Please check the e-mail address. It looks like name@example.org."),
        ("@example.org", WORDS, "Please check the e-mail address. It looks like name@example.org."),
        ("anna@example", WORDS, "Please check the e-mail address. It looks like name@example.org."),
        ("x" * 201, WORDS, "Please use at most 200 characters."),
        ("anna\x1b@example.org", WORDS, "Some characters cannot be read."),
        (CONTACT, "x" * 2001, "Please use at most 2000 characters."),
        (CONTACT, "bell \x07", "Some characters cannot be read."),
    ],
)
def test_bad_input_is_said_with_422_and_nothing_typed_is_lost(contact, words, why):
    visitor = stranded()
    before = rows(Session, Case, Delivery)
    response = send(visitor, contact, words)
    assert response.status_code == 422
    page = response.content.decode()
    assert why in read(response).text
    assert contact.strip() in page
    assert words in page
    assert rows(Session, Case, Delivery) == before


@pytest.mark.parametrize("contact", [
    "020 7946 0000", "extension 12345", "+49 (0)30 12345", "٠١٢٣٤", "Jörg, joerg@example.org", CONTACT,
])  # fmt: skip
def test_any_way_to_be_reached_is_taken(contact):
    visitor = stranded()
    send(visitor, contact)
    assert Case.objects.get().contact == contact


def test_a_contact_is_one_line():
    visitor = stranded()
    send(visitor, "020 7946\r\nBcc: all@example.org")
    assert Case.objects.get().contact == "020 7946 Bcc: all@example.org"


def test_words_of_any_characters_are_kept_and_shown_as_text():
    visitor = stranded()
    words = "<script>alert(1)</script> {{ 7|add:7 }} \u202eflip\u202c 漢字 🎥 & 'quoted' \"twice\""
    send(visitor, words=words)
    assert Case.objects.get().words == words
    response = visitor.client.get(address(visitor))
    assert words in read(response).text
    assert b"<script>alert" not in response.content


def test_a_preview_by_an_editor_sends_nothing():
    visitor = stranded()
    Session.objects.filter(code=visitor.code).update(channel=Session.Channel.TEST)
    for response in (visitor.client.get(address(visitor)), send(visitor)):
        assert response.status_code == 400
        assert "Nothing of it is sent to support." in read(response).text
    with pytest.raises(ValueError, match="preview"):
        cases.open_case(Session.objects.filter(code=visitor.code), CONTACT)
    assert not Case.objects.exists()


def test_the_session_of_somebody_else_cannot_be_sent():
    visitor, stranger = stranded(), Visitor().begin()
    response = stranger.client.post(address(visitor), {"contact": CONTACT})
    assert response.status_code == 404
    assert not Case.objects.exists()


def test_too_many_cases_are_refused_with_the_time_to_try_again(settings):
    settings.RATES = settings.RATES | {"case": "1 per hour"}
    first, second = stranded(), Visitor().begin()
    assert send(first).status_code == 303
    assert send(second, "").status_code == 422  # a slip is not counted
    response = send(second)
    assert response.status_code == 429
    assert Case.objects.count() == 1


def test_the_session_goes_on_after_it_was_sent_and_its_log_keeps_its_promises():
    visitor = stranded()
    send(visitor)
    visitor.number = visitor.session.count
    assert visitor.send("back").status_code == 303
    assert journal.rebuild_row(visitor.session).count == visitor.session.count


def test_a_case_costs_the_same_queries_however_long_the_way_was(django_assert_max_num_queries):
    visitor = stranded()
    with django_assert_max_num_queries(8):
        visitor.client.get(address(visitor))
    assert connection.vendor
