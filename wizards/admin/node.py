"""Nodes in the admin: the fields of each kind, with choices or causes inline."""

from __future__ import annotations

from typing import Any

from adminsortable2.admin import SortableAdminBase
from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from django_object_actions import action

from helpdesk.parsing import parse_nonnegative_int

from .. import flow
from ..models import Cause, Choice, Node, Wizard
from ..presenters.markdown import render_markdown
from ..publishing.mapping import shared_fields
from . import draft_status, object_actions
from .base import tabs, wizard_id_from_query
from .form_links import change_url
from .forms import labels
from .forms.inlines import PartFields, StackedParts, TabularParts, next_position
from .forms.live_preview import node_preview
from .forms.model_forms import NodeForm
from .forms.optimistic_lock import OptimisticLockAdmin
from .map.iframe import MapIframeMixin


class ChoiceInline(TabularParts):
    intro = "What the person can answer, in this order, and where each answer leads."
    model = Choice
    fk_name = "node"
    fields = ("label", "to", "reason", "key", "place")


class CauseInline(StackedParts):
    intro = (
        "What may be wrong, each with the procedure that fixes it. Customers first see what is most likely for the"
        " least time; what erases something comes last."
    )
    model = Cause
    fk_name = "node"
    fieldsets = (
        (None, {"fields": ("label", "reason", ("weight", "minutes"), "procedure", "worked", "failed")}),
        ("Note, sources and permanent name", {"fields": ("note", "sources", "key", "place"), "classes": ("collapse",)}),
    )


