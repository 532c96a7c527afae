"""Webhooks and deliveries: what is queued, what failed and why, and sending again."""

from __future__ import annotations

import base64
import binascii
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tasks_db.models import DBTaskResult

from ..models import Delivery, Webhook
from ..support import delivery
from ..support.delivery import http_client, webhooks
from ..support.delivery.email import CUSTOMER
from ..support.transcript import as_text

SECRET_SIZES = range(24, 65)  # bytes, as Standard Webhooks requires

# A task only triggers a delivery; the list of deliveries shows what came of it.
if admin.site.is_registered(DBTaskResult):
    admin.site.unregister(DBTaskResult)


class WebhookForm(forms.ModelForm):
    """A webhook. Its URL is checked here as far as possible without a connection, and in full at each delivery."""

    url = forms.CharField(label="URL", max_length=500, widget=forms.URLInput(attrs={"class": "vURLField"}))
    secret = forms.CharField(
        required=False,
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text="Leave it empty to generate one, or to keep the current one. It is shown only once.",
    )
    renew = forms.BooleanField(
        required=False, label="Generate a new secret", help_text="Give it to the receiver right away."
    )

    class Meta:
        model = Webhook
        fields = ("name", "url", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("secret", None)  # never shown; an empty field keeps it

    def clean_url(self) -> str:
        """Refuse a URL to which nothing would ever be sent."""
        url = str(self.cleaned_data["url"])
        try:
            http_client.check_url(url, webhooks.address_rules())
        except http_client.NotAcceptedError as error:
            raise ValidationError(str(error)) from error
        return url

    def clean_secret(self) -> str:
        secret = str(self.cleaned_data["secret"])
        try:
            size = len(base64.b64decode(secret.removeprefix(webhooks.PREFIX), validate=True))
        except (binascii.Error, ValueError):
            size = 0
        if secret and (not secret.startswith(webhooks.PREFIX) or size not in SECRET_SIZES):
            raise ValidationError(
                "A secret is “whsec_” followed by 24 to 64 bytes in base64. Leave it empty to generate one."
            )
        return secret

    def clean(self) -> dict[str, Any]:
        """Choose the secret: the one typed, a new one, or the existing one."""
        cleaned = super().clean() or self.cleaned_data
        typed_secret = cleaned.get("secret", "")
        self.generated_secret = (
            "" if typed_secret or (self.instance.secret and not cleaned.get("renew")) else webhooks.new_secret()
        )
        cleaned["secret"] = typed_secret or self.generated_secret or self.instance.secret
        return cleaned


@admin.register(Webhook)
class WebhookAdmin(admin.ModelAdmin):
    form = WebhookForm
    list_display = ("name", "url", "active", "waiting", "failed")
    fields = ("name", "url", "active", "secret", "renew")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        """Annotate each webhook with its waiting and failed deliveries."""
        states = {"number_waiting": Delivery.State.WAITING, "number_failed": Delivery.State.FAILED}
        numbers = {name: Count("deliveries", filter=Q(deliveries__state=state)) for name, state in states.items()}
        return super().get_queryset(request).annotate(**numbers)

    @admin.display(description="Waiting")
    def waiting(self, webhook: Any) -> int:
        return int(webhook.number_waiting)

    @admin.display(description="Given up")
    def failed(self, webhook: Any) -> int:
        return int(webhook.number_failed)

    def save_model(self, request: HttpRequest, obj: Webhook, form: WebhookForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        request.generated_secret = form.generated_secret  # type: ignore[attr-defined]  # for the one page that shows it

    def response_add(self, request: HttpRequest, obj: Webhook, post_url_continue: str | None = None) -> HttpResponse:
        return self.show_secret(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Webhook) -> HttpResponse:
        return self.show_secret(request, obj) or super().response_change(request, obj)

    def show_secret(self, request: HttpRequest, webhook: Webhook) -> HttpResponse | None:
        """Return the page that shows a newly generated secret, once; None if none was generated."""
        secret = getattr(request, "generated_secret", "")
        if not secret:
            return None
        context = {**self.admin_site.each_context(request), "title": "The secret of this webhook", "opts": self.opts}
        context |= {"webhook": webhook, "secret": secret}
        response = TemplateResponse(request, "admin/wizards/webhook_secret.html", context)
        response["Cache-Control"] = "no-store"
        return response


@admin.register(Delivery)
class DeliveryAdmin(admin.ModelAdmin):
    """Deliveries: read-only, except that they can be sent again."""

    list_display = ("what", "to", "state", "tries", "made_at", "next_try", "sent_at", "error")
    list_display_links = ("what",)
    list_filter = ("state", "event", "webhook")
    list_select_related = ("webhook",)
    list_per_page = 50
    search_fields = ("=case__pk", "error")
    date_hierarchy = "made_at"
    actions = ("again",)
    fields = ("what", "to", "state", "tries", "made_at", "next_try", "sent_at", "error", "id", "transcript")

    def get_readonly_fields(self, request: HttpRequest, obj: Delivery | None = None) -> tuple[str, ...]:
        return self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    @admin.display(description="Message", ordering="case")
    def what(self, row: Delivery) -> str:
        return f"Case {row.case_id} {row.event.removeprefix('case.')}"

    @admin.display(description="Recipient")
    def to(self, row: Delivery) -> str:
        """Name the recipient. A customer's address is shown only in the case."""
        if row.webhook:
            return f"webhook {row.webhook.name}"
        return "the customer" if row.address == CUSTOMER else row.address

    @admin.display(description="Next try", ordering="next_at")
    def next_try(self, row: Delivery) -> Any:
        return row.next_at if row.state == Delivery.State.WAITING else None

    @admin.display(description="What is sent")
    def transcript(self, row: Delivery) -> SafeString:
        return format_html("<pre>{}</pre>", as_text(row.body))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        folder = settings.EMAIL_FILE_PATH
        note = f"No mail server is set (EMAIL_URL): emails are written to {folder}." if folder else None
        return super().changelist_view(request, {"subtitle": note, **(extra_context or {})})

    @admin.action(description="Send again", permissions=["change"])
    def again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Queue the selected deliveries again, and log who did it."""
        rows = delivery.send_again(queryset)
        LogEntry.objects.log_actions(cast(int, request.user.pk), rows, CHANGE, "Sent again.")
        number = len(rows)
        messages.success(request, f"{number} deliver{'y is' if number == 1 else 'ies are'} queued again.")
