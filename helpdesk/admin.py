"""Staff accounts in the admin: create them, disable them, reset the second step after a phone is lost."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from helpdesk import accounts

# Authenticator would show everybody's secrets; EmailAddress is not used; User is registered again below.
admin.site.unregister([User, Authenticator, EmailAddress])


@admin.register(User)
class StaffAdmin(UserAdmin):  # type: ignore[type-arg]  # not subscriptable at runtime
    """Admin for the accounts of staff."""

    actions = ["forget_second_step"]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the account; if it is disabled, end its sessions."""
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            accounts.end_sessions(obj)

    @admin.action(description="Lost phone: forget phone and recovery codes", permissions=["forget"])
    def forget_second_step(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete phone and recovery codes of the selected accounts. Their next sign-in sets up new ones."""
        for user in queryset:
            accounts.reset_second_step(user)
            self.log_change(request, user, "Phone and recovery codes forgotten.")
        self.message_user(request, f"Forgotten for {', '.join(map(str, queryset))}. The next sign-in sets up new ones.")

    def has_forget_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Allow it to superusers only."""
        return bool(request.user.is_active and request.user.is_superuser)
