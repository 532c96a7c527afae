"""How staff sign in: password, then a code; how long it lasts; and that customers have nothing to do with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from datetime import timedelta
from io import StringIO
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as configured
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from helpdesk.signin import adapters, lasting
from tests.admin.forms import Form
from tests.reading import read
from tests.visitor import Visitor, publish, routes

pytestmark = pytest.mark.django_db

NAME, PASSWORD = "ada", "a quiet afternoon"
LOGIN, CODE, PHONE, CODES = "/account/login/", "/account/login/code/", "/account/phone/", "/account/codes/"
STAFF_PAGES = ("/admin/", "/review/", "/admin/auth/user/", "/account/", "/account/codes/", "/account/password/")


@pytest.fixture
def user():
    """Give an account that may do everything."""
    return User.objects.create_superuser(NAME, password=PASSWORD)


@pytest.fixture
def mfa(settings):
    """Ask staff for the second step, as every site does that is reached by https."""
    settings.STAFF_MFA = True


def code_of(secret: str, steps: int = 0) -> str:
    """Return the code of RFC 6238 that a phone shows now, or some steps of 30 seconds later."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    place = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def sign_in(client=None, password=PASSWORD, name=NAME, where="", **extra):
    """Type name and password; return the client and the answer."""
    client = client or Client()
    return client, client.post(LOGIN + where, {"login": name, "password": password}, **extra)


def signed_in(client) -> bool:
    """Return whether a client's session is somebody's."""
    return client.get("/account/").status_code == 200


def set_up(client) -> tuple[str, list[str]]:
    """Set up a phone; return its secret and the recovery codes."""
    page = client.get(PHONE).content.decode()
    secret = re.search(r'class="key">([A-Z2-7]+)<', page)[1]
    answer = client.post(PHONE, {"code": code_of(secret)})
    assert (answer.status_code, answer["Location"]) == (302, CODES)
    shown = re.findall(r"<code>(\d{4} \d{4})</code>", client.get(CODES).content.decode())
    return secret, shown


def with_phone() -> tuple[str, list[str]]:
    """Set up a phone in a session that ends; return its secret and the recovery codes."""
    client, _ = sign_in()
    made = set_up(client)
    client.post("/account/logout/")
    return made


def later(client, **seconds):
    """Let time pass in a client's session: what it notes is so many seconds older."""
    session = client.session
    for name, passed in seconds.items():
        session[name] -= passed
    session.save()


# The password


def test_name_and_password_open_the_pages_of_staff(user):
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


def test_tries_without_end_from_one_address_get_a_plain_page(user):
    answers = [sign_in(name=f"name{number}")[1] for number in range(31)]
    assert [answer.status_code for answer in answers[:30]] == [200] * 30
    assert answers[30].status_code == 429
    assert answers[30]["Retry-After"] == "60"
    assert "Please wait a little" in answers[30].content.decode()