class KindFilter(admin.SimpleListFilter):
    """Filter nodes by kind, under the labels that the forms use."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, labels.kind_label(kind).capitalize()) for kind in flow.KINDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Node]) -> QuerySet[Node]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Node)
class NodeAdmin(MapIframeMixin, object_actions.ObjectActions, PartFields, SortableAdminBase, OptimisticLockAdmin):
    """A node of any kind. The kind is chosen when it is added, and cannot change."""

    form = NodeForm
    change_form_template = "admin/wizards/node/change_form.html"
    list_display = ("title", "permanent_name", "kind_name", "wizard")
    list_filter = ("wizard", KindFilter)
    list_select_related = ("wizard",)
    search_fields = ("title", "key", "text", "choices__label", "causes__label", "procedure__title")
    change_actions = ("preview",)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Search all texts in the list, but only titles and keys when a form looks for a target."""
        match = request.resolver_match
        return ("title", "key") if match and match.url_name == "autocomplete" else tuple(self.search_fields)

    def get_urls(self) -> list[URLPattern]:
        markdown = path("markdown/", self.admin_site.admin_view(self.markdown_view), name="wizards_markdown")
        preview = path(
            "<int:pk>/look/", self.admin_site.admin_view(require_POST(self.live_preview_view)), name="wizards_look"
        )
        return [markdown, preview, *super().get_urls()]

    def live_preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Render the node's page as the unsaved form describes it."""
        node = get_object_or_404(Node.objects.select_related("wizard"), pk=pk)
        if not self.has_change_permission(request, node):
            raise PermissionDenied
        return node_preview(request, node)

    def markdown_view(self, request: HttpRequest) -> HttpResponse:
        """Render Markdown for the preview beside a field."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        return HttpResponse(render_markdown(request.POST.get("text", "")[: flow.fields.MAX_TEXT]))

    @admin.display(description="Permanent name", ordering="key")
    def permanent_name(self, node: Node) -> str:
        return node.key

    @admin.display(description="Kind", ordering="kind")
    def kind_name(self, node: Node) -> str:
        return labels.kind_label(node.kind).capitalize()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Node]:
        return super().get_queryset(request).select_related("wizard__current").defer("wizard__current__document")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Search one wizard only if the form that asks for targets names it."""
        wizard = wizard_id_from_query(request)
        if wizard is not None:
            queryset = queryset.filter(wizard=wizard)
        return super().get_search_results(request, queryset, search_term)

    def get_inlines(self, request: HttpRequest, obj: Node | None) -> list[Any]:
        fields = flow.KINDS[kind_of(request, obj)].model_fields
        return [inline for name, inline in (("choices", ChoiceInline), ("causes", CauseInline)) if name in fields]

    def get_fieldsets(self, request: HttpRequest, obj: Node | None = None) -> Any:
        fields = shared_fields(flow.KINDS[kind_of(request, obj)], Node)
        edges = tuple(
            name for name in ("procedure", "worked", "failed", "blocked", "declined", "result") if name in fields
        )
        return (
            (None, {"fields": ("revision", "title", "text", *edges)}),
            ("For agents", {"fields": ("say", "note")}),
            ("Sources and permanent name", {"fields": ("sources", "key"), "classes": ("collapse",)}),
        )

    def get_form(self, request: HttpRequest, obj: Node | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.preset = {} if obj else {"wizard_id": wizard_id_from_query(request), "kind": kind_of(request, None)}
        return form

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        wizard = Wizard.objects.select_related("current").filter(pk=wizard_id_from_query(request) or 0).first()
        if wizard is None or request.GET.get("kind") not in flow.KINDS:
            return self.choose_kind(request, wizard)
        context = {**(extra_context or {}), **node_context(wizard, kind_of(request, None))}
        return super().add_view(request, form_url, context)

    def choose_kind(self, request: HttpRequest, wizard: Wizard | None) -> HttpResponse:
        """Ask for the kind of a new node, and for its wizard if the address names none."""
        popup_params = {name: value for name, value in request.GET.items() if name.startswith("_")}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Add a node",
            "wizard": wizard,
            "wizards": [] if wizard else Wizard.objects.all(),
            "kinds": [(kind, *labels.KINDS.get(kind, (kind, ""))) for kind in flow.KINDS],
            "popup_params": popup_params,
            "is_popup": IS_POPUP_VAR in request.GET,
        }
        return TemplateResponse(request, "admin/wizards/node/kinds.html", context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if node := context.get("original"):
            context |= change_form_context(node)
        return super().render_change_form(request, context, *args, **kwargs)

    def consequences(self, row: Node) -> dict[str, Any]:
        draft = draft_status.read_drafts([row.wizard])[0]
        consequences = [
            ("These will lead nowhere until you choose another node:", draft.incoming_edges(row.key)),
            ("These will no longer be reachable:", draft.unreachable_without_it(row.key)),
        ]
        return {"consequences": [each for each in consequences if each[1]]}

    def save_model(self, request: HttpRequest, obj: Node, form: Any, change: bool) -> None:
        if not change:
            obj.place = next_position(Node.objects.filter(wizard=obj.wizard_id))
        super().save_model(request, obj, form, change)

    def response_post_save_add(self, request: HttpRequest, obj: Node) -> HttpResponseRedirect:
        return HttpResponseRedirect(change_url("wizard", obj.wizard_id))

    def response_post_save_change(self, request: HttpRequest, obj: Node) -> HttpResponseRedirect:
        return HttpResponseRedirect(change_url("wizard", obj.wizard_id))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Return to the wizard instead of the list of all nodes."""
        response = super().response_delete(request, obj_display, obj_id)
        wizard = parse_nonnegative_int(request.POST.get("wizard"))
        if wizard is None or IS_POPUP_VAR in request.POST:
            return response
        return HttpResponseRedirect(change_url("wizard", wizard))

    @action(label="Preview from here", description="Walk through the draft from this node", button_type="form")
    def preview(self, request: HttpRequest, obj: Node) -> HttpResponse | None:
        """Start a preview at this node. The browser repeats the POST at the preview's address; a GET starts none."""
        start = object_actions.redirect_to(self, request, "preview", obj.wizard_id, obj.key)
        return HttpResponseRedirect(start.url, preserve_request=True) if request.method == "POST" else None


def kind_of(request: HttpRequest, node: Node | None) -> str:
    """Return the kind of a node; for a new one, the kind in the query string."""
    kind = node.kind if node else request.GET.get("kind", "")
    return kind if kind in flow.KINDS else "question"


def node_context(wizard: Wizard, kind: str) -> dict[str, Any]:
    return {
        "wizard": wizard,
        "tabs": tabs(wizard, ""),
        "kind_name": labels.kind_label(kind),
        "kind_help": labels.KINDS.get(kind, ("", ""))[1],
        "show_save_and_add_another": False,
    }


def change_form_context(node: Node) -> dict[str, Any]:
    draft = draft_status.read_drafts([node.wizard])[0]
    node_faults = draft.faults_of("nodes", node.key)
    return {
        **node_context(node.wizard, node.kind),
        "incoming_edges": draft.incoming_edges(node.key),
        "faults": draft.fault_contexts(node_faults),
        "other_faults": len(draft.faults) - len(node_faults),
    }
