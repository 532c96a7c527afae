"""The secret of a follow-up link: made from the outbox row's id and the site's key, so that no table holds it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils.crypto import salted_hmac

from ...models import CODE_ALPHABET, Case

# Frozen: the links in mails that were sent are checked with them.
SECRET_SALT = "wizards.cases.follow_up"  # nosec B105  # noqa: S105  a salt, no secret
DIGEST_SALT = "wizards.cases.follow_up.digest"
LENGTH = 16
GROUP = 4


def make_secret(delivery: UUID) -> str:
    """Return the secret that a mail carries: 16 characters that can be typed."""
    number = int.from_bytes(salted_hmac(SECRET_SALT, str(delivery), algorithm="sha256").digest(), "big")
    letters = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[place])
    return "".join(letters)


def digest(secret: str) -> str:
    """Return what the database keeps of a secret, as it was typed: in groups or not, in any case."""
    plain = "".join(each for each in secret.lower() if each in CODE_ALPHABET)
    return salted_hmac(DIGEST_SALT, plain, algorithm="sha256").hexdigest()


def format_secret(secret: str) -> str:
    """Return a secret in groups, to type."""
    return " ".join(secret[start : start + GROUP] for start in range(0, len(secret), GROUP))


def follow_up_url(case: Case) -> str:
    """Return the address at which a customer says what became of their case; the secret goes behind a #."""
    return settings.SITE_URL + reverse("follow_up", args=[case.session.code])


def staff_url(case_number: int) -> str:
    """Return where staff find a case."""
    return f"{settings.SITE_URL}/desk/cases/{case_number}/"


def mail_address(contact: str) -> str:
    """Return the contact where it is an e-mail address, else an empty string."""
    try:
        validate_email(contact.strip())
    except ValidationError:
        return ""
    return contact.strip()
