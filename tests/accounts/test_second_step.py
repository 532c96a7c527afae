"""The second step: a code from the phone, set up before anything opens, valid once."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from django.core.checks import run_checks

from tests.accounts.signing_in import (
    CODE,
    CODES,
    LOGIN,
    PASSWORD,
    PHONE,
    code_of,
    set_up,
    sign_in,
    signed_in,
    with_phone,
)

pytestmark = pytest.mark.django_db

STAFF_PAGES = ("/admin/", "/review/", "/admin/auth/user/", "/account/", "/account/codes/", "/account/password/")


def test_with_mfa_nothing_opens_before_the_second_step_is_set_up(user, mfa):
    client, _ = sign_in()
    for method in (client.get, client.post):
        assert {path: method(path)["Location"] for path in STAFF_PAGES} == dict.fromkeys(STAFF_PAGES, PHONE)
    set_up(client)
    assert {path: client.get(path).status_code for path in STAFF_PAGES} == dict.fromkeys(STAFF_PAGES, 200)


def test_without_mfa_a_password_is_enough_and_a_phone_may_be_set_up(user):
    client, _ = sign_in()
    assert client.get("/admin/").status_code == 200
    secret, codes = set_up(client)
    assert len(codes) == 10
    client.post("/account/logout/")
    assert sign_in(client)[1]["Location"] == CODE
    assert not signed_in(client)
    client.post(CODE, {"code": code_of(secret, 1)})
    assert signed_in(client)


def test_a_wrong_first_code_sets_nothing_up(user, mfa):
    client, _ = sign_in()
    client.get(PHONE)
    assert "That code is not right" in client.post(PHONE, {"code": "000000"}).content.decode()
    assert not Authenticator.objects.exists()
    assert client.get("/admin/")["Location"] == PHONE


def test_password_and_code_sign_in_and_redirect_to_next(user, mfa):
    secret, _ = with_phone()
    client, answer = sign_in(query="?next=/admin/auth/")
    assert answer["Location"] == CODE
    assert client.get("/admin/auth/").status_code == 302
    assert client.post(CODE, {"code": code_of(secret)})["Location"] == "/admin/auth/"
    assert client.get("/admin/auth/").status_code == 200


def test_a_password_alone_opens_nothing_where_a_phone_is_set_up(user, mfa):
    with_phone()
    client, _ = sign_in()
    for path in STAFF_PAGES:
        assert client.get(path).status_code == 302, path
        assert PHONE not in client.get(path)["Location"]
    assert client.get(PHONE)["Location"].startswith(LOGIN)


def test_a_session_from_before_the_phone_was_set_up_has_to_sign_in_again(user, mfa):
    other, _ = sign_in()
    client, _ = sign_in()
    set_up(client)
    assert other.get("/review/")["Location"].startswith(LOGIN)
    assert other.get(PHONE)["Location"].startswith(LOGIN)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_phone_whose_clock_is_half_a_minute_off_is_accepted(user, mfa, steps):
    secret, _ = with_phone()
    client, _ = sign_in()
    client.post(CODE, {"code": code_of(secret, steps)})
    assert signed_in(client)


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_of_another_minute_is_refused(user, mfa, steps):
    secret, _ = with_phone()
    client, _ = sign_in()
    client.post(CODE, {"code": code_of(secret, steps)})
    assert not signed_in(client)


def test_a_code_works_once_in_every_process(user, mfa):
    from django.core.cache import cache

    secret, _ = with_phone()
    code = code_of(secret)
    first, _ = sign_in()
    first.post(CODE, {"code": code})
    cache.clear()  # as in a process that knows nothing of the first
    second, _ = sign_in()
    assert "it was used before" in second.post(CODE, {"code": code}).content.decode()
    assert (signed_in(first), signed_in(second)) == (True, False)


def test_a_recovery_code_works_once(user, mfa):
    _, codes = with_phone()
    client, _ = sign_in()
    client.post(CODE, {"code": codes[3]})
    assert signed_in(client)
    again, _ = sign_in()
    assert "That code is not right" in again.post(CODE, {"code": codes[3]}).content.decode()
    assert not signed_in(again)
    again.post(CODE, {"code": codes[4].replace(" ", "")})
    assert signed_in(again)


def test_new_recovery_codes_end_the_old_ones(user, mfa):
    client, _ = sign_in()
    _, old = set_up(client)
    client.post("/account/codes/new/")
    new = re.findall(r"<code>(\d{4} \d{4})</code>", client.get(CODES).content.decode())
    assert len(new) == 10
    assert not set(old) & set(new)


def test_wrong_codes_are_limited_and_then_so_is_the_right_one(user, mfa):
    secret, _ = with_phone()
    client, _ = sign_in()
    for _ in range(5):
        assert "That code is not right" in client.post(CODE, {"code": "000000"}).content.decode()
    answer = client.post(CODE, {"code": code_of(secret)})
    assert "That went wrong too often. Wait five minutes" in answer.content.decode()
    assert not signed_in(client)


def test_another_phone_is_set_up_at_once_after_the_first_is_taken_off(user, mfa):
    client, _ = sign_in()
    old, _ = set_up(client)
    client.post("/account/phone/remove/")
    assert not Authenticator.objects.exists()
    assert client.get("/admin/")["Location"] == PHONE
    new, _ = set_up(client)
    assert new != old
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("path", ["/account/phone/remove/", "/account/codes/new/", CODES])
def test_changing_the_sign_in_asks_for_the_password_again_after_a_while(user, mfa, path):
    client, _ = sign_in()
    set_up(client)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/account/confirm/?next={quote(path, safe='')}")
    assert client.post(answer["Location"], {"password": "wrong"}).status_code == 200
    assert client.post(answer["Location"], {"password": PASSWORD})["Location"] == path
    assert client.get(path).status_code == 200


def test_the_qr_code_is_inline_svg(user):
    client, _ = sign_in()
    answer = client.get(PHONE)
    page = answer.content.decode()
    assert "<svg" in page.partition('class="qr-code"')[2][:200]
    assert "data:" not in page
    assert "style=" not in page
    assert "no-store" in answer["Cache-Control"]


def test_a_deployment_with_passwords_only_is_warned(settings):
    settings.STAFF_MFA = False
    assert [warning.msg for warning in run_checks(include_deployment_checks=True) if "STAFF_MFA" in warning.msg]
    settings.STAFF_MFA = True
    assert not [warning.msg for warning in run_checks(include_deployment_checks=True) if "STAFF_MFA" in warning.msg]
