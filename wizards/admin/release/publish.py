"""Publishing: the changes, their impact on recent sessions, a note, and the new version."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from ... import flow, publishing
from ...locking import StaleRevisionError
from ...models import Wizard
from ...publishing.impact import publishing_impact
from ..base import render_wizard_page, wizard_view
from .check import check_draft

TAB = "wizards_wizard_publish"


class PublishForm(forms.Form):
    """The note, and the fingerprint of the draft that the editor saw."""

    note = forms.CharField(
        max_length=500,
        label="What changed, and why",
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "Write a note: the list of versions shows it."},
    )
    seen = forms.CharField(max_length=200, widget=forms.HiddenInput)


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def view(request: HttpRequest, wizard: Wizard) -> HttpResponse:
        if request.method == "POST":
            return publish_draft(model_admin, request, wizard)
        return render_publish_page(model_admin, request, wizard)

    return [path("<int:pk>/publish/", wizard_view(model_admin, TAB, view), name=TAB)]


def render_publish_page(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    wizard: Wizard,
    form: PublishForm | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Render the form for the note, with all that the editor should know first."""
    draft = publishing.compile_draft(wizard)
    published = publishing.document_of(wizard.current_id) if wizard.current_id else None
    changes = flow.diff(published, draft) if published else []
    context |= {
        "form": form or PublishForm(initial={"seen": publishing.draft_fingerprint(wizard, draft)}),
        "changes": changes,
        "is_first": published is None,
        "counts": [(name, len(getattr(draft, name))) for name in ("symptoms", "nodes", "procedures")],
        "impact": publishing_impact(wizard, draft) if changes else None,
        **check_draft(wizard, draft),
    }
    return render_wizard_page(model_admin, request, wizard, "publish.html", TAB, status=status, **context)


def publish_draft(model_admin: admin.ModelAdmin, request: HttpRequest, wizard: Wizard) -> HttpResponse:
    """Publish the draft that the editor saw; refuse with 409 if it has errors or has changed since."""
    form = PublishForm(request.POST)
    if not form.is_valid():
        return render_publish_page(model_admin, request, wizard, form, status=422)
    note, seen = form.cleaned_data["note"], form.cleaned_data["seen"]
    try:
        with transaction.atomic():
            version, is_new = publishing.publish(wizard, _author(request), note, seen)
            if is_new:
                model_admin.log_change(request, wizard, f"Published version {version.number}: {note}")
    except publishing.NotPublishableError:
        return render_refusal(model_admin, request, wizard, note, "The draft has errors: fix them first.")
    except StaleRevisionError as error:
        return render_refusal(model_admin, request, wizard, note, str(error))
    if not is_new:
        messages.info(request, f"The draft is the same as {version}. There is nothing to publish.")
        return HttpResponseRedirect(request.path)
    messages.success(request, f"{version} is published. Running sessions keep their version.")
    return HttpResponseRedirect(reverse("admin:wizards_wizard_versions", args=[wizard.pk]))


def render_refusal(
    model_admin: admin.ModelAdmin, request: HttpRequest, wizard: Wizard, note: str, reason: str
) -> HttpResponse:
    """Render the page again with the current draft, the reason for the refusal, and the note that was typed."""
    wizard.refresh_from_db()
    seen = publishing.draft_fingerprint(wizard, publishing.compile_draft(wizard))
    form = PublishForm(initial={"note": note, "seen": seen})
    return render_publish_page(
        model_admin, request, wizard, form, status=409, refusal=f"Nothing was published. {reason}"
    )


def _author(request: HttpRequest) -> Any:
    return request.user
