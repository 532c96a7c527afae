"""Passwords: signing in with one, guessing, and changing it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.accounts.signing_in import NAME, PASSWORD, sign_in, signed_in

# tests/test_roles.py and tests/hostile make the queries of these pages on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_name_and_password_open_the_staff_pages(user):
    client, answer = sign_in()
    assert (answer.status_code, answer["Location"]) == (302, "/account/start/")
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(("name", "password"), [(NAME, "wrong"), ("nobody", PASSWORD), (NAME.upper(), PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_look_alike(user, name, password):
    client, answer = sign_in(name=name, password=password)
    assert "The user name or the password is not right." in answer.content.decode()
    assert not signed_in(client)


def test_a_disabled_account_looks_like_a_wrong_password(user):
    User.objects.update(is_active=False)
    client, answer = sign_in()
    assert "The user name or the password is not right." in answer.content.decode()
    assert not signed_in(client)


def test_the_sixth_wrong_password_and_a_right_one_after_it_are_refused(user):
    for _ in range(5):
        assert "is not right" in sign_in(password="wrong")[1].content.decode()
    client, answer = sign_in()
    assert "That went wrong too often. Wait five minutes" in answer.content.decode()
    assert not signed_in(client)


def test_too_many_attempts_from_one_address_get_a_429_page(user):
    answers = [sign_in(name=f"name{number}")[1] for number in range(31)]
    assert [answer.status_code for answer in answers[:30]] == [200] * 30
    assert answers[30].status_code == 429
    assert answers[30]["Retry-After"] == "60"
    assert "Please wait a little" in answers[30].content.decode()


def test_behind_a_trusted_proxy_attempts_are_counted_by_client_address(user, settings):
    settings.TRUSTED_PROXY = True
    for number in range(31):
        answer = sign_in(name=f"name{number}", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")[1]
    assert answer.status_code == 200


def test_a_new_password_must_be_strong_and_the_old_one_correct(user):
    client, _ = sign_in()
    for old, new, words in ((PASSWORD, "password", "too common"), ("wrong", "a good one, I hope", "not your password")):
        page = client.post("/account/password/", {"oldpassword": old, "password1": new, "password2": new})
        assert words in page.content.decode()
    assert User.objects.get().check_password(PASSWORD)
