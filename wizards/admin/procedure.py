"""Procedures in the admin, with their steps and pictures."""

from __future__ import annotations

from typing import Any

from adminsortable2.admin import SortableAdminBase
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern

from ..models import Cause, Node, Picture, Procedure, Step, Wizard
from ..publishing import images
from . import draft_status
from .base import wizard_id_from_query
from .form_links import change_url
from .forms import live_preview
from .forms.inlines import PartFields, StackedParts
from .forms.model_forms import PartForm, PartFormSet, ProcedureForm
from .forms.optimistic_lock import OptimisticLockAdmin
from .forms.widgets import PictureSelect


class StepForm(PartForm):
    """A step. Its picture is chosen from the existing ones, or uploaded."""

    picture = forms.ChoiceField(required=False, widget=PictureSelect)
    upload = forms.FileField(
        required=False,
        label="Or a new picture",
        help_text="PNG, JPEG or WebP, at most 5 MB. It is scaled down, and camera metadata is removed.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp", "data-most": images.MAX_BYTES}),
    )

    def apply_shared(self, shared: dict[str, Any]) -> None:
        choices, urls = shared["pictures"]
        picture = self.instance.picture
        if picture and picture not in urls:
            choices = [*choices, (picture, f"{picture} (missing)")]
        field = self.fields["picture"]
        field.choices, field.widget.urls = choices, urls  # type: ignore[attr-defined]  # as declared above

    def clean_upload(self) -> Picture | None:
        upload = self.cleaned_data.get("upload")
        try:
            return images.import_upload(upload) if upload else None
        except images.InvalidImageError as error:
            raise ValidationError(str(error), code="bad-picture") from error

    def clean(self) -> dict[str, Any]:
        super().clean()
        if new := self.cleaned_data.get("upload"):
            self.cleaned_data["picture"] = new.name
        if self.cleaned_data.get("picture") and not self.cleaned_data.get("picture_alt", "").strip():
            self.add_error("picture_alt", "Describe the picture for people who cannot see it.")
        return self.cleaned_data


class StepFormSet(PartFormSet):
    def extra_shared(self) -> dict[str, Any]:
        return {"pictures": images.picture_choices()}


class StepInline(StackedParts):
    intro = "One thing to do per step, in this order. The customer sees them one by one."
    model = Step
    form = StepForm
    formset = StepFormSet
    fieldsets = (
        (None, {"fields": ("title", "text", ("hold_seconds", "wait_seconds"), "signs", "caution")}),
        ("Picture", {"fields": (("picture", "upload"), "picture_alt")}),
        ("For agents", {"fields": ("say", "note"), "classes": ("collapse",)}),
        ("Sources and permanent name", {"fields": ("sources", "key", "place"), "classes": ("collapse",)}),
    )


@admin.register(Procedure)
class ProcedureAdmin(PartFields, SortableAdminBase, OptimisticLockAdmin):
    """A procedure. Several nodes and wizards may use it."""

    form = ProcedureForm
    change_form_template = "admin/wizards/procedure/change_form.html"
    list_display = ("title", "permanent_name", "minutes")
    search_fields = ("title", "key", "steps__title", "steps__text")
    in_use_template = "admin/wizards/procedure/_in_use.html"
    inlines = (StepInline,)
    fieldsets = (
        (None, {"fields": ("revision", "title", "minutes", "text", "erases")}),
        (
            "Texts for the two results",
            {
                "fields": ("worked_label", "failed_label"),
                "classes": ("collapse",),
                "description": "The buttons below the last step, such as “I found it” instead of “It worked”.",
            },
        ),
        ("Sources and permanent name", {"fields": ("sources", "key"), "classes": ("collapse",)}),
    )

    def get_urls(self) -> list[URLPattern]:
        return [*live_preview.procedure_urls(self), *super().get_urls()]

    @admin.display(description="Permanent name", ordering="key")
    def permanent_name(self, row: Procedure) -> str:
        return row.key

    def wizards_of(self, row: Procedure) -> list[Wizard]:
        """Return the wizards that use or list the procedure."""
        used = Q(nodes__procedure=row) | Q(nodes__causes__procedure=row) | Q(procedures=row)
        return list(Wizard.objects.filter(used).distinct())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Store the pictures that were uploaded with the steps."""
        for step in formset.forms:
            if step not in formset.deleted_forms and (new := step.cleaned_data.get("upload")):
                images.save_picture(new, request.user)
        super().save_formset(request, form, formset, change)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["wizard"] = Wizard.objects.filter(pk=wizard_id_from_query(request) or 0).first()
        if row := context.get("original"):
            context |= {"uses": procedure_uses(row), "faults": procedure_faults(row, self.wizards_of(row))}
        return super().render_change_form(request, context, *args, **kwargs)

    def consequences(self, row: Procedure) -> dict[str, Any]:
        return {"uses": procedure_uses(row)}

    def response_post_save_add(self, request: HttpRequest, obj: Procedure) -> HttpResponseRedirect:
        return self.redirect_to_wizard(request, obj) or super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Procedure) -> HttpResponseRedirect:
        return self.redirect_to_wizard(request, obj) or super().response_post_save_change(request, obj)

    def redirect_to_wizard(self, request: HttpRequest, row: Procedure) -> HttpResponseRedirect | None:
        """Return to the wizard the editor came from, else to the only one that uses the procedure."""
        came_from = Wizard.objects.filter(pk=wizard_id_from_query(request) or 0)
        wizards = list(came_from) or self.wizards_of(row)
        return HttpResponseRedirect(change_url("wizard", wizards[0].pk)) if len(wizards) == 1 else None


def procedure_faults(procedure: Procedure, wizards: list[Wizard]) -> list[dict[str, str]]:
    """Return the faults of a procedure in all wizards that use it, without duplicates (see check.fault_context)."""
    contexts = {
        (each["message"], each["url"].partition("#")[2]): each
        for draft in draft_status.read_drafts(wizards)
        for each in draft.fault_contexts(draft.faults_of("procedures", procedure.key))
    }
    return list(contexts.values())


def procedure_uses(procedure: Procedure) -> list[tuple[str, str]]:
    """Return where a procedure is used, in all wizards: labels and form URLs."""
    nodes: QuerySet[Node] = Node.objects.filter(procedure=procedure).select_related("wizard")
    causes: QuerySet[Cause] = Cause.objects.filter(procedure=procedure).select_related("node__wizard")
    node_links = [(f"{node.wizard} › {node}", change_url("node", node.pk)) for node in nodes.order_by("wizard__title")]
    return node_links + [
        (f"{cause.node.wizard} › {cause.node} › {cause}", change_url("node", cause.node_id))
        for cause in causes.order_by("node__wizard__title", "node__place", "place")
    ]
