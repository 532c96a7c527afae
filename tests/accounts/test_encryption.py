"""The secrets of the second step: encrypted in the database, and readable with the current and the previous keys."""

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
    """Set up a phone; give its secret and the recovery codes."""
    User.objects.create_superuser(NAME, password=PASSWORD)
    return with_phone()


def stored_secrets() -> list[str]:
    """Return the secrets as stored in the database."""
    return [
        row.data[name]
        for row in Authenticator.objects.order_by("pk")
        for name in encryption.SECRETS
        if name in row.data
    ]


def sign_in_with(code: str):
    """Submit name, password and a code; return the client and the last response."""
    client, _ = sign_in()
    return client, client.post(CODE, {"code": code})


def change_key(settings, *before: str) -> None:
    """Change SECRET_KEY, with `before` as the fallbacks."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OTHER, list(before)


def test_the_database_holds_no_plain_secret(phone):
    secret, codes = phone
    assert len(stored_secrets()) == 2
    assert all(each.startswith(encryption.ENCRYPTED_PREFIX) for each in stored_secrets())
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        held = str(cursor.fetchall())
    assert not [each for each in (secret, *codes) if each.replace(" ", "") in held]


def test_the_same_secret_is_encrypted_differently_each_time():
    one, other = encryption.encrypt("ABC"), encryption.encrypt("ABC")
    assert one != other
    assert encryption.decrypt(one) == encryption.decrypt(other) == "ABC"


@pytest.mark.parametrize("damaged", ["sealed:", "sealed:x", "sealed:größe"])
def test_a_damaged_ciphertext_is_not_decrypted(damaged):
    with pytest.raises(encryption.DecryptionError):
        encryption.decrypt(damaged)


def test_a_changed_ciphertext_is_not_decrypted():
    seal = encryption.encrypt("ABC")
    with pytest.raises(encryption.DecryptionError):
        encryption.decrypt(seal[:-8] + ("A" if seal[-8] != "A" else "B") + seal[-7:])


def test_the_encryption_key_is_not_the_signing_key(settings):
    assert encryption._derive_key(settings.SECRET_KEY) not in settings.SECRET_KEY.encode()
    assert len({encryption._derive_key(key) for key in (settings.SECRET_KEY, OTHER, "")}) == 3


def test_secrets_from_before_encryption_work(phone):
    for row in Authenticator.objects.all():
        row.data |= {name: encryption.decrypt(row.data[name]) for name in encryption.SECRETS if name in row.data}
        row.save()
    assert [each.startswith(encryption.ENCRYPTED_PREFIX) for each in stored_secrets()] == [False, False]
    assert signed_in(sign_in_with(code_of(phone[0], 1))[0])
    assert signed_in(sign_in_with(phone[1][0])[0])


def test_the_migration_encrypts_existing_secrets_and_can_be_reversed(phone):
    editor = SimpleNamespace(connection=connection)
    before = [encryption.decrypt(each) for each in stored_secrets()]
    migration.unseal(apps, editor)
    assert stored_secrets() == before
    migration.seal(apps, editor)
    assert [encryption.decrypt(each) for each in stored_secrets()] == before != stored_secrets()
    assert signed_in(sign_in_with(code_of(phone[0], 1))[0])


def test_after_a_change_of_the_key_phones_work_with_the_old_one(phone, settings):
    change_key(settings, settings.SECRET_KEY)
    assert signed_in(sign_in_with(code_of(phone[0], 1))[0])
    assert signed_in(sign_in_with(phone[1][0])[0])


def test_reencrypted_secrets_work_without_the_old_key(phone, settings):
    change_key(settings, settings.SECRET_KEY)
    output = StringIO()
    call_command("reencrypt_secrets", stdout=output)
    assert output.getvalue() == "2 encrypted with the current SECRET_KEY.\n"
    settings.SECRET_KEY_FALLBACKS = []
    assert signed_in(sign_in_with(code_of(phone[0], 1))[0])
    assert signed_in(sign_in_with(phone[1][0])[0])


def test_secrets_that_no_key_decrypts_are_left_alone_and_reported(phone, settings):
    change_key(settings)
    before = stored_secrets()
    with pytest.raises(CommandError, match="2 were encrypted with a key that is neither"):
        call_command("reencrypt_secrets", stdout=StringIO())
    assert stored_secrets() == before


@pytest.mark.parametrize("typed", ["phone", "recovery", "empty"])
def test_without_the_key_no_code_is_accepted_and_the_page_says_why(phone, settings, caplog, typed):
    change_key(settings)
    # Of no secret at all, anybody could make codes.
    code = {"phone": code_of(phone[0], 1), "recovery": phone[1][0], "empty": code_of("")}[typed]
    with caplog.at_level(logging.ERROR, "helpdesk"):
        client, answer = sign_in_with(code)
    assert answer.status_code == 200
    assert "Ask an administrator to forget your phone." in answer.content.decode()
    assert "SECRET_KEY was changed" in caplog.text
    assert not signed_in(client)


def test_without_the_key_a_new_phone_can_be_set_up(phone, settings):
    change_key(settings)
    call_command("forget_second_step", NAME, stdout=StringIO())
    secret, _ = with_phone()
    assert signed_in(sign_in_with(code_of(secret, 1))[0])
