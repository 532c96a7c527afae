"""The map of a draft: a drawing whose edges can be retargeted, extended and deleted in a side panel.

The same graph is listed below it as an outline. Without scripts, the panel of a node is a page of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST, require_safe

from helpdesk.parsing import parse_nonnegative_int

from ... import flow, publishing
from ...flow.fields import MAX_LINE
from ...locking import last_saved_message, lock_if_current
from ...models import Node, Wizard
from ...models.fields import fits_line
from ...presenters import wants_fragment
from ..base import render_wizard_page, wizard_view
from ..forms import labels
from .edges import Edge, add_node_after, edge_or_404
from .graph import NODE_STYLES, NOWHERE, draft_graph, outline, symptom_element_id
from .iframe import allow_iframes
from .panel import node_panel, panel_url, symptom_panel

TAB = "wizards_wizard_map"


class AddNodeForm(forms.Form):
    """A new node after an edge."""

    title = forms.CharField(
        max_length=MAX_LINE,
        validators=[fits_line],
        error_messages={"required": "Enter a title for the new node."},
    )
    kind = forms.ChoiceField(choices=[(kind, labels.kind_label(kind)) for kind in flow.KINDS])


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    views, edge_path = _Views(model_admin), "<int:pk>/map/<str:owner>/<int:row>/<str:field>/"

    def route(where: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        return path(where, wizard_view(model_admin, TAB, view), name=f"wizards_wizard_{name}")

    return [
        route("<int:pk>/map/", require_safe(views.map), "map"),
        route("<int:pk>/map/graph.json", require_safe(views.graph), "graph"),
        route("<int:pk>/map/<slug:key>/", require_safe(views.panel), "panel"),
        route("<int:pk>/map/<slug:key>/delete/", require_POST(views.delete), "delete_node"),
        route("<int:pk>/symptoms/<slug:key>/", require_safe(views.symptom), "symptom"),
        route(f"{edge_path}target/", require_POST(views.retarget), "retarget"),
        route(f"{edge_path}behind/", require_POST(views.add_after), "behind"),
    ]


class _Views:
    def __init__(self, model_admin: admin.ModelAdmin) -> None:
        self.admin = model_admin

    def map(self, request: HttpRequest, wizard: Wizard) -> HttpResponse:
        """Show the map and the outline; for a script, only the panel that asks to choose a node."""
        if wants_fragment(request):
            return self.page(request, wizard, "_panel_hint.html")
        draft = publishing.compile_draft(wizard)
        context = {
            "outline": outline(draft),
            "nodes": draft.nodes,
            "symptoms": draft.symptoms,
            "styles": NODE_STYLES.items(),
        }
        return self.page(request, wizard, "map.html", **context)

    def graph(self, request: HttpRequest, wizard: Wizard) -> HttpResponse:
        """Send the nodes, the edges and the outline as JSON."""
        draft = publishing.compile_draft(wizard)
        graph: dict[str, Any] = draft_graph(draft)
        for node in graph["nodes"]:
            node["url"] = panel_url(wizard, node.get("of", node["id"]))
        context = {"outline": outline(draft), "wizard": wizard}
        graph["list"] = render_to_string("admin/wizards/_outline.html", context)
        return JsonResponse(graph, headers={"Cache-Control": "no-store"})

    def panel(self, request: HttpRequest, wizard: Wizard, key: str) -> HttpResponse:
        """Show the panel of a node."""
        return self.panel_page(request, wizard, node_panel(wizard, key))

    def symptom(self, request: HttpRequest, wizard: Wizard, key: str) -> HttpResponse:
        """Show the panel of a symptom."""
        return self.panel_page(request, wizard, symptom_panel(wizard, key))

    def retarget(self, request: HttpRequest, wizard: Wizard, owner: str, row: int, field: str) -> HttpResponse:
        """Make an edge lead to another node of the same wizard, or nowhere."""

        def change(edge: Edge) -> None:
            key = request.POST.get("target", "")
            target = wizard.nodes.filter(key=key).first()
            if key and target is None:
                messages.error(request, f"Node “{key}” no longer exists. Choose another one.")
                return
            edge.retarget(target)
            self.admin.log_change(
                request,
                wizard,
                f"On the map: “{edge}” leads to “{target}”" if target else f"On the map: “{edge}” {NOWHERE}",
            )
            messages.success(request, f"“{edge}” now leads to “{target}”." if target else f"“{edge}” {NOWHERE}.")

        return self.change_edge(request, wizard, (owner, row, field), change)

    def add_after(self, request: HttpRequest, wizard: Wizard, owner: str, row: int, field: str) -> HttpResponse:
        """Add a node after an edge."""
        self.require(request, "add")
        form = AddNodeForm(request.POST)

        def change(edge: Edge) -> Node | None:
            if not form.is_valid():
                messages.error(request, str(next(iter(form.errors.values()))[0]))
                return None
            previous = edge.target
            new = add_node_after(edge, wizard, form.cleaned_data["title"], form.cleaned_data["kind"])
            self.admin.log_change(request, wizard, f"On the map: added “{new}” after “{edge}”")
            messages.success(request, addition_message(new, edge, previous))
            return new

        return self.change_edge(request, wizard, (owner, row, field), change)

    def delete(self, request: HttpRequest, wizard: Wizard, key: str) -> HttpResponse:
        """Delete a node; the edges that led to it then lead nowhere."""
        self.require(request, "delete")
        with transaction.atomic():
            node = wizard.nodes.filter(key=key).first()
            if node is None:
                raise Http404("There is no such node.")
            if not lock_if_current(node, revision(request)):
                messages.error(
                    request, f"{last_saved_message(node)} It was not deleted: review its current state first."
                )
                return HttpResponseRedirect(panel_url(wizard, key), status=303)
            node.delete()
            self.admin.log_change(request, wizard, f"On the map: deleted the node “{node}”")
        messages.success(request, f"The node “{node}” was deleted. What led to it now leads nowhere.")
        return HttpResponseRedirect(reverse("admin:wizards_wizard_map", args=[wizard.pk]), status=303)

    def change_edge(
        self, request: HttpRequest, wizard: Wizard, address: tuple[str, int, str], change: Callable[[Edge], Node | None]
    ) -> HttpResponse:
        """Apply `change` unless the edge's revision is stale; redirect to the panel, or to that of a new node."""
        with transaction.atomic():
            edge = edge_or_404(wizard, *address)
            panel_name = edge.guard.key if isinstance(edge.guard, Node) else symptom_element_id(edge.row.key)
            if not lock_if_current(edge.guard, revision(request)):
                messages.error(
                    request, f"{last_saved_message(edge.guard)} Nothing was changed: review the current state first."
                )
            elif new := change(edge):
                panel_name = new.key
        return HttpResponseRedirect(panel_url(wizard, panel_name), status=303)

    def require(self, request: HttpRequest, action: str) -> None:
        if not request.user.has_perm(f"wizards.{action}_node"):
            raise PermissionDenied

    def panel_page(self, request: HttpRequest, wizard: Wizard, panel: dict[str, Any]) -> HttpResponse:
        """Render a panel: a whole page, or a fragment for a script."""
        template = "_panel.html" if wants_fragment(request) else "panel.html"
        return self.page(request, wizard, template, panel=panel)

    def page(self, request: HttpRequest, wizard: Wizard, template: str, **context: Any) -> HttpResponse:
        """Render a page of the map tab at full width."""
        context["is_nav_sidebar_enabled"] = False
        return allow_iframes(render_wizard_page(self.admin, request, wizard, template, TAB, **context))


def revision(request: HttpRequest) -> int | None:
    """Return the revision that the form carried."""
    return parse_nonnegative_int(request.POST.get("revision"))


def addition_message(new: Node, edge: Edge, previous: Node | None) -> str:
    """Describe what changed when a node was added after an edge that used to lead to `previous`."""
    message = f"“{new}” now follows “{edge}”."
    if previous is None:
        return message
    if new.worked == previous:
        return f"{message} If it works, it continues to “{previous}”."
    return f"{message} “{previous}”, the previous target, is no longer reached from here."
