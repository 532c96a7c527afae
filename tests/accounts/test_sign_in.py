"""One sign-in for all staff: who has an account, and where signing in and out redirect."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client

from helpdesk.accounts import adapters
from tests.accounts.signing_in import CODES, LOGIN, PHONE, set_up, sign_in, signed_in
from tests.reading import read
from tests.visitor import routes

# tests/test_roles.py and tests/hostile make the queries of these pages on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_nobody_signs_up():
    names = set(routes("account/"))
    assert names
    assert not {name for name in names if "signup" in name or "reset" in name or "email" in name}
    for address in ("/account/signup/", "/account/password/reset/", "/account/email/", "/account/social/"):
        assert Client().get(address).status_code == 404
    assert adapters.AccountAdapter().is_open_for_signup(None) is False


def test_the_page_says_whom_to_ask_for_an_account_or_a_password():
    words = read(Client().get(LOGIN)).text
    assert "An administrator of this help desk creates accounts and sets new passwords." in words


@pytest.mark.parametrize("path", ["/admin/", "/admin/wizards/wizard/?q=a", "/review/"])
def test_anonymous_users_reach_the_one_sign_in_and_continue_from_there(user, path):
    client = Client()
    answer = client.get(path, follow=True)
    address = urlsplit(answer.redirect_chain[-1][0])
    assert (address.path, parse_qs(address.query)["next"]) == (LOGIN, [path])
    assert sign_in(client, query=f"?{address.query}")[1]["Location"] == path


def test_the_admins_own_addresses_redirect_to_the_same_pages(user):
    client = Client()
    client.force_login(user)
    assert client.get("/admin/password_change/")["Location"] == "/account/password/"
    assert client.get("/admin/login/?next=/admin/auth/")["Location"] == "/admin/auth/"
    assert client.get("/admin/logout/").status_code == 200
    assert signed_in(client)
    assert client.post("/admin/logout/")["Location"] == LOGIN
    assert not signed_in(client)


def test_users_without_access_to_the_admin_get_a_403_and_no_redirect_loop():
    client = Client()
    client.force_login(User.objects.create_user("visitor"))
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "This page is not open to you" in answer.content.decode()


# Django's `redirect` takes the first ones for names of views.
FOREIGN = (
    "abc",
    "12",
    "desk",
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "http:evil.example",
)


@pytest.mark.parametrize("wanted", FOREIGN)
def test_a_sign_in_redirects_only_to_our_own_pages(user, wanted):
    client, answer = sign_in(query=f"?next={wanted}")
    assert answer["Location"] == "/account/start/"
    assert client.get("/admin/login/", {"next": wanted})["Location"] == "/admin/"
    assert client.get(LOGIN, {"next": wanted})["Location"] == "/account/start/"
    assert Client().get("/admin/login/", {"next": wanted})["Location"] == f"{LOGIN}?next=/admin/"


@pytest.mark.parametrize("wanted", FOREIGN)
def test_a_sign_out_redirects_only_to_our_own_pages(user, wanted):
    client, _ = sign_in()
    assert client.post(f"/account/logout/?next={wanted}")["Location"] == LOGIN
    assert client.get(f"/account/logout/?next={wanted}")["Location"] == LOGIN
    assert client.post(f"/admin/logout/?next={wanted}")["Location"] == LOGIN


@pytest.mark.parametrize(
    ("rights", "staff", "place"),
    [
        (["change_wizard", "view_session"], True, "/admin/"),
        (["view_session"], True, "/review/"),
        ([], True, "/admin/"),
        ([], False, "/account/"),
    ],
)
def test_users_start_where_they_work(rights, staff, place):
    someone = User.objects.create_user("someone", is_staff=staff)
    someone.user_permissions.add(*Permission.objects.filter(codename__in=rights, content_type__app_label="wizards"))
    client = Client()
    client.force_login(someone)
    assert client.get("/account/start/")["Location"] == place


def test_only_a_post_signs_out(user):
    client, _ = sign_in()
    assert "Sign out?" in read(client.get("/account/logout/")).text
    assert signed_in(client)
    answer = client.post("/account/logout/", follow=True)
    assert "You are signed out." in answer.content.decode()
    assert not signed_in(client)
    assert not Session.objects.exists()


@pytest.mark.parametrize("path", ["/account/", PHONE, CODES, "/account/password/", LOGIN, "/account/codes/file/"])
def test_pages_of_the_sign_in_are_not_stored(user, path):
    client = Client()
    if path != LOGIN:
        sign_in(client)
        if path != PHONE:
            set_up(client)
    answer = client.get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
