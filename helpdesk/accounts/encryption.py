"""Encrypts the secrets of second steps in the database, with a key derived from SECRET_KEY.

Whoever reads only the database, or its backup, learns none of them. What no key decrypts raises DecryptionError instead
of becoming an empty string, from which anybody could compute codes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# Never change it: with another label, no existing secret could be decrypted.
KEY_LABEL = b"helpdesk.sealing"
# No plain secret starts with it: a phone's is base32, that of recovery codes hexadecimal.
ENCRYPTED_PREFIX = "sealed:"
# The secret keys in an Authenticator's `data`: a phone's, or the seed of the recovery codes.
SECRETS = ("secret", "seed")


class DecryptionError(Exception):
    """A secret was encrypted with a key that is neither SECRET_KEY nor in SECRET_KEY_FALLBACKS."""


def encrypt(secret: str) -> str:
    return ENCRYPTED_PREFIX + _fernet().encrypt(secret.encode()).decode()


def decrypt(stored: str) -> str:
    """Return the secret; a value from before there was encryption comes back as it is. Raises DecryptionError."""
    if not stored.startswith(ENCRYPTED_PREFIX):
        return stored
    try:
        return _fernet().decrypt(stored.removeprefix(ENCRYPTED_PREFIX).encode()).decode()
    except InvalidToken as error:
        raise DecryptionError from error


def reencrypt(authenticators: Iterable[Any]) -> tuple[int, int]:
    """Encrypt the secrets of these Authenticators with SECRET_KEY; return how many, and how many no key decrypts."""
    encrypted = unreadable = 0
    for row in authenticators:
        try:
            row.data |= {name: encrypt(decrypt(row.data[name])) for name in SECRETS if name in row.data}
        except DecryptionError:
            unreadable += 1
            continue
        row.save(update_fields=["data"])
        encrypted += 1
    return encrypted, unreadable


def _fernet() -> MultiFernet:
    return _multi_fernet((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _multi_fernet(keys: tuple[str, ...]) -> MultiFernet:
    """Encrypts with the first key, decrypts with any."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derive_key(key))) for key in keys])


def _derive_key(key: str) -> bytes:
    # A key for this purpose only: signatures made with SECRET_KEY reveal nothing about it.
    return HKDF(SHA256(), length=32, salt=None, info=KEY_LABEL).derive(key.encode())
