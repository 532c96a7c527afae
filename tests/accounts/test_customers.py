"""Customers have no part in the sessions of staff."""

from __future__ import annotations

import pytest
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts import session_policy
from tests.accounts.signing_in import LOGIN
from tests.visitor import Visitor, publish

# tests/test_roles.py and tests/hostile make the queries of these pages on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_customer_gets_no_staff_session_and_no_staff_cookie():
    publish()
    visitor = Visitor().begin().walk("no")
    assert configured.SESSION_COOKIE_NAME not in visitor.client.cookies
    assert set(visitor.client.cookies) <= {configured.VISITOR_COOKIE_NAME, configured.CSRF_COOKIE_NAME}
    assert not Session.objects.exists()


def test_a_customers_request_loads_neither_session_nor_user(monkeypatch):
    publish()
    visitor = Visitor()
    monkeypatch.setattr(session_policy, "enforce", None)
    monkeypatch.setattr("django.contrib.auth.middleware.get_user", None)
    with CaptureQueriesContext(connection) as asked:
        visitor.begin().walk("no")
    assert len(asked) > 3
    assert not [query["sql"] for query in asked if "django_session" in query["sql"] or "auth_user" in query["sql"]]


def test_a_forged_staff_cookie_is_deleted_and_changes_nothing():
    client = Client()
    client.cookies[configured.SESSION_COOKIE_NAME] = "0123456789abcdef0123456789abcdef"
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.cookies[configured.SESSION_COOKIE_NAME]["max-age"] == 0
    assert not Session.objects.exists()


def test_opening_the_sign_in_page_starts_no_session():
    client = Client()
    assert client.get(LOGIN).status_code == 200
    assert set(client.cookies) <= {configured.CSRF_COOKIE_NAME}
    assert not Session.objects.exists()
