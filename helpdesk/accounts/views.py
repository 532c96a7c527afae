"""Addresses of our own beside django-allauth's, and its own with a word more."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.adapter import get_adapter
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django import forms
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from .session_policy import STEPPED

# Where one begins who came without an address: by the first right that one has.
START_PAGES = (
    ("wizards.change_wizard", "admin:index"),
    ("wizards.add_call", "desk"),
    ("wizards.view_session", "review"),
)


def account_page(view: Callable[..., HttpResponse], *more: str) -> Callable[..., HttpResponse]:
    """Return a view that is looked at, and takes `more` methods (POST): others are refused, and nobody stores it."""
    return require_http_methods(["GET", "HEAD", *more])(never_cache(view))


@login_required
def start_page(request: HttpRequest) -> HttpResponse:
    """Lead somebody who has signed in to where their work is."""
    for right, name in START_PAGES:
        if request.user.has_perm(right):
            return redirect(name)
    return redirect("admin:index" if request.user.is_staff else "mfa_index")


class ActivatePhoneView(ActivateTOTPView):  # type: ignore[misc]
    """Set up a phone; its first code counts as the second step of this session."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Keep the phone."""
        response: HttpResponse = super().form_valid(form)
        self.request.session[STEPPED] = self.request.user.pk
        return response


class DeactivatePhoneView(DeactivateTOTPView):  # type: ignore[misc]
    """Take a phone off, in order to set up another."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Forget the phone, and with it that its step was taken."""
        self.request.session.pop(STEPPED, None)
        response: HttpResponse = super().form_valid(form)
        return response


def admin_login(request: HttpRequest) -> HttpResponse:
    """Stand where the admin's own sign-in was: lead to the one for all staff, and say no to who may not come in."""
    wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
    if not get_adapter(request).is_safe_url(wanted):
        wanted = reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(wanted)
    if not admin.site.has_permission(request):
        raise PermissionDenied
    return redirect(wanted)


def admin_password_change(request: HttpRequest) -> HttpResponse:
    """Stand where the admin's own page for a new password was."""
    return redirect("account_change_password")


def too_many_attempts(request: HttpRequest) -> HttpResponse:
    """Say that there were too many tries from one address, and when to try again."""
    response = render(request, "account/too_many.html", status=429)
    response["Retry-After"] = "60"
    return response
