"""Wizards in the admin: state, symptoms, sources, nodes by kind; and the published versions."""

from __future__ import annotations

from typing import Any

from adminsortable2.admin import SortableAdminBase
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django_object_actions import action

from .. import flow
from ..models import Node, Source, Symptom, Version, Wizard, WizardProcedure
from . import draft_status, object_actions
from .base import tabs
from .form_links import change_url, procedure_url
from .forms import labels
from .forms.inlines import PartFields, StackedParts, TabularParts
from .forms.model_forms import WizardForm
from .forms.optimistic_lock import OptimisticLockAdmin
from .map import views as map_views
from .release import check, import_file, preview, publish, versions
from .release.preview_cleanup import PreviewCleanupMixin

# Faults listed on the change form; the check lists all of them.
MAX_FAULTS = 5


class SymptomInline(StackedParts):
    intro = (
        "Where people start: what they see, in their own words, and the first node for those who see it. They choose it"
        " from a list or find it by searching."
    )
    model = Symptom
    fieldsets = (
        (None, {"fields": ("label", "to", "words")}),
        ("Sources and permanent name", {"fields": ("sources", "key", "place"), "classes": ("collapse",)}),
    )


class SourceInline(TabularParts):
    intro = (
        "What the texts rely on: facts from guides and manuals, each with a short name that nodes, causes and steps"
        " cite. Customers do not see them. Optional."
    )
    model = Source
    fields = ("key", "fact", "open", "place")
    classes = ("collapse",)
    verbose_name_plural = "sources"


class ProcedureInline(TabularParts):
    """The order of the procedures in the wizard's document."""

    intro = (
        "The order in which an exported file lists the procedures. Those that nodes and causes use are included"
        " automatically: there is nothing to do here unless you want another order."
    )
    model = WizardProcedure
    fields = ("procedure", "place")
    classes = ("collapse",)
    verbose_name = "procedure"
    verbose_name_plural = "order of the procedures in an exported file"


class WizardList(ChangeList):
    """A change list whose wizards know their state."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        states = draft_status.draft_statuses(self.result_list)
        for wizard in self.result_list:
            wizard.state = states[wizard.pk]


@admin.register(Wizard)
class WizardAdmin(
    PreviewCleanupMixin, object_actions.ObjectActions, PartFields, SortableAdminBase, OptimisticLockAdmin
):
    """A wizard: edited as a draft, published as a whole."""

    form = WizardForm
    change_form_template = "admin/wizards/wizard/change_form.html"
    change_list_template = "admin/wizards/wizard/change_list.html"
    list_display = ("title", "name_in_addresses", "state")
    search_fields = ("title", "slug")
    in_use_template = "admin/wizards/_archive_instead.html"
    inlines = (SymptomInline, ProcedureInline, SourceInline)
    fieldsets = ((None, {"fields": ("revision", "title", "slug", "summary", "language")}),)
    change_actions = ("compare", "export")

    def get_urls(self) -> list[URLPattern]:
        urls = [url for page in (map_views, check, publish, versions, import_file, preview) for url in page.urls(self)]
        return urls + super().get_urls()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Wizard]:
        return super().get_queryset(request).select_related("current").defer("current__document")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WizardList

    def get_inlines(self, request: HttpRequest, obj: Wizard | None) -> list[Any]:
        """Omit the inlines while a wizard is added: nothing could be their target yet."""
        return list(self.inlines) if obj else []

    def get_change_actions(self, request: HttpRequest, object_id: str, form_url: str) -> list[str]:
        """Offer a comparison only where there is a published version to compare with."""
        # The URL may hold anything in place of a primary key; the admin handles those itself.
        unpublished = object_id.isdecimal() and not Wizard.objects.filter(pk=object_id, current__isnull=False).exists()
        return [name for name in self.change_actions if not (unpublished and name == "compare")]

    def response_add(self, request: HttpRequest, obj: Wizard, post_url_continue: str | None = None) -> HttpResponse:
        """Redirect to the new wizard, where its parts are added."""
        messages.success(request, f"The wizard “{obj}” was created. Now add its parts below.")
        return HttpResponseRedirect(change_url("wizard", obj.pk))

    @admin.display(description="URL name (slug)", ordering="slug")
    def name_in_addresses(self, wizard: Wizard) -> str:
        return wizard.slug

    @admin.display(description="State")
    def state(self, wizard: Any) -> str:
        return str(wizard.state)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["show_save_and_add_another"] = False
        if wizard := context.get("original"):
            context |= change_form_context(wizard)
        return super().render_change_form(request, context, *args, **kwargs)

    @action(label="Compare", description="What changed since the published version")
    def compare(self, request: HttpRequest, obj: Wizard) -> HttpResponse | None:
        """Redirect to the changes since the published version."""
        if obj.current is None:
            messages.warning(request, "Nothing is published yet, so there is nothing to compare with.")
            return None
        return object_actions.redirect_to(self, request, "compare", obj.pk, obj.current.number, "draft")

    @action(label="Export", description="The draft as a YAML file")
    def export(self, request: HttpRequest, obj: Wizard) -> HttpResponse | None:
        """Redirect to the YAML file of the draft."""
        return object_actions.redirect_to(self, request, "export", obj.pk, "draft", "yaml")


def change_form_context(wizard: Wizard) -> dict[str, Any]:
    drafts = draft_status.read_drafts([wizard])
    return {
        "wizard": wizard,
        "tabs": tabs(wizard, "wizards_wizard_change"),
        "state": draft_status.statuses_of(drafts)[wizard.pk],
        "faults": drafts[0].fault_contexts(drafts[0].faults[:MAX_FAULTS]),
        "more_faults": max(0, len(drafts[0].faults) - MAX_FAULTS),
        "kinds": nodes_by_kind(wizard),
        "procedures": procedure_links(drafts[0]),
    }


def nodes_by_kind(wizard: Wizard) -> list[dict[str, Any]]:
    """Return the nodes by kind, with links to their forms and to the form that adds one."""
    rows = list(Node.objects.filter(wizard=wizard).only("pk", "kind", "title", "key"))
    add = reverse("admin:wizards_node_add")
    return [
        {
            "name": labels.kind_label(kind),
            "add_url": f"{add}?wizard={wizard.pk}&kind={kind}",
            "nodes": [(str(row), change_url("node", row.pk)) for row in rows if row.kind == kind],
        }
        for kind in flow.KINDS
    ]


def procedure_links(draft: draft_status.CompiledDraft) -> list[tuple[str, str]]:
    """Return the procedures that a draft uses: titles and form URLs, which return to the wizard."""
    if draft.document is None or draft.rows is None:
        return []
    rows = draft.rows.procedures
    return [
        (each.title or each.id, procedure_url(rows.get(each.id), draft.wizard.pk)) for each in draft.document.procedures
    ]


@admin.register(Version)
class VersionAdmin(admin.ModelAdmin):
    """Published versions, read-only."""

    list_display = ("wizard", "number", "published_at", "author", "note", "content_hash")
    list_filter = ("wizard",)
    list_select_related = ("wizard", "author")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Version]:
        """Leave out previews."""
        return super().get_queryset(request).filter(number__isnull=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Version | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Version | None = None) -> bool:
        return False
