"""The forms of the sign-in: passwords, and codes that count once."""

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
from .session_policy import STEPPED

log = logging.getLogger(__name__)


def _plain(form: forms.Form, focus: str = "", **labels: str) -> None:
    """Give a form's fields our labels, no words inside them, and the one named `focus` the focus."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.label = labels.get(name, field.label)
    if focus:
        form.fields[focus].widget.attrs["autofocus"] = True


class SignInForm(account_forms.LoginForm):  # type: ignore[misc]
    """User name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, "login", login="User name")
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}


class ReauthenticateForm(account_forms.ReauthenticateForm):  # type: ignore[misc]
    """The password once more, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, "password")


class ChangePasswordForm(account_forms.ChangePasswordForm):  # type: ignore[misc]
    """The password now, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "oldpassword": "Your password now",
            "password1": "New password",
            "password2": "New password once more",
        }
        _plain(self, "oldpassword", **labels)


class SingleUseCode:
    """A code of the phone's that works once, in every process: the last one that was used is kept with the secret.

    (The library remembers used codes in the cache, which is each process's own where there is no Redis.)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, "code", code="Code")  # type: ignore[arg-type]
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        """Return a code that is right and was not used before."""
        code: str = super().clean_code()  # type: ignore[misc]
        authenticator: Authenticator = self.authenticator  # type: ignore[attr-defined]
        if authenticator.type == Authenticator.Type.TOTP and not _use(authenticator, code):
            raise MFAAdapter().validation_error("incorrect_code")
        return code

    def save(self) -> None:
        """Note in the session that the second step was taken, and whose."""
        super().save()  # type: ignore[misc]
        context.request.session[STEPPED] = self.user.pk  # type: ignore[attr-defined]


@transaction.atomic
def _use(authenticator: Authenticator, code: str) -> bool:
    """Note a right code as used; return False where it, or a later one, was used before."""
    kept = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    secret = MFAAdapter().decrypt(kept.data["secret"])
    digits = "".join(filter(str.isdigit, code))
    steps = [
        step
        for step in yield_hotp_counters_from_time()
        if constant_time_compare(format_hotp_value(hotp_value(secret, step)), digits)
    ]
    if not steps or steps[0] <= kept.data.get("used", 0):
        return False
    authenticator.data = kept.data | {"used": steps[0]}
    authenticator.save(update_fields=["data"])
    return True


class SecondStepForm(SingleUseCode, mfa_forms.AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class ReauthenticateCodeForm(SingleUseCode, mfa_forms.ReauthenticateForm):  # type: ignore[misc]
    """A code once more, before something that matters."""


class ActivatePhoneForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a phone, which shows that it works."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # No focus before the first try: the page is read from its top.
        _plain(self, "code" if self.is_bound else "", code="Code from the app")
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}
