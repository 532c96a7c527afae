"""django-allauth's adapters: how accounts and second steps behave here."""

from __future__ import annotations

import logging
import time
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse

from helpdesk.accounts import encryption, session_policy
from helpdesk.ratelimit import limiter

log = logging.getLogger(__name__)

UNREADABLE = "Codes cannot be checked any more: this site’s key was changed. Ask an administrator to forget your phone."


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Admins make the accounts; nobody signs up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "The user name or the password is not right.",  # nosec B105  # a sentence
        "incorrect_password": "That password is not right.",  # nosec B105  # a sentence
        "enter_current_password": "That is not your password now.",  # nosec B105  # a sentence
        "too_many_login_attempts": "That went wrong too often. Wait five minutes, then try again.",
        "rate_limited": "That went wrong too often. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        session_policy.start(request)

    def is_safe_url(self, url: str) -> bool:
        """Accept paths of this site only: `redirect` would take any other word for the name of a view."""
        return url.startswith("/") and bool(super().is_safe_url(url))

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that attempts are counted by, the same as for customers."""
        return limiter.client_address(request)

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """Ask for the password again after five minutes."""
        request = context.request
        records = get_authentication_records(request, request.user)
        return not any(time.time() - record["at"] < 5 * 60 for record in records)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The second step is a code from an app on the phone, or a recovery code."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not right, or it was used before. Wait for the next one and try again.",
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Raise ValidationError, which the form shows, where no key decrypts the secret."""
        try:
            return encryption.decrypt(encrypted_text)
        except encryption.DecryptionError as error:
            log.error("The secret of a second step cannot be decrypted: SECRET_KEY was changed (docs/production.md).")
            raise ValidationError(UNREADABLE) from error

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def build_totp_svg(self, url: str) -> str:
        """Return inline SVG: the content security policy refuses a data URL."""
        code = segno.make(url, error="m", micro=False)
        return code.svg_inline(
            scale=4, border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
        )