def test_behind_a_trusted_proxy_each_address_has_its_own_tries(user, settings):
    settings.TRUSTED_PROXY = True
    for number in range(31):
        answer = sign_in(name=f"name{number}", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")[1]
    assert answer.status_code == 200


# Who may have an account


def test_nobody_signs_up():
    names = set(routes("account/"))
    assert not {name for name in names if "signup" in name or "reset" in name or "email" in name}
    for address in ("/account/signup/", "/account/password/reset/", "/account/email/", "/account/social/"):
        assert Client().get(address).status_code == 404
    assert adapters.Accounts().is_open_for_signup(None) is False


def test_the_page_says_whom_to_ask_for_an_account_or_a_password():
    words = read(Client().get(LOGIN)).text
    assert "An administrator of this help desk makes accounts and sets new passwords." in words


# One door for all


@pytest.mark.parametrize("path", ["/admin/", "/admin/wizards/wizard/?q=a", "/review/"])
def test_whoever_is_not_signed_in_comes_to_the_same_sign_in_and_on_from_there(user, path):
    client = Client()
    answer = client.get(path, follow=True)
    address = urlsplit(answer.redirect_chain[-1][0])
    assert (address.path, parse_qs(address.query)["next"]) == (LOGIN, [path])
    assert sign_in(client, where=f"?{address.query}")[1]["Location"] == path


def test_the_admins_own_doors_lead_to_the_same_pages(user):
    client = Client()
    client.force_login(user)
    assert client.get("/admin/password_change/")["Location"] == "/account/password/"
    assert client.get("/admin/login/?next=/admin/auth/")["Location"] == "/admin/auth/"
    assert client.get("/admin/logout/").status_code == 200
    assert signed_in(client)
    assert client.post("/admin/logout/")["Location"] == LOGIN
    assert not signed_in(client)


def test_who_may_not_come_into_the_admin_is_told_so_and_not_led_in_circles():
    client = Client()
    client.force_login(User.objects.create_user("visitor"))
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "This page is not open to you" in answer.content.decode()


FOREIGN = ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:evil.example")


@pytest.mark.parametrize("wanted", FOREIGN)
def test_a_sign_in_leads_only_to_our_own_pages(user, wanted):
    client, answer = sign_in(where=f"?next={wanted}")
    assert answer["Location"] == "/account/start/"
    assert client.get("/admin/login/", {"next": wanted})["Location"] == "/admin/"
    assert client.get(LOGIN, {"next": wanted})["Location"] == "/account/start/"
    assert Client().get("/admin/login/", {"next": wanted})["Location"] == f"{LOGIN}?next=/admin/"


@pytest.mark.parametrize(
    ("rights", "staff", "place"),
    [
        (["change_wizard", "view_session"], True, "/admin/"),
        (["view_session"], True, "/review/"),
        ([], True, "/admin/"),
        ([], False, "/account/"),
    ],
)
def test_everybody_begins_where_their_work_is(rights, staff, place):
    someone = User.objects.create_user("someone", is_staff=staff)
    someone.user_permissions.add(*Permission.objects.filter(codename__in=rights, content_type__app_label="wizards"))
    client = Client()
    client.force_login(someone)
    assert client.get("/account/start/")["Location"] == place


def test_only_a_form_signs_out(user):
    client, _ = sign_in()
    assert "Sign out?" in read(client.get("/account/logout/")).text
    assert signed_in(client)
    answer = client.post("/account/logout/", follow=True)
    assert "You are signed out." in answer.content.decode()
    assert not signed_in(client)
    assert not Session.objects.exists()


# The second step


def test_outside_the_demonstration_nothing_opens_before_the_second_step_is_set_up(user, mfa):
    client, _ = sign_in()
    for path in STAFF_PAGES:
        assert client.get(path)["Location"] == PHONE, path
        assert client.post(path)["Location"] == PHONE, path
    set_up(client)
    for path in STAFF_PAGES:
        assert client.get(path).status_code == 200, path


def test_in_the_demonstration_a_password_is_enough_and_a_phone_may_be_set_up(user):
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


def test_password_and_code_sign_in_and_lead_on(user, mfa):
    secret, _ = with_phone()
    client, answer = sign_in(where="?next=/admin/auth/")
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


def test_a_session_from_before_the_phone_was_set_up_has_to_sign_in_anew(user, mfa):
    other, _ = sign_in()
    client, _ = sign_in()
    set_up(client)
    assert other.get("/review/")["Location"].startswith(LOGIN)
    assert other.get(PHONE)["Location"].startswith(LOGIN)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_phone_whose_clock_is_half_a_minute_off_is_let_in(user, mfa, steps):
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


def test_what_changes_the_sign_in_asks_for_the_password_again_after_a_while(user, mfa):
    client, _ = sign_in()
    set_up(client)
    for path in ("/account/phone/remove/", "/account/codes/new/", CODES):
        session = client.session
        for record in session["account_authentication_methods"]:
            record["at"] -= 301
        session.save()
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/account/confirm/?next={quote(path, safe='')}")
        assert client.post(answer["Location"], {"password": "wrong"}).status_code == 200
        assert client.post(answer["Location"], {"password": PASSWORD})["Location"] == path
        assert client.get(path).status_code == 200


def test_the_square_for_the_phone_stands_in_the_page_as_markup(user):
    client, _ = sign_in()
    answer = client.get(PHONE)
    page = answer.content.decode()
    assert "<svg" in page.partition('class="qr-code"')[2][:200]
    assert "data:" not in page
    assert "style=" not in page
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/account/", PHONE, CODES, "/account/password/", LOGIN, "/account/codes/file/"])
def test_nobody_stores_pages_of_the_sign_in(user, path):
    client = Client()
    if path != LOGIN:
        sign_in(client)
        if path != PHONE:
            set_up(client)
    answer = client.get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


# Lost phones


def test_an_admin_lets_somebody_set_up_a_new_phone(user, mfa):
    with_phone()
    theirs = Client()
    theirs.force_login(user)
    admin = Client()
    boss = User.objects.create_superuser("boss")
    admin.force_login(boss)
    session = admin.session
    session["stepped"] = boss.pk
    session.save()
    answer = admin.post(
        "/admin/auth/user/", {"action": "forget_second_step", "_selected_action": [user.pk]}, follow=True
    )
    assert "Forgotten for ada." in answer.content.decode()
    assert not Authenticator.objects.exists()
    assert not signed_in(theirs)
    assert sign_in()[0].get("/admin/")["Location"] == PHONE


def test_only_whoever_may_do_everything_lets_others_set_up_a_new_phone(user):
    with_phone()
    keeper = User.objects.create_user("keeper", is_staff=True)
    keeper.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client = Client()
    client.force_login(keeper)
    client.post("/admin/auth/user/", {"action": "forget_second_step", "_selected_action": [user.pk]})
    assert Authenticator.objects.count() == 2


def test_nobody_reads_the_secrets_of_others_in_the_admin(user):
    client, _ = sign_in()
    set_up(client)
    for path in ("/admin/mfa/", "/admin/mfa/authenticator/", "/admin/account/emailaddress/"):
        assert client.get(path).status_code == 404, path


def test_the_last_admin_is_helped_by_a_command(user, mfa):
    with_phone()
    out = StringIO()
    call_command("forget_second_step", NAME, stdout=out)
    assert "are forgotten" in out.getvalue()
    assert not Authenticator.objects.exists()
    with pytest.raises(CommandError, match="no account"):
        call_command("forget_second_step", "nobody")


# How long it lasts


def test_half_an_hour_without_a_sign_of_life_ends_a_session(user):
    client, _ = sign_in()
    later(client, seen=29 * 60)
    assert signed_in(client)
    later(client, seen=30 * 60)
    answer = client.get("/review/", follow=True)
    assert answer.redirect_chain[-1][0] == f"{LOGIN}?next=/review/&ended=idle"
    assert "because nothing happened for half an hour" in answer.content.decode()
    assert not Session.objects.exists()


def test_a_sign_of_life_is_noted_once_a_minute(user):
    client, _ = sign_in()
    later(client, seen=40)
    seen = client.session["seen"]
    client.get("/account/")
    assert client.session["seen"] == seen
    later(client, seen=30)
    client.get("/account/")
    assert client.session["seen"] > seen


def test_a_page_that_renews_itself_is_no_sign_of_life(user):
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


def test_a_session_without_times_of_its_own_lasts_from_the_last_time_that_its_account_signed_in(user):
    client = Client()
    client.force_login(user)
    assert signed_in(client)
    User.objects.update(last_login=timezone.now() - timedelta(minutes=31))
    assert not signed_in(client)
    client.force_login(user)
    User.objects.update(last_login=None)
    assert not signed_in(client)


def test_signing_in_anew_begins_a_new_session(user):
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


def test_htmx_is_led_to_the_whole_page_of_the_sign_in(user):
    client, _ = sign_in()
    later(client, seen=30 * 60)
    page = "http://testserver/review/?wizard=toy"
    answer = client.get("/review/?part=1", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=page)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"{LOGIN}?next=%2Freview%2F%3Fwizard%3Dtoy&ended=idle"


def test_htmx_on_a_foreign_page_is_not_led_back_there(user):
    answer = Client().get("/review/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="https://evil.example/")
    assert answer["HX-Redirect"] == f"{LOGIN}?next=%2F"


# When an account changes


def test_disabling_an_account_in_the_admin_ends_its_sessions_for_good(user):
    client, _ = sign_in()
    admin = Client()
    admin.force_login(User.objects.create_superuser("boss"))
    form = Form(admin, f"/admin/auth/user/{user.pk}/change/")
    form["is_active"] = False
    del form.fields["groups"], form.fields["user_permissions"]  # none is chosen
    assert form.save().status_code == 302
    assert Session.objects.count() == 1
    assert signed_in(admin)
    User.objects.update(is_active=True)
    assert not signed_in(client)


def test_disabling_an_account_in_any_other_way_ends_its_sessions_too(user):
    client, _ = sign_in()
    User.objects.update(is_active=False)
    assert not signed_in(client)
    assert not Session.objects.exists()
    User.objects.update(is_active=True)
    assert not signed_in(client)


def test_an_account_that_is_disabled_between_password_and_code_stays_out(user, mfa):
    secret, _ = with_phone()
    client, _ = sign_in()
    User.objects.update(is_active=False)
    client.post(CODE, {"code": code_of(secret)})
    assert not signed_in(client)


def test_a_new_password_ends_the_other_sessions_and_not_this_one(user):
    client, other = sign_in()[0], sign_in()[0]
    new = "an even quieter afternoon"
    answer = client.post(
        "/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new}, follow=True
    )
    assert "Your password is changed." in answer.content.decode()
    assert (signed_in(client), signed_in(other)) == (True, False)
    assert signed_in(sign_in(password=new)[0])


def test_a_password_that_an_admin_sets_ends_the_sessions_of_the_account(user):
    client, _ = sign_in()
    admin = Client()
    admin.force_login(User.objects.create_superuser("boss"))
    new = {
        "password1": "an even quieter afternoon",
        "password2": "an even quieter afternoon",
        "usable_password": "true",
    }
    assert admin.post(f"/admin/auth/user/{user.pk}/password/", new).status_code == 302
    assert not signed_in(client)


def test_a_new_password_has_to_be_a_good_one_and_the_old_one_right(user):
    client, _ = sign_in()
    for old, new, words in ((PASSWORD, "password", "too common"), ("wrong", "a good one, I hope", "not your password")):
        page = client.post("/account/password/", {"oldpassword": old, "password1": new, "password2": new})
        assert words in page.content.decode()
    assert User.objects.get().check_password(PASSWORD)


# Customers


def test_a_customer_gets_no_session_and_no_cookie_of_staff():
    publish()
    visitor = Visitor().begin().walk("no")
    assert configured.SESSION_COOKIE_NAME not in visitor.client.cookies
    assert set(visitor.client.cookies) <= {configured.VISITOR_COOKIE_NAME, configured.CSRF_COOKIE_NAME}
    assert not Session.objects.exists()


def test_nobody_asks_who_a_customer_is(monkeypatch):
    publish()
    visitor = Visitor()
    monkeypatch.setattr(lasting, "check", None)
    monkeypatch.setattr("django.contrib.auth.middleware.get_user", None)
    with CaptureQueriesContext(connection) as asked:
        visitor.begin().walk("no")
    assert not [query["sql"] for query in asked if "django_session" in query["sql"] or "auth_user" in query["sql"]]


def test_a_forged_cookie_of_staff_is_taken_away_and_changes_nothing():
    client = Client()
    client.cookies[configured.SESSION_COOKIE_NAME] = "0123456789abcdef0123456789abcdef"
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.cookies[configured.SESSION_COOKIE_NAME]["max-age"] == 0
    assert not Session.objects.exists()


def test_looking_at_the_sign_in_begins_no_session():
    client = Client()
    assert client.get(LOGIN).status_code == 200
    assert set(client.cookies) <= {configured.CSRF_COOKIE_NAME}
    assert not Session.objects.exists()


# The site's settings


def test_a_deployment_with_passwords_only_is_warned(settings):
    settings.STAFF_MFA = False
    assert [warning.msg for warning in run_checks(include_deployment_checks=True) if "STAFF_MFA" in warning.msg]
    settings.STAFF_MFA = True
    assert not [warning.msg for warning in run_checks(include_deployment_checks=True) if "STAFF_MFA" in warning.msg]
