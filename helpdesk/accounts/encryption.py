"""Secrets that have to be read again, as the database keeps them: sealed, with keys that come from SECRET_KEY.

Whoever reads the database alone, or its backup, learns none of them. A seal that no key opens is no secret at all:
`Unreadable`, and never an empty string, from which anybody could make codes.
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

# Frozen: with another label, nothing that is sealed in a database could be read.
KEY_LABEL = b"helpdesk.sealing"
# No secret of the library's begins so: a phone's is base32, the recovery codes' is hexadecimal.
ENCRYPTED_PREFIX = "sealed:"
# What an Authenticator's `data` keeps secret: the phone's, or that of which the recovery codes are made.
SECRETS = ("secret", "seed")


class DecryptionError(Exception):
    """A secret was sealed with a key that is neither SECRET_KEY nor among SECRET_KEY_FALLBACKS."""


def encrypt(secret: str) -> str:
    """Return a secret as the database keeps it, sealed with SECRET_KEY."""
    return ENCRYPTED_PREFIX + _fernet().encrypt(secret.encode()).decode()


def decrypt(kept: str) -> str:
    """Return the secret of what the database keeps; what was kept before there were seals comes back as it is."""
    if not kept.startswith(ENCRYPTED_PREFIX):
        return kept
    try:
        return _fernet().decrypt(kept.removeprefix(ENCRYPTED_PREFIX).encode()).decode()
    except InvalidToken as foreign:
        raise DecryptionError from foreign


def reencrypt(authenticators: Iterable[Any]) -> tuple[int, int]:
    """Seal the secrets of these Authenticators with SECRET_KEY; return how many, and how many no key opens."""
    sealed = unreadable = 0
    for row in authenticators:
        try:
            row.data |= {name: encrypt(decrypt(row.data[name])) for name in SECRETS if name in row.data}
        except DecryptionError:
            unreadable += 1
            continue
        row.save(update_fields=["data"])
        sealed += 1
    return sealed, unreadable


def _fernet() -> MultiFernet:
    return _made((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _made(keys: tuple[str, ...]) -> MultiFernet:
    """Return what seals with the first of the keys, and opens with any."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    # For this purpose alone: what is signed with SECRET_KEY says nothing about it.
    return HKDF(SHA256(), length=32, salt=None, info=KEY_LABEL).derive(key.encode())
