"""A lost phone: who may let a user set up a new one; and nobody reads the secrets of others."""

from __future__ import annotations

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client

from tests.accounts.signing_in import NAME, PHONE, set_up, sign_in, signed_in, with_phone

pytestmark = pytest.mark.django_db


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


def test_only_superusers_let_others_set_up_a_new_phone(user):
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
    paths = ("/admin/mfa/", "/admin/mfa/authenticator/", "/admin/account/emailaddress/")
    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)


def test_a_command_helps_the_last_admin(user, mfa):
    with_phone()
    out = StringIO()
    call_command("forget_second_step", NAME, stdout=out)
    assert "Removed the phone and the recovery codes of ada." in out.getvalue()
    assert not Authenticator.objects.exists()
    with pytest.raises(CommandError, match="no account"):
        call_command("forget_second_step", "nobody")
