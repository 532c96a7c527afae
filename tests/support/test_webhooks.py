"""Webhooks, as received by a real server that verifies each signature with the library."""

from __future__ import annotations

import base64

import pytest

from tests.support.walking import CONTACT, SECRET, WORDS, opened, states, webhook, work
from wizards.models import Call, Delivery, Webhook
from wizards.support import delivery
from wizards.support.delivery import webhooks
from wizards.support.transcript import build_transcript

pytestmark = pytest.mark.django_db


def test_a_new_case_is_posted_signed_with_its_id(hook):
    webhook(hook.url)
    opened()
    work()
    row = Delivery.objects.get()
    assert hook.wrong == []
    assert hook.ids == [str(row.pk)]
    assert hook.seen[0]["content-type"] == "application/json; charset=utf-8"
    assert states() == [("case.opened", "sent", 1)]


def test_the_message_says_what_happened_to_which_case_and_where_it_is(hook):
    webhook(hook.url)
    case = opened()
    work()
    (message,) = hook.messages
    assert message["type"] == "case.opened"
    assert message["timestamp"] == Delivery.objects.get().body["at"]
    data = message["data"]
    assert data["case"] == case.pk
    assert data["url"] == f"http://127.0.0.1:8000/desk/cases/{case.pk}/"
    assert data["product"] == {"slug": "toy", "title": "Toy", "version": 1}
    assert data["symptom"] == "It does not work"
    assert data["status"] == "unsolved"
    assert data["told"] == build_transcript(case.session)["told"]


def test_it_is_thin_nothing_personal_is_in_it(hook):
    webhook(hook.url)
    case = opened()
    Call.objects.create(session=case.session, caller="Mrs Private")
    work()
    assert not {CONTACT, WORDS, "Mrs Private"} & set(map(str, hook.messages[0]["data"].values()))
    assert "contact" not in hook.messages[0]["data"]


def test_with_the_setting_it_holds_what_is_personal(hook, settings):
    settings.WEBHOOKS_WORDS = True
    webhook(hook.url)
    nasty = 'a"b\\c\r\nd\u2028 漢字 🎥 </script>'
    case = opened(words=nasty)
    Call.objects.create(session=case.session, caller=nasty)
    work()
    data = hook.messages[0]["data"]
    assert (data["contact"], data["words"], data["caller"]) == (CONTACT, nasty, nasty)


def test_each_receiver_has_its_own_id_and_its_own_signature(hook):
    webhook(hook.url)
    webhook(hook.url, name="Other", secret=webhooks.new_secret())
    opened()
    work()
    assert len(hook.ids) == 1
    assert len(hook.wrong) == 1
    assert len({each["webhook-id"] for each in hook.seen}) == 2


def test_the_id_stays_the_same_at_the_next_try_and_the_time_is_new(hook):
    webhook(hook.url)
    opened()
    hook.status = 500
    work()
    hook.status = 200
    delivery.send_again(Delivery.objects.all())
    work()
    assert hook.ids == [str(Delivery.objects.get().pk)] * 2


@pytest.mark.parametrize(("status", "why"), [(302, "redirects"), (400, "answered 400"), (503, "answered 503")])
def test_an_answer_that_is_no_yes_is_a_failure_that_is_tried_again(hook, status, why):
    webhook(hook.url)
    opened()
    hook.status, hook.headers = status, {"Location": hook.url}
    work()
    assert states() == [("case.opened", "waiting", 1)]
    assert why in Delivery.objects.get().error
    assert len(hook.seen) == 1


def test_a_receiver_that_is_gone_for_good_is_not_tried_again(hook):
    webhook(hook.url)
    opened()
    hook.status = 410
    work()
    assert states() == [("case.opened", "failed", 1)]


def test_a_webhook_that_was_switched_off_meanwhile_gets_nothing(hook):
    webhook(hook.url)
    opened()
    Webhook.objects.update(active=False)
    work()
    assert hook.seen == []
    assert states() == [("case.opened", "failed", 1)]
    assert "switched off" in Delivery.objects.get().error


def test_an_address_inside_is_refused_when_it_is_sent_however_it_got_there(hook, settings):
    settings.WEBHOOKS_PRIVATE_ALLOWED = False
    webhook(hook.url)
    opened()
    work()
    assert hook.seen == []
    assert "not on the public internet" in Delivery.objects.get().error


def test_a_fresh_secret_is_what_standard_webhooks_asks_for():
    one, other = webhooks.new_secret(), webhooks.new_secret()
    assert one != other
    assert one.startswith("whsec_")
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32
    assert SECRET.startswith("whsec_")
