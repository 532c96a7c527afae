"""Our own pages beside django-allauth's, and two of its views extended."""

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

from .session_policy import VERIFIED_USER

# The page after a sign-in without a `next`: that of the first permission that the user has.
START_PAGES = (
    ("wizards.change_wizard", "admin:index"),
    ("wizards.add_call", "desk"),
    ("wizards.view_session", "review"),
)


def account_page(view: Callable[..., HttpResponse], *methods: str) -> Callable[..., HttpResponse]:
    """Wrap a view: never cached, and open to GET, HEAD and these methods only."""
    return require_http_methods(["GET", "HEAD", *methods])(never_cache(view))


@login_required
def start_page(request: HttpRequest) -> HttpResponse:
    """Redirect users to where they work."""
    for permission, name in START_PAGES:
        if request.user.has_perm(permission):
            return redirect(name)
    return redirect("admin:index" if request.user.is_staff else "mfa_index")


class ActivatePhoneView(ActivateTOTPView):  # type: ignore[misc]
    """Set up a phone; its first code counts as the second step of this session."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        self.request.session[VERIFIED_USER] = self.request.user.pk
        return response


class DeactivatePhoneView(DeactivateTOTPView):  # type: ignore[misc]
    """Remove a phone, to set up another."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        self.request.session.pop(VERIFIED_USER, None)
        response: HttpResponse = super().form_valid(form)
        return response


def admin_login(request: HttpRequest) -> HttpResponse:
    """Replace the admin's own sign-in: redirect to that of all staff; 403 for users without access to the admin."""
    target = request.GET.get(REDIRECT_FIELD_NAME, "")
    if not get_adapter(request).is_safe_url(target):
        target = reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(target)
    if not admin.site.has_permission(request):
        raise PermissionDenied
    return redirect(target)


def admin_password_change(request: HttpRequest) -> HttpResponse:
    """Replace the admin's own page for a new password."""
    return redirect("account_change_password")


def too_many_attempts(request: HttpRequest) -> HttpResponse:
    """Answer 429 after too many attempts from one address."""
    response = render(request, "account/too_many.html", status=429)
    response["Retry-After"] = "60"
    return response
