"""Webhooks and deliveries in the admin: what waits, what failed and why, and "send again"."""

from __future__ import annotations

import base64
import re

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.reading import read
from tests.staff import staff
from tests.support.walking import CONTACT, SECRET, opened, webhook, work
from tests.visitor import rows
from wizards.models import Delivery, Webhook
from wizards.support import cases

pytestmark = pytest.mark.django_db

HOOKS = "/admin/wizards/webhook/"
LIST = "/admin/wizards/delivery/"
URL = "https://hooks.example.org/cases"


def save(client: Client, address: str = f"{HOOKS}add/", **fields: str):
    return client.post(address, {"name": "Tickets", "url": URL, "active": "on", **fields})


def change(row: Webhook) -> str:
    return f"{HOOKS}{row.pk}/change/"


# --- Webhooks -----------------------------------------------------------------------------------------------------


def test_a_secret_is_made_and_shown_once(admin_client):
    response = save(admin_client)
    row = Webhook.objects.get()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", row.secret)
    assert row.secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    for address in (HOOKS, change(row), f"{change(row)[:-7]}history/"):
        assert row.secret not in admin_client.get(address).content.decode()


def test_the_secret_stands_in_no_table_but_its_own_and_in_no_cookie(admin_client):
    response = save(admin_client)
    secret = Webhook.objects.get().secret
    assert secret not in str(response.cookies)
    assert secret not in repr(rows(*[model for model in apps.get_models() if model is not Webhook]))


def test_a_secret_that_is_typed_is_taken_and_not_shown(admin_client):
    response = save(admin_client, secret=SECRET)
    assert Webhook.objects.get().secret == SECRET
    assert response.status_code == 302


def test_saved_again_the_secret_stays(admin_client):
    save(admin_client)
    row = Webhook.objects.get()
    assert row.secret
    assert save(admin_client, change(row), name="Other").status_code == 302
    kept = Webhook.objects.get()
    assert (kept.name, kept.secret) == ("Other", row.secret)
    assert "ecret" not in LogEntry.objects.latest("pk").get_change_message()


def test_a_new_secret_is_made_where_that_is_asked_for_and_shown_once(admin_client):
    save(admin_client)
    row = Webhook.objects.get()
    response = save(admin_client, change(row), renew="on")
    assert Webhook.objects.get().secret != row.secret
    assert Webhook.objects.get().secret in response.content.decode()


@pytest.mark.parametrize(
    "secret", ["hunter2", "whsec_", "whsec_%%%", "whsec_" + base64.b64encode(b"x" * 23).decode(), "x" * 101]
)
def test_what_cannot_sign_is_refused(admin_client, secret):
    response = save(admin_client, secret=secret)
    assert response.status_code == 200
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.org/", "must start with https://"),
        ("javascript:alert(1)", "must start with https://"),
        ("https://", "needs a host"),
        ("https://127.0.0.1/", "not on the public internet"),
        ("https://[::1]/", "not on the public internet"),
        ("https://localhost:8000/", "not on the public internet"),
        ("https://me:secret@hooks.example.org/", "must not contain a user name"),
        ("https://" + "x" * 500, "at most 500 characters"),
    ],
)
def test_a_url_to_which_nothing_would_ever_be_sent_is_refused_with_the_reason(admin_client, url, why):
    response = save(admin_client, url=url)
    assert why in read(response).text
    assert not Webhook.objects.exists()


def test_what_the_settings_allow_can_be_saved(admin_client, settings):
    settings.WEBHOOKS_HTTP_ALLOWED = settings.WEBHOOKS_PRIVATE_ALLOWED = True
    save(admin_client, url="http://127.0.0.1:9000/")
    assert Webhook.objects.get().url == "http://127.0.0.1:9000/"


def test_the_list_of_webhooks_says_what_waits_and_was_given_up_by_the_same_queries_for_any_number(
    admin_client, django_assert_max_num_queries
):
    one = webhook(name="One")
    webhook(name="Other")
    opened()
    Delivery.objects.filter(webhook=one).update(state=Delivery.State.FAILED)
    with CaptureQueriesContext(connection) as few:
        admin_client.get(HOOKS)
    for number in range(5):
        webhook(name=f"More {number}")
    with django_assert_max_num_queries(len(few)):
        admin_client.get(HOOKS)
    said = read(admin_client.get(HOOKS)).text
    assert f"One {URL} 0 1" in said
    assert f"Other {URL} 1 0" in said


