"""How long staff sessions last, and what happens after that."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.accounts.signing_in import LOGIN, later, sign_in, signed_in

pytestmark = pytest.mark.django_db


def test_half_an_hour_without_activity_ends_a_session(user):
    client, _ = sign_in()
    later(client, seen=29 * 60)
    assert signed_in(client)
    later(client, seen=30 * 60)
    answer = client.get("/review/", follow=True)
    assert answer.redirect_chain[-1][0] == f"{LOGIN}?next=/review/&ended=idle"
    assert "because nothing happened for half an hour" in answer.content.decode()
    assert not Session.objects.exists()


def test_activity_is_recorded_once_a_minute(user):
    client, _ = sign_in()
    later(client, seen=40)
    seen = client.session["seen"]
    client.get("/account/")
    assert client.session["seen"] == seen
    later(client, seen=30)
    client.get("/account/")
    assert client.session["seen"] > seen


def test_a_page_that_refreshes_itself_is_no_activity(user):
    client, _ = sign_in()
    later(client, seen=29 * 60)
    assert client.get("/review/", HTTP_X_QUIET="1").status_code == 200
    later(client, seen=61)
    assert client.get("/review/", HTTP_X_QUIET="1").status_code == 302


def test_twelve_hours_end_a_session_however_busy_it_was(user):
    client, _ = sign_in()
    later(client, begun=12 * 3600 - 60)
    assert signed_in(client)
    later(client, begun=60)
    answer = client.get("/review/", follow=True)
    assert "because twelve hours have passed" in answer.content.decode()
    assert not Session.objects.exists()


def test_a_session_without_times_counts_from_the_last_sign_in_of_its_account(user):
    client = Client()
    client.force_login(user)
    assert signed_in(client)
    User.objects.update(last_login=timezone.now() - timedelta(minutes=31))
    assert not signed_in(client)
    client.force_login(user)
    User.objects.update(last_login=None)
    assert not signed_in(client)


def test_signing_in_again_starts_a_new_session(user):
    client, _ = sign_in()
    later(client, begun=3600)
    key = client.session.session_key
    client.post("/account/logout/")
    sign_in(client)
    assert client.session.session_key != key
    assert client.session["begun"] == pytest.approx(time.time(), abs=5)


def test_the_cookie_ends_with_the_browser(user):
    client, _ = sign_in()
    cookie = client.cookies[configured.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == cookie["expires"] == ""
    assert cookie["httponly"]


def test_htmx_is_redirected_to_the_whole_sign_in_page(user):
    client, _ = sign_in()
    later(client, seen=30 * 60)
    page = "http://testserver/review/?wizard=toy"
    answer = client.get("/review/?part=1", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=page)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"{LOGIN}?next=%2Freview%2F%3Fwizard%3Dtoy&ended=idle"


def test_htmx_on_a_foreign_page_is_not_redirected_back_there(user):
    answer = Client().get("/review/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="https://evil.example/")
    assert answer["HX-Redirect"] == f"{LOGIN}?next=%2F"
