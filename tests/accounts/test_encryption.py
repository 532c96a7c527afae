"""The secrets of the second step: sealed in the database, and readable with this key and the ones before it."""

from __future__ import annotations

import importlib
import logging
from io import StringIO
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from helpdesk.accounts import encryption
from tests.accounts.signing_in import CODE, NAME, PASSWORD, code_of, sign_in, signed_in, with_phone

pytestmark = pytest.mark.django_db

OTHER = "another-key-only-for-tests-" + "0123456789abcdefghijklmnopqrstuvwxyz"
migration = importlib.import_module("helpdesk.migrations.0001_seal_second_steps")


@pytest.fixture
def phone():
    """Give the secret of somebody's phone, and their recovery codes."""
    User.objects.create_superuser(NAME, password=PASSWORD)
    return with_phone()


def kept() -> list[str]:
    """Return the secrets as the database keeps them."""
    return [
        row.data[name]
        for row in Authenticator.objects.order_by("pk")
        for name in encryption.SECRETS
        if name in row.data
    ]


def sign_in_with(code: str):
    """Type name, password and a code; return the client and the last answer."""
    client, _ = sign_in()
    return client, client.post(CODE, {"code": code})


def changed(settings, *before: str) -> None:
    """Change SECRET_KEY; the keys before it are the ones given."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OTHER, list(before)


def test_the_database_holds_no_secret_as_it_is(phone):
    secret, codes = phone
    assert len(kept()) == 2
    assert all(each.startswith(encryption.ENCRYPTED_PREFIX) for each in kept())
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        held = str(cursor.fetchall())
    assert not [each for each in (secret, *codes) if each.replace(" ", "") in held]


def test_what_is_sealed_twice_looks_different_and_opens_to_the_same():
    one, other = encryption.encrypt("ABC"), encryption.encrypt("ABC")
    assert one != other
    assert encryption.decrypt(one) == encryption.decrypt(other) == "ABC"


@pytest.mark.parametrize("damaged", ["sealed:", "sealed:x", "sealed:größe"])
def test_a_damaged_seal_is_no_secret(damaged):
    with pytest.raises(encryption.DecryptionError):
        encryption.decrypt(damaged)


def test_a_seal_that_was_changed_is_no_secret():
    seal = encryption.encrypt("ABC")
    with pytest.raises(encryption.DecryptionError):
        encryption.decrypt(seal[:-8] + ("A" if seal[-8] != "A" else "B") + seal[-7:])


def test_the_key_that_seals_is_not_the_one_that_signs(settings):
    assert encryption._derive_key(settings.SECRET_KEY) not in settings.SECRET_KEY.encode()
    assert len({encryption._derive_key(key) for key in (settings.SECRET_KEY, OTHER, "")}) == 3


def test_secrets_from_before_there_were_seals_work(phone):
    for row in Authenticator.objects.all():
        row.data |= {name: encryption.decrypt(row.data[name]) for name in encryption.SECRETS if name in row.data}
        row.save()
    assert [each.startswith(encryption.ENCRYPTED_PREFIX) for each in kept()] == [False, False]
    assert signed_in(sign_in_with(code_of(phone[0], 1))[0])
    assert signed_in(sign_in_with(phone[1][0])[0])


def test_the_migration_seals_what_is_there_and_undoes_it(phone):
    editor = SimpleNamespace(connection=connection)
    before = [encryption.decrypt(each) for each in kept()]
    migration.unseal(apps, editor)
    assert kept() == before
    migration.seal(apps, editor)
    assert [encryption.decrypt(each) for each in kept()] == before != kept()
    assert signed_in(sign_in_with(code_of(phone[0], 1))[0])


def test_after_a_change_of_the_key_phones_work_with_the_one_before(phone, settings):
    changed(settings, settings.SECRET_KEY)
    assert signed_in(sign_in_with(code_of(phone[0], 1))[0])
    assert signed_in(sign_in_with(phone[1][0])[0])


def test_sealed_again_they_work_without_the_key_before(phone, settings):
    changed(settings, settings.SECRET_KEY)
    said = StringIO()
    call_command("reencrypt_secrets", stdout=said)
    assert said.getvalue() == "2 encrypted with the current SECRET_KEY.\n"
    settings.SECRET_KEY_FALLBACKS = []
    assert signed_in(sign_in_with(code_of(phone[0], 1))[0])
    assert signed_in(sign_in_with(phone[1][0])[0])


def test_what_no_key_opens_stays_as_it_is_and_is_said(phone, settings):
    changed(settings)
    before = kept()
    with pytest.raises(CommandError, match="2 were encrypted with a key that is neither"):
        call_command("reencrypt_secrets", stdout=StringIO())
    assert kept() == before


@pytest.mark.parametrize("typed", ["phone", "recovery", "empty"])
def test_where_the_key_is_lost_no_code_is_right_and_the_page_says_why(phone, settings, caplog, typed):
    changed(settings)
    # Of no secret at all, anybody could make codes.
    code = {"phone": code_of(phone[0], 1), "recovery": phone[1][0], "empty": code_of("")}[typed]
    with caplog.at_level(logging.ERROR, "helpdesk"):
        client, answer = sign_in_with(code)
    assert answer.status_code == 200
    assert "Ask an administrator to forget your phone." in answer.content.decode()
    assert "SECRET_KEY was changed" in caplog.text
    assert not signed_in(client)


def test_where_the_key_is_lost_the_phone_is_set_up_anew(phone, settings):
    changed(settings)
    call_command("forget_second_step", NAME, stdout=StringIO())
    secret, _ = with_phone()
    assert signed_in(sign_in_with(code_of(secret, 1))[0])
