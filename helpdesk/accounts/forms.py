"""The forms of the sign-in: passwords, and codes that work once."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account import forms as account_forms
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django import forms
from django.db import transaction
from django.utils.crypto import constant_time_compare

from .adapters import MFAAdapter
from .session_policy import VERIFIED_USER

log = logging.getLogger(__name__)


def _set_labels(form: forms.Form, focus: str = "", **labels: str) -> None:
    """Set labels instead of placeholders, and focus the field named `focus`."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.label = labels.get(name, field.label)
    if focus:
        form.fields[focus].widget.attrs["autofocus"] = True


class SignInForm(account_forms.LoginForm):  # type: ignore[misc]
    """User name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_labels(self, "login", login="User name")
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}


class ReauthenticateForm(account_forms.ReauthenticateForm):  # type: ignore[misc]
    """The password again, before a sensitive action."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_labels(self, "password")


class ChangePasswordForm(account_forms.ChangePasswordForm):  # type: ignore[misc]
    """The current password, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "oldpassword": "Your password now",
            "password1": "New password",
            "password2": "New password once more",
        }
        _set_labels(self, "oldpassword", **labels)


class SingleUseCode:
    """Makes a phone's code work once across all processes: the last used one is stored with the secret.

    (allauth remembers used codes in the cache, which is local to each process without Redis.)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_labels(self, "code", code="Code")  # type: ignore[arg-type]
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        authenticator: Authenticator = self.authenticator  # type: ignore[attr-defined]
        if authenticator.type == Authenticator.Type.TOTP and not _mark_used(authenticator, code):
            raise MFAAdapter().validation_error("incorrect_code")
        return code

    def save(self) -> None:
        """Record in the session whose second step was verified."""
        super().save()  # type: ignore[misc]
        context.request.session[VERIFIED_USER] = self.user.pk  # type: ignore[attr-defined]


@transaction.atomic
def _mark_used(authenticator: Authenticator, code: str) -> bool:
    """Mark a correct code as used; return False if it, or a later one, already was."""
    stored = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    secret = MFAAdapter().decrypt(stored.data["secret"])
    digits = "".join(filter(str.isdigit, code))
    steps = [
        step
        for step in yield_hotp_counters_from_time()
        if constant_time_compare(format_hotp_value(hotp_value(secret, step)), digits)
    ]
    if not steps or steps[0] <= stored.data.get("used", 0):
        return False
    authenticator.data = stored.data | {"used": steps[0]}
    authenticator.save(update_fields=["data"])
    return True


class SecondStepForm(SingleUseCode, mfa_forms.AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class ReauthenticateCodeForm(SingleUseCode, mfa_forms.ReauthenticateForm):  # type: ignore[misc]
    """A code again, before a sensitive action."""


class ActivatePhoneForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code from a phone, which proves that it works."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # No focus before the first attempt: the page is read from its top.
        _set_labels(self, "code" if self.is_bound else "", code="Code from the app")
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}
