"""Follow-up links. Their secret is derived from the delivery's id and the site's key, so that no table holds it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils.crypto import salted_hmac

from ...models import CODE_ALPHABET, Case

# Frozen: they verify the links in mails that are already sent.
SECRET_SALT = "wizards.cases.follow_up"  # nosec B105  # noqa: S105  a salt, no secret
DIGEST_SALT = "wizards.cases.follow_up.digest"
LENGTH = 16
GROUP = 4


def make_secret(delivery: UUID) -> str:
    """Return the 16 typeable characters that the mail carries."""
    number = int.from_bytes(salted_hmac(SECRET_SALT, str(delivery), algorithm="sha256").digest(), "big")
    letters = []
    for _ in range(LENGTH):
        number, index = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[index])
    return "".join(letters)


def digest(secret: str) -> str:
    """Return the digest of a secret as typed; groups and case do not matter."""
    plain = "".join(char for char in secret.lower() if char in CODE_ALPHABET)
    return salted_hmac(DIGEST_SALT, plain, algorithm="sha256").hexdigest()


def format_secret(secret: str) -> str:
    return " ".join(secret[start : start + GROUP] for start in range(0, len(secret), GROUP))


def follow_up_url(case: Case) -> str:
    """Return the customer's follow-up page; the link in the mail adds the secret after a #."""
    return settings.SITE_URL + reverse("follow_up", args=[case.session.code])


def staff_url(case_number: int) -> str:
    return f"{settings.SITE_URL}/desk/cases/{case_number}/"


def mail_address(contact: str) -> str:
    """Return the contact if it is an e-mail address, else an empty string."""
    try:
        validate_email(contact.strip())
    except ValidationError:
        return ""
    return contact.strip()
