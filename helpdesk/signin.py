"""How staff sign in: what django-allauth is told, and what holds while a session lasts.

A password first, then a code from one's phone (or a recovery code). A session ends after STAFF_IDLE without a sign of
life, after STAFF_LONGEST in any case, and when its account is disabled or its password changes. Customers have no
session: nothing here is reached without the cookie of staff.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.account.forms import ReauthenticateForm as PasswordReauthenticateForm
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME, SESSION_KEY, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.models import Session
from django.core.checks import Warning, register
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from helpdesk import sealing
from helpdesk.middleware import Handler
from wizards import limits

log = logging.getLogger(__name__)

# What a session notes: when it began, when there was last a sign of life, whose second step was taken in it.
BEGUN, SEEN, STEPPED = "begun", "seen", "stepped"
NOTE_EVERY = 60  # seconds: how exactly a sign of life is noted, so that not every request writes
UNREADABLE = "Codes cannot be checked any more: this site’s key was changed. Ask an administrator to forget your phone."
# A page that renews itself says so: nobody need be there.
QUIET = "X-Quiet"
# Where somebody may go who has no second step yet: to set it up, to say the password again for it, and out.
SETTING_UP = ("mfa_activate_totp", "account_reauthenticate", "account_logout")
# Where one begins who came without an address: by the first right that one has.
STARTS = (("wizards.change_wizard", "admin:index"), ("wizards.add_call", "desk"), ("wizards.view_session", "review"))


# --- What holds while a session lasts ------------------------------------------------------------------------------


def check(request: HttpRequest) -> HttpResponse | None:
    """Hold the rules for a request that came with the cookie of staff.

    A session that is over is ended, and the request goes on as that of somebody unknown. Returned is an answer only
    for those who have to set up their second step first.
    """
    if not request.user.is_authenticated:
        if SESSION_KEY in request.session:  # disabled, or the password is another: nor does it come back
            request.session.flush()
        return None
    if reason := over(request):
        logout(request)
        request.signed_out = reason  # type: ignore[attr-defined]  # lead_to_sign_in tells it
        return None
    if QUIET not in request.headers:
        _note_life(request)
    if settings.STAFF_MFA and request.session.get(STEPPED) != request.user.pk:
        return _without_second_step(request)
    return None


def over(request: HttpRequest) -> str:
    """Return why a session is over: `idle`, `long`, or nothing while it is not."""
    begun, seen = _times(request)
    if _now() - begun >= settings.STAFF_LONGEST.total_seconds():
        return "long"
    return "idle" if _now() - seen >= settings.STAFF_IDLE.total_seconds() else ""


def _times(request: HttpRequest) -> tuple[int, int]:
    """Return when a session began and when there was last a sign of life; by default when its account signed in."""
    last = request.user.last_login  # type: ignore[union-attr]  # only asked for somebody known
    known = int(last.timestamp()) if last else 0
    return request.session.get(BEGUN, known), request.session.get(SEEN, known)


def _note_life(request: HttpRequest) -> None:
    """Note a sign of life, once a minute."""
    begun, seen = _times(request)
    if _now() - seen >= NOTE_EVERY:
        request.session[BEGUN], request.session[SEEN] = begun, _now()


def _now() -> int:
    return int(timezone.now().timestamp())


def _without_second_step(request: HttpRequest) -> HttpResponse | None:
    """Lead somebody to set up a second step; who has one already, but did not take it here, is signed out."""
    if has_second_step(request.user):
        logout(request)
        return None
    if request.path in map(reverse, SETTING_UP):
        return None
    return redirect("mfa_activate_totp")


def has_second_step(user: Any) -> bool:
    """Return whether a phone gives codes for this account."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def lead_to_sign_in(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return `response`, or for one that leads to the sign-in a better one.

    It says why the session ended. HTMX, which would put the page into a part of the page that asks, gets the whole
    page to go there.
    """
    if response.status_code != 302 or not response.headers["Location"].startswith(reverse("mfa_index")):
        return response
    to_sign_in = response.headers["Location"].partition("?")[0] == resolve_url(settings.LOGIN_URL)
    reason = getattr(request, "signed_out", "") if to_sign_in else ""
    htmx = getattr(request, "htmx", None)
    if htmx:
        target = response.headers["Location"]
        if to_sign_in:
            query = {REDIRECT_FIELD_NAME: htmx.current_url_abs_path or "/"} | ({"ended": reason} if reason else {})
            target = f"{resolve_url(settings.LOGIN_URL)}?{urlencode(query)}"
        return HttpResponse(status=204, headers={"HX-Redirect": target, "Cache-Control": "no-store"})
    if reason:
        location = response.headers["Location"]
        response.headers["Location"] = f"{location}{'&' if '?' in location else '?'}ended={reason}"
    return response


def end_sessions(user: AbstractBaseUser) -> None:
    """End every session of a member of staff. Only staff have sessions: there are not many to look through."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()


def forget_second_step(user: AbstractBaseUser) -> None:
    """Take phone and recovery codes from an account (they are lost) and end its sessions: it sets up new ones."""
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user)


