"""Saves and deletions that notice one another: nobody overwrites what somebody else saved meanwhile."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from helpdesk.parsing import parse_nonnegative_int

from ...models import Node, Procedure, Wizard
from .. import urls


class StaleRevisionError(Exception):
    """Somebody else saved the row between our look at it and our save."""


def is_newest(row: models.Model, seen: int | None) -> bool:
    """Return whether `seen` is the row's revision, and keep others from saving it until this transaction ends."""
    rows = type(row)._default_manager.select_for_update(no_key=True).filter(pk=row.pk)
    return rows.values_list("revision", flat=True).first() == seen


def claim(row: models.Model, seen: int) -> None:
    """Count this save; raise OvertakenError where the row is not the one that was seen."""
    newest = type(row)._default_manager.filter(pk=row.pk, revision=seen)
    if not newest.update(revision=seen + 1):
        raise StaleRevisionError
    row.revision = seen + 1  # type: ignore[attr-defined]  # every row that is guarded has one


def conflict_message(row: models.Model) -> SafeString:
    """Return the line that tells an editor who saved the row meanwhile, with a link to what it is now."""
    return format_html(
        '{} Nothing of yours is saved, and what you typed still stands below. <a href="{}" target="_blank"'
        ' rel="noopener">Open the newest in a new tab</a>, and make your changes there.',
        last_saved_message(row),
        urls.form_link(row),
    )


def last_saved_message(row: models.Model) -> str:
    """Return a sentence that says who saved the row last, and when."""
    called = row._meta.verbose_name
    wanted = _entries(row)
    if isinstance(row, Node):
        wanted |= _entries(Wizard(pk=row.wizard_id))
    elif isinstance(row, Procedure):
        # An import or a restored version is in its wizard's history, and may have changed the procedure.
        for wizard in Wizard.objects.filter(procedures=row).only("pk"):
            wanted |= _entries(wizard)
    last = LogEntry.objects.filter(wanted).select_related("user").order_by("-action_time").first()
    if last is None:
        return f"Meanwhile somebody else saved this {called}."
    when = date_format(timezone.localtime(last.action_time), "H:i, j F")
    return f"Meanwhile {last.user.get_username()} saved this {called} ({when})."


def _entries(row: models.Model) -> Q:
    content_type = ContentType.objects.get_for_model(type(row))
    return Q(content_type=content_type, object_id=str(row.pk))


class OptimisticLockAdmin(admin.ModelAdmin):
    """The admin of a row with a revision: one editor's save never overwrites another's, nor deletes it unseen."""

    delete_confirmation_template = "admin/wizards/delete_confirmation.html"
    save_on_top = True
    # What stands on that page where the row is in use.
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
        """Leave out the deletion of several at once: each is deleted on its page, which says what follows."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (StaleRevisionError, IntegrityError):
            # Somebody was quicker. What was saved is rolled back; the second look finds it, and the form says so.
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Save only what the form holds: another column may have been written meanwhile."""
        if not change:
            obj.save()
            return
        claim(obj, form.cleaned_data["revision"])
        kept = {field.name for field in obj._meta.concrete_fields if field.editable and not field.primary_key}
        obj.save(update_fields=kept & form.cleaned_data.keys())

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, object_id)
        if not self.has_delete_permission(request, row):
            raise PermissionDenied
        context = {
            "in_use_template": self.in_use_template,
            "sent": hidden_fields(request, row),
            **(extra_context or {}),
            **(self.consequences(row) if row else {}),
        }
        if request.method != "POST" or row is None:
            return super().delete_view(request, object_id, context)
        with transaction.atomic():
            if is_newest(row, parse_nonnegative_int(request.POST.get("revision"))):
                return super().delete_view(request, object_id, context)
        messages.error(request, f"{last_saved_message(row)} It is not deleted: look at what follows from it again.")
        return HttpResponseRedirect(request.get_full_path())

    def consequences(self, row: Any) -> dict[str, Any]:
        """Return what the page that asks before a deletion says about what follows."""
        return {}

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Leave out the upper buttons where a row is added: so the title is the first field, and has the focus."""
        response = super().render_change_form(request, context, *args, **kwargs)
        if isinstance(response, TemplateResponse) and response.context_data and response.context_data["add"]:
            response.context_data["save_on_top"] = False
        return response


def hidden_fields(request: HttpRequest, row: Any) -> dict[str, Any]:
    """Return what the form that deletes a row sends: the revision that was seen, and where to go on afterwards."""
    sent = {"revision": getattr(row, "revision", ""), "wizard": getattr(row, "wizard_id", "")}
    return sent | {name: request.GET[name] for name in (IS_POPUP_VAR, TO_FIELD_VAR) if name in request.GET}
