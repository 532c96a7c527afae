"""Closing a case, and the follow-up by which the customer reopens it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.reading import read
from tests.support.walking import CONTACT, opened, stranded, webhook, work
from tests.visitor import rows
from wizards.models import Case, Delivery, Session
from wizards.support import cases
from wizards.support.delivery import follow_up_links

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> User:
    return User.objects.create_user("agent", is_staff=True)


def closed(mail, **fields) -> tuple[Case, str]:
    """Close a new case, and return it with the secret in the mail to the customer."""
    case = cases.close(opened(), None, **{"other": "It was Tuesday.", "works": True, **fields})
    work()
    return case, secret_in(mail)


def secret_in(mail) -> str:
    got = next(each for each in reversed(mail.mails) if "closed" in each["Subject"])
    return re.search(r"#(\w+)", got.get_body(("plain",)).get_content())[1]


def address(case: Case) -> str:
    return f"/case/{case.session.code}/"


def say(case: Case, secret: str, said: str, client: Client | None = None):
    return (client or Client()).post(address(case), {"secret": secret, "said": said})


# --- Closing ------------------------------------------------------------------------------------------------------


def test_a_case_is_closed_with_the_cause_that_it_was_and_whether_the_device_works(agent):
    case = cases.close(opened(), agent, cause_node="why", cause="worn", works=True)
    kept = Case.objects.get()
    assert kept == case
    assert (kept.cause_node, kept.cause, kept.other, kept.works) == ("why", "worn", "", True)
    assert kept.agent == agent
    assert timezone.now() - kept.closed_at < timedelta(minutes=1)


def test_a_case_is_closed_with_words_where_it_is_none_of_the_causes(agent):
    cases.close(opened(), agent, other="The cat.", works=False)
    kept = Case.objects.get()
    assert (kept.cause, kept.other, kept.works) == ("", "The cat.", False)


@pytest.mark.parametrize(
    ("node", "cause"), [("why", "nothing"), ("q", "worn"), ("nowhere", "worn"), ("", "worn"), ("why", "")]
)
def test_a_cause_of_another_diagnosis_closes_nothing(agent, node, cause):
    case = opened()
    with pytest.raises(ValueError, match="is not a cause"):
        cases.close(case, agent, cause_node=node, cause=cause)
    assert Case.objects.get().closed_at is None


def test_closing_a_closed_case_changes_nothing_and_notifies_nobody(agent):
    case = cases.close(opened(), agent, other="The cat.", works=True)
    before = rows(Case, Delivery)
    assert cases.close(case, agent, other="The dog.", works=False).other == "The cat."
    assert rows(Case, Delivery) == before


def test_a_case_stays_with_the_agent_who_has_it(agent):
    other = User.objects.create_user("other")
    case = cases.take(cases.take(opened(), agent), other)
    assert case.agent == agent
    assert cases.close(case, other, other="x").agent == agent


def test_webhooks_get_the_cause(hook, agent):
    case = opened()
    webhook(hook.url)
    cases.close(case, agent, cause_node="why", cause="worn", works=True)
    work()
    (message,) = hook.messages
    assert message["type"] == "case.closed"
    said = {name: message["data"][name] for name in ("case", "cause", "cause_label", "works")}
    label = cases.document_of(case.session.version_id).node("why").cause("worn").label
    assert said == {"case": case.pk, "cause": "worn", "cause_label": label, "works": True}


def test_support_gets_no_mail_about_what_it_did_itself(mail, agent):
    case = opened("020 7946 0000")
    cases.close(case, agent, other="x")
    assert [row.event for row in Delivery.objects.all()] == ["case.opened"]
    assert Case.objects.get().follow_up == ""


# --- The mail to the customer -------------------------------------------------------------------------------------


def test_the_customer_gets_a_mail_with_a_link_whose_secret_stands_behind_the_hash(mail, settings):
    settings.SUPPORT_EMAIL = "support@example.org"
    case, secret = closed(mail)
    got = mail.mails[-1]
    assert got["To"] == CONTACT
    assert got["Reply-To"] == "support@example.org"
    assert got["From"] == "Help desk <desk@example.org>"
    for kind in ("plain", "html"):
        text = got.get_body((kind,)).get_content()
        assert f"http://127.0.0.1:8000/case/{case.session.code}/#{secret}" in text
        assert follow_up_links.format_secret(secret) in text
    assert list(got.iter_attachments()) == []


def test_no_table_holds_the_secret(mail):
    case, secret = closed(mail)
    held = repr(rows(*apps.get_models()))
    assert secret not in held
    assert follow_up_links.format_secret(secret) not in held
    assert Case.objects.get(pk=case.pk).follow_up in held


def test_the_secret_is_another_one_each_time(mail):
    case, first = closed(mail)
    cases.close(cases.reopen(case), None, other="Wednesday.")
    work()
    second = secret_in(mail)
    assert first != second
    assert say(case, first, "back").status_code == 422
    assert say(case, second, "works").status_code == 200


def test_an_address_that_was_erased_meanwhile_gets_no_mail(mail):
    cases.close(opened(), None, other="x")
    cases.erase_words(Case.objects.all())
    work()
    row = Delivery.objects.get(event="case.closed")
    assert (row.state, row.error) == ("failed", "The customer’s address is no longer known.")
    assert [got["To"] for got in mail.mails] == ["support@example.org"]


# --- Following up -------------------------------------------------------------------------------------------------


def test_the_page_says_nothing_about_any_case_before_the_code_is_posted(mail):
    case, secret = closed(mail)
    one, none = Client().get(address(case)), Client().get("/case/222222222222/")
    assert one.status_code == none.status_code == 200
    assert read(one).text == read(none).text
    assert secret not in one.content.decode()


def test_still_working_is_noted_and_the_case_stays_closed(mail):
    case, secret = closed(mail)
    response = say(case, secret, "works")
    assert "We are glad that it works" in read(response).text
    kept = Case.objects.get()
    assert (kept.came_back, kept.closed_at) == (False, case.closed_at)
    assert kept.followed_up_at


def test_it_came_back_opens_the_case_again_with_everything_in_place(mail, agent):
    case = cases.close(cases.take(opened(), agent), agent, cause_node="why", cause="worn", works=True)
    work()
    response = say(case, secret_in(mail), "back")
    assert f"Case {case.pk} is open again" in read(response).text
    kept = Case.objects.get()
    assert (kept.closed_at, kept.came_back, kept.agent, kept.contact) == (None, True, agent, CONTACT)
    assert (kept.cause, kept.works) == ("worn", True)
    work()
    assert mail.mails[-1]["Subject"] == f"Case {case.pk} came back: Toy, It does not work"
    assert mail.mails[-1]["To"] == "support@example.org"


def test_webhooks_get_the_reopening(hook, settings):
    case = cases.close(opened(), None, other="x")
    webhook(hook.url)
    cases.reopen(case)
    work()
    assert [each["type"] for each in hook.messages] == ["case.reopened"]


def test_first_it_works_and_later_it_came_back(mail):
    case, secret = closed(mail)
    say(case, secret, "works")
    assert "open again" in read(say(case, secret, "back")).text
    assert Case.objects.get().closed_at is None


@pytest.mark.parametrize("said", ["works", "back"])
def test_the_same_answer_again_is_recorded_once(mail, said):
    case, secret = closed(mail)
    first = read(say(case, secret, said)).text
    before = rows(Case, Delivery)
    assert read(say(case, secret, said)).text == first
    assert rows(Case, Delivery) == before


def test_saying_that_it_works_changes_nothing_once_the_case_is_open_again(mail):
    case, secret = closed(mail)
    say(case, secret, "back")
    before = rows(Case, Delivery)
    assert "is open again" in read(say(case, secret, "works")).text
    assert rows(Case, Delivery) == before


def test_the_code_can_be_typed_in_groups_and_capitals(mail):
    case, secret = closed(mail)
    assert say(case, f" {follow_up_links.format_secret(secret).upper()} ", "works").status_code == 200


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("", "works"),
        ("x" * 101, "works"),
        ("wrong", "back"),
        ("2222222222222222", "back"),
        ("größe 漢字 🎥", "back"),
        ("' OR 1=1 --", "back"),
        ("RIGHT", ""),
        ("RIGHT", "perhaps"),
    ],
)
def test_bad_input_is_said_with_422_changes_nothing_and_keeps_what_was_typed(mail, secret, said):
    case, right = closed(mail)
    before = rows(Case, Delivery)
    typed = right if secret == "RIGHT" else secret
    response = say(case, typed, said)
    assert response.status_code == 422
    assert rows(Case, Delivery) == before
    assert f'value="{typed}"' in response.content.decode() or "'" in typed or not typed


def test_a_wrong_code_and_a_case_that_does_not_exist_look_alike(mail):
    case, _ = closed(mail)
    one = say(case, "2222222222222222", "works")
    none = Client().post("/case/222222222222/", {"secret": "2222222222222222", "said": "works"})
    assert (one.status_code, read(one).text) == (none.status_code, read(none).text)


def test_the_code_of_one_case_opens_no_other(mail):
    case, _ = closed(mail)
    _, secret = closed(mail)
    assert say(case, secret, "back").status_code == 422


def test_an_open_case_that_was_never_closed_has_no_code_at_all():
    case = opened()
    secrets = ("2", case.follow_up or "x")
    assert [say(case, secret, "back").status_code for secret in secrets] == [422, 422]


def test_after_two_months_the_code_is_no_longer_taken(mail):
    case, secret = closed(mail)
    Case.objects.update(closed_at=timezone.now() - timedelta(days=cases.FOLLOW_UP_DAYS, minutes=1))
    assert say(case, secret, "back").status_code == 422
    Case.objects.update(closed_at=timezone.now() - timedelta(days=cases.FOLLOW_UP_DAYS, minutes=-1))
    assert say(case, secret, "back").status_code == 200


def test_whoever_tries_codes_without_end_is_stopped_and_logged(mail, settings, caplog):
    settings.RATES = settings.RATES | {"code": "3 per hour"}
    case, secret = closed(mail)
    said = [say(case, "wrong", "back").status_code for _ in range(4)]
    assert said == [422, 422, 422, 429]
    assert say(case, secret, "back").status_code == 429
    assert "Codes are being guessed at /case/" in caplog.text
    assert secret not in caplog.text


def test_a_case_that_is_open_comes_back_from_reopening_as_it_is():
    case = opened()
    before = rows(Case, Delivery)
    assert cases.reopen(case) == case
    assert rows(Case, Delivery) == before


def test_the_customer_sees_on_their_own_page_that_it_is_closed(agent):
    visitor = stranded()
    case = cases.open_case(Session.objects.filter(code=visitor.code), CONTACT)
    cases.close(case, agent, other="The cat.")
    page = read(visitor.client.get(f"/s/{visitor.code}/case/")).text
    assert f"Case {case.pk} is closed" in page
    assert "The cat." not in page


# --- Forgetting ---------------------------------------------------------------------------------------------------


def test_closed_cases_go_with_all_that_was_sent_and_open_ones_stay(agent):
    cases.close(opened(), agent, other="x")
    there = opened()
    assert cases.delete_cases(Session.objects.all()) == 1
    assert list(Case.objects.all()) == [there]
    assert {row.case for row in Delivery.objects.all()} == {there}