@register(deploy=True)
def _second_step_is_asked_for(**_: Any) -> list[Warning]:
    """Say in `check --deploy` that passwords alone open the pages of staff."""
    hint = "Set STAFF_MFA=true, or leave it out."
    return [] if settings.STAFF_MFA else [Warning("STAFF_MFA is off: a password opens the pages of staff.", hint=hint)]


# --- Addresses of our own ------------------------------------------------------------------------------------------


def page(view: Callable[..., HttpResponse], *more: str) -> Callable[..., HttpResponse]:
    """Return a view that is looked at, and takes `more` methods (POST): others are refused, and nobody stores it."""
    return require_http_methods(["GET", "HEAD", *more])(never_cache(view))


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Lead somebody who has signed in to where their work is."""
    for right, name in STARTS:
        if request.user.has_perm(right):
            try:
                return redirect(name)
            except NoReverseMatch:
                continue
    return redirect("admin:index" if request.user.is_staff else "mfa_index")


class SetUpPhone(ActivateTOTPView):  # type: ignore[misc]
    """Set up a phone; its first code counts as the second step of this session."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Keep the phone."""
        response: HttpResponse = super().form_valid(form)
        self.request.session[STEPPED] = self.request.user.pk
        return response


class TakeOffPhone(DeactivateTOTPView):  # type: ignore[misc]
    """Take a phone off, in order to set up another."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Forget the phone, and with it that its step was taken."""
        self.request.session.pop(STEPPED, None)
        response: HttpResponse = super().form_valid(form)
        return response


def admin_door(request: HttpRequest) -> HttpResponse:
    """Stand where the admin's own sign-in was: lead to the one for all staff, and say no to who may not come in."""
    wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        wanted = reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(wanted)
    if not admin.site.has_permission(request):
        raise PermissionDenied
    return redirect(wanted)


def admin_password(request: HttpRequest) -> HttpResponse:
    """Stand where the admin's own page for a new password was."""
    return redirect("account_change_password")


def too_many(request: HttpRequest) -> HttpResponse:
    """Say that there were too many tries from one address, and when to try again."""
    response = render(request, "account/too_many.html", status=429)
    response["Retry-After"] = "60"
    return response


# --- What django-allauth is told -----------------------------------------------------------------------------------


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
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
        request.session[BEGUN] = request.session[SEEN] = _now()

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address for which tries are counted, the same as for customers."""
        return limits.address_of(request)

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """Return whether the password is asked for once more: not within five minutes of signing in."""
        request = context.request
        records = get_authentication_records(request, request.user)
        return not any(time.time() - record["at"] < 5 * 60 for record in records)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return where a new password leads: to the overview of one's sign-in, which says that it is changed."""
        return reverse("mfa_index")


class SecondSteps(DefaultMFAAdapter):  # type: ignore[misc]
    """The second step is a code from an app on one's phone, or a recovery code."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not right, or it was used before. Wait for the next one and try again.",
    }

    def encrypt(self, text: str) -> str:
        """Return a secret as the database keeps it."""
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret of the database; raise ValidationError, which the form shows, where no key opens it."""
        try:
            return sealing.unseal(encrypted_text)
        except sealing.Unreadable as foreign:
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


def _plain(form: forms.Form, focus: str = "", **labels: str) -> None:
    """Give a form's fields our labels, no words inside them, and the one named `focus` the focus."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.label = labels.get(name, field.label)
    if focus:
        form.fields[focus].widget.attrs["autofocus"] = True


class PasswordForm(LoginForm):  # type: ignore[misc]
    """User name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, "login", login="User name")
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}


class PasswordAgainForm(PasswordReauthenticateForm):  # type: ignore[misc]
    """The password once more, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, "password")


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """The password now, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "oldpassword": "Your password now",
            "password1": "New password",
            "password2": "New password once more",
        }
        _plain(self, "oldpassword", **labels)


class Once:
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
            raise SecondSteps().validation_error("incorrect_code")
        return code

    def save(self) -> None:
        """Note in the session that the second step was taken, and whose."""
        super().save()  # type: ignore[misc]
        context.request.session[STEPPED] = self.user.pk  # type: ignore[attr-defined]


@transaction.atomic
def _use(authenticator: Authenticator, code: str) -> bool:
    """Note a right code as used; return False where it, or a later one, was used before."""
    kept = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    secret = SecondSteps().decrypt(kept.data["secret"])
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


class CodeForm(Once, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class CodeAgainForm(Once, ReauthenticateForm):  # type: ignore[misc]
    """A code once more, before something that matters."""


class FirstCodeForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a phone, which shows that it works."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # No focus before the first try: the page is read from its top.
        _plain(self, "code" if self.is_bound else "", code="Code from the app")
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}


def staff_sessions(get_response: Handler) -> Handler:
    """Hold the rules for staff: their sessions end in time, and the second step is set up before anything else.

    Customers have no cookie of staff: for them nothing is read, and nobody is asked who they are.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        answer = check(request) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        return lead_to_sign_in(request, answer or get_response(request))

    return handle
