"""What django-allauth is told about accounts and second steps."""

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
    """Accounts are made by admins; nobody signs up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "The user name or the password is not right.",  # nosec B105  # a sentence
        "incorrect_password": "That password is not right.",  # nosec B105  # a sentence
        "enter_current_password": "That is not your password now.",  # nosec B105  # a sentence
        "too_many_login_attempts": "That went wrong too often. Wait five minutes, then try again.",
        "rate_limited": "That went wrong too often. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: accounts are made in the admin."""
        return False

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Begin the session of somebody who has shown who they are."""
        super().login(request, user)
        session_policy.begin(request)

    def is_safe_url(self, url: str) -> bool:
        """Return whether an address to go on to is a path of ours: any other word would be taken for a view's name."""
        return url.startswith("/") and bool(super().is_safe_url(url))

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address for which tries are counted, the same as for customers."""
        return limiter.client_address(request)

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """Return whether the password is asked for once more: not within five minutes of signing in."""
        request = context.request
        records = get_authentication_records(request, request.user)
        return not any(time.time() - record["at"] < 5 * 60 for record in records)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return where a new password leads: to the overview of one's sign-in, which says that it is changed."""
        return reverse("mfa_index")


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The second step is a code from an app on one's phone, or a recovery code."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not right, or it was used before. Wait for the next one and try again.",
    }

    def encrypt(self, text: str) -> str:
        """Return a secret as the database keeps it."""
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret of the database; raise ValidationError, which the form shows, where no key opens it."""
        try:
            return encryption.decrypt(encrypted_text)
        except encryption.DecryptionError as foreign:
            log.error("The secret of a second step cannot be read: SECRET_KEY was changed (docs/production.md).")
            raise ValidationError(UNREADABLE) from foreign

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """Return what the app calls the account."""
        return user.get_username()

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code as markup to stand in the page: no address of a picture, which the policy would refuse."""
        code = segno.make(url, error="m", micro=False)
        return code.svg_inline(
            scale=4, border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
        )
