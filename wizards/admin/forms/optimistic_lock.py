"""Optimistic locking of the change forms: nobody overwrites what somebody else saved meanwhile."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from helpdesk.parsing import parse_nonnegative_int

from ... import locking
from .. import form_links


def conflict_message(row: models.Model) -> SafeString:
    """Return the line that tells an editor who saved the row meanwhile, with a link to what it is now."""
    return format_html(
        '{} Your changes were not saved, but they are still in the form below. <a href="{}" target="_blank"'
        ' rel="noopener">Open the saved state in a new tab</a> and make your changes there.',
        locking.last_saved_message(row),
        form_links.form_link(row),
    )


class OptimisticLockAdmin(admin.ModelAdmin):
    """Admin of a row with a revision: nobody overwrites or deletes what changed since they saw it."""

    delete_confirmation_template = "admin/wizards/delete_confirmation.html"
    save_on_top = True
    # Included in that page if the row is in use.
    in_use_template = "admin/wizards/_in_use.html"

    class Media:
        css = {"all": ("editing/editing.css", "editing/forms.css")}
        js = ("editing/forms.js",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        fields = kwargs.get("fields")
        if fields is not None:
            kwargs["fields"] = [name for name in fields if name != "revision"]
        return super().get_form(request, obj, change=change, **kwargs)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Drop bulk deletion: each row is deleted on a page that shows the consequences."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (locking.StaleRevisionError, IntegrityError):
            # Somebody else saved first. This save was rolled back; the second attempt reports the conflict in the form.
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Save only the form's fields: other columns may have been written meanwhile."""
        if not change:
            obj.save()
            return
        locking.claim_revision(obj, form.cleaned_data["revision"])
        columns = {field.name for field in obj._meta.concrete_fields if field.editable and not field.primary_key}
        obj.save(update_fields=columns & form.cleaned_data.keys())

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, object_id)
        if not self.has_delete_permission(request, row):
            raise PermissionDenied
        context = {
            "in_use_template": self.in_use_template,
            "hidden": hidden_fields(request, row),
            **(extra_context or {}),
            **(self.consequences(row) if row else {}),
        }
        if request.method != "POST" or row is None:
            return super().delete_view(request, object_id, context)
        with transaction.atomic():
            if locking.lock_if_current(row, parse_nonnegative_int(request.POST.get("revision"))):
                return super().delete_view(request, object_id, context)
        messages.error(request, f"{locking.last_saved_message(row)} It was not deleted. Review the consequences again.")
        return HttpResponseRedirect(request.get_full_path())

    def consequences(self, row: Any) -> dict[str, Any]:
        """Return extra context for the page that confirms a deletion."""
        return {}

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Omit the upper buttons on an add page, so that the title is the first field and has the focus."""
        response = super().render_change_form(request, context, *args, **kwargs)
        if isinstance(response, TemplateResponse) and response.context_data and response.context_data["add"]:
            response.context_data["save_on_top"] = False
        return response


def hidden_fields(request: HttpRequest, row: Any) -> dict[str, Any]:
    """Return the hidden fields of the deletion form: the revision that was shown, and where to go afterwards."""
    values = {"revision": getattr(row, "revision", ""), "wizard": getattr(row, "wizard_id", "")}
    return values | {name: request.GET[name] for name in (IS_POPUP_VAR, TO_FIELD_VAR) if name in request.GET}