def test_webhooks_to_which_nothing_was_sent_can_be_chosen_and_deleted(admin_client):
    told = webhook(name="Told")
    opened()
    sent = {"action": "delete_selected", "_selected_action": webhook(name="New").pk, "post": "yes"}
    assert admin_client.post(HOOKS, sent).status_code == 302
    assert list(Webhook.objects.all()) == [told]


# --- Deliveries ---------------------------------------------------------------------------------------------------


def test_the_page_says_what_waits_what_failed_and_why(admin_client, hook):
    webhook(hook.url)
    case = opened()
    hook.status = 500
    work()
    page = read(admin_client.get(LIST)).text
    told = (f"Case {case.pk} opened", "webhook Tickets", "waiting", "answered 500")
    assert [words for words in told if words not in page] == []


@pytest.mark.parametrize("place", ["", "{}/change/"])
def test_it_names_nothing_personal(admin_client, settings, place):
    settings.SUPPORT_CASES_TO = []
    cases.close(opened(), None, other="My words.")
    row = Delivery.objects.get()
    page = admin_client.get(LIST + place.format(row.pk)).content.decode()
    assert "the customer" in page
    assert CONTACT not in page
    assert "My words." not in page


def test_one_delivery_shows_what_is_sent_as_text(admin_client):
    opened(title="Toy <b>bold</b>")
    row = Delivery.objects.first()
    response = admin_client.get(f"{LIST}{row.pk}/change/")
    assert "Product: Toy <b>bold</b>" in read(response).text
    assert b"<b>bold</b>" not in response.content


def test_without_a_mail_server_the_page_says_where_the_mails_are(admin_client, settings):
    settings.EMAIL_FILE_PATH = "/somewhere/mail"
    assert "emails are written to /somewhere/mail" in read(admin_client.get(LIST)).text
    settings.EMAIL_FILE_PATH = None
    assert "mails are written" not in read(admin_client.get(LIST)).text


def send_again(client: Client):
    keys = [str(row.pk) for row in Delivery.objects.all()]
    return client.post(LIST, {"action": "again", "_selected_action": keys}, follow=True)


def test_send_again_lets_it_wait_again_and_stands_in_the_history(admin_client, hook):
    webhook(hook.url)
    opened()
    Delivery.objects.update(state="failed", tries=10, error="answered 500")
    response = send_again(admin_client)
    assert "1 delivery is queued again." in read(response).text
    work()
    row = Delivery.objects.get()
    assert (row.state, hook.ids) == ("sent", [str(row.pk)])
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.get_change_message()) == (str(row.pk), "Sent again.")


def test_whoever_may_only_look_cannot_send_again():
    opened()
    Delivery.objects.update(state="failed")
    client = staff("view_delivery")
    assert client.get(LIST).status_code == 200
    send_again(client)
    assert Delivery.objects.get().state == "failed"


def test_whoever_has_the_right_can():
    opened()
    Delivery.objects.update(state="failed")
    send_again(staff("view_delivery", "change_delivery"))
    assert Delivery.objects.get().state == "waiting"


@pytest.mark.parametrize("address", [HOOKS, f"{HOOKS}add/", LIST])
def test_without_the_right_there_is_no_such_page(address):
    assert staff("view_case", "change_case").get(address).status_code == 403


def test_deliveries_are_neither_added_nor_changed_nor_deleted_by_hand(admin_client):
    opened()
    row = Delivery.objects.get()
    before = rows(Delivery)
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    admin_client.post(f"{LIST}{row.pk}/change/", {"state": "sent", "error": "", "address": "me@example.org"})
    assert rows(Delivery) == before


def test_the_list_takes_the_same_queries_for_one_as_for_many(admin_client, django_assert_max_num_queries):
    for number in range(8):
        webhook(name=f"Hook {number}")
    opened()
    opened()
    with django_assert_max_num_queries(14):
        admin_client.get(LIST)
