"""Where an account is disabled or gets a new password, its sessions end."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from tests.accounts.signing_in import CODE, PASSWORD, code_of, sign_in, signed_in, with_phone
from tests.admin.forms.editing import Form

pytestmark = pytest.mark.django_db


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


def test_an_account_disabled_between_password_and_code_cannot_sign_in(user, mfa):
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
