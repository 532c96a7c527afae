"""The map: the draft drawn, with each node's ways beside it, to be re-targeted, extended and deleted.

The same stands below it as a nested list; the panel of a node is a page of its own where there is no script.
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
    """A new node behind a way."""

    title = forms.CharField(
        max_length=MAX_LINE,
        validators=[fits_line],
        error_messages={"required": "Write what the new node asks or says."},
    )
    kind = forms.ChoiceField(choices=[(kind, labels.kind(kind)) for kind in flow.KINDS])


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    """Return the addresses of these pages, below the wizards' own in the admin."""
    rooms, way = _Views(model_admin), "<int:pk>/map/<str:owner>/<int:row>/<str:field>/"

    def door(where: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        return path(where, wizard_view(model_admin, TAB, view), name=f"wizards_wizard_{name}")

    return [
        door("<int:pk>/map/", require_safe(rooms.map), "map"),
        door("<int:pk>/map/graph.json", require_safe(rooms.graph), "graph"),
        door("<int:pk>/map/<slug:key>/", require_safe(rooms.panel), "panel"),
        door("<int:pk>/map/<slug:key>/delete/", require_POST(rooms.delete), "delete_node"),
        door("<int:pk>/symptoms/<slug:key>/", require_safe(rooms.symptom), "symptom"),
        door(f"{way}target/", require_POST(rooms.retarget), "retarget"),
        door(f"{way}behind/", require_POST(rooms.behind), "behind"),
    ]


class _Views:
    """The views, for one model admin."""

    def __init__(self, model_admin: admin.ModelAdmin) -> None:
        self.admin = model_admin

    def map(self, request: HttpRequest, wizard: Wizard) -> HttpResponse:
        """Show the map and the nested list; to a script, what stands in the panel where nothing is chosen."""
        if wants_fragment(request):
            return self.page(request, wizard, "_panel_hint.html")
        draft = publishing.compile_draft(wizard)
        context = {
            "outline": outline(draft),
            "nodes": draft.nodes,
            "symptoms": draft.symptoms,
            "looks": NODE_STYLES.items(),
        }
        return self.page(request, wizard, "map.html", **context)

    def graph(self, request: HttpRequest, wizard: Wizard) -> HttpResponse:
        """Send the draft as nodes, edges and the nested list."""
        draft = publishing.compile_draft(wizard)
        graph: dict[str, Any] = draft_graph(draft)
        for node in graph["nodes"]:
            node["url"] = panel_url(wizard, node.get("of", node["id"]))
        context = {"outline": outline(draft), "wizard": wizard}
        graph["list"] = render_to_string("admin/wizards/_outline.html", context)
        return JsonResponse(graph, headers={"Cache-Control": "no-store"})

    def panel(self, request: HttpRequest, wizard: Wizard, key: str) -> HttpResponse:
        """Show a node's ways, each with what can be done about it; a part of the page to a script."""
        return self.panel_page(request, wizard, node_panel(wizard, key))

    def symptom(self, request: HttpRequest, wizard: Wizard, key: str) -> HttpResponse:
        """Show where a symptom leads, as `panel` does for a node."""
        return self.panel_page(request, wizard, symptom_panel(wizard, key))

    def retarget(self, request: HttpRequest, wizard: Wizard, owner: str, row: int, field: str) -> HttpResponse:
        """Lead a way to another node of the same wizard, or nowhere."""

        def change(way: Edge) -> None:
            key = request.POST.get("target", "")
            target = wizard.nodes.filter(key=key).first()
            if key and target is None:
                messages.error(request, f"There is no node “{key}” any more. Choose another one.")
                return
            way.lead(target)
            self.admin.log_change(request, wizard, f"Led “{way}” to “{target or NOWHERE}” on the map")
            messages.success(request, f"“{way}” leads to “{target}” now." if target else f"“{way}” {NOWHERE}.")

        return self.changed(request, wizard, (owner, row, field), change)

    def behind(self, request: HttpRequest, wizard: Wizard, owner: str, row: int, field: str) -> HttpResponse:
        """Add a node behind a way."""
        self.require(request, "add")
        form = AddNodeForm(request.POST)

        def change(way: Edge) -> Node | None:
            if not form.is_valid():
                messages.error(request, str(next(iter(form.errors.values()))[0]))
                return None
            before = way.target
            new = add_node_after(way, wizard, form.cleaned_data["title"], form.cleaned_data["kind"])
            self.admin.log_change(request, wizard, f"Added “{new}” behind “{way}” on the map")
            messages.success(request, added(new, way, before))
            return new

        return self.changed(request, wizard, (owner, row, field), change)

    def delete(self, request: HttpRequest, wizard: Wizard, key: str) -> HttpResponse:
        """Delete a node; the ways that led to it lead nowhere then."""
        self.require(request, "delete")
        with transaction.atomic():
            node = wizard.nodes.filter(key=key).first()
            if node is None:
                raise Http404("There is no such node.")
            if not lock_if_current(node, revision(request)):
                messages.error(
                    request, f"{last_saved_message(node)} It is not deleted: look at it again, as it is now."
                )
                return HttpResponseRedirect(panel_url(wizard, key), status=303)
            node.delete()
            self.admin.log_change(request, wizard, f"Deleted the node “{node}” on the map")
        messages.success(request, f"The node “{node}” is deleted. What led to it leads nowhere now.")
        return HttpResponseRedirect(reverse("admin:wizards_wizard_map", args=[wizard.pk]), status=303)

    def changed(
        self, request: HttpRequest, wizard: Wizard, address: tuple[str, int, str], change: Callable[[Edge], Node | None]
    ) -> HttpResponse:
        """Change the way at `address` unless somebody was quicker; lead to the panel of what `change` returns."""
        with transaction.atomic():
            way = edge_or_404(wizard, *address)
            shown = way.guard.key if isinstance(way.guard, Node) else symptom_element_id(way.row.key)
            if not lock_if_current(way.guard, revision(request)):
                messages.error(
                    request, f"{last_saved_message(way.guard)} Nothing is changed: look at it again, as it is now."
                )
            elif new := change(way):
                shown = new.key
        return HttpResponseRedirect(panel_url(wizard, shown), status=303)

    def require(self, request: HttpRequest, action: str) -> None:
        """Refuse whoever may not add, or delete, a node."""
        if not request.user.has_perm(f"wizards.{action}_node"):
            raise PermissionDenied

    def panel_page(self, request: HttpRequest, wizard: Wizard, panel: dict[str, Any]) -> HttpResponse:
        """Return a panel: as a page, or to a script as a part of the map's."""
        template = "_panel.html" if wants_fragment(request) else "panel.html"
        return self.page(request, wizard, template, panel=panel)

    def page(self, request: HttpRequest, wizard: Wizard, template: str, **context: Any) -> HttpResponse:
        """Return a page below the map's tab, with all the width for it."""
        context["is_nav_sidebar_enabled"] = False
        return allow_iframes(render_wizard_page(self.admin, request, wizard, template, TAB, **context))


def revision(request: HttpRequest) -> int | None:
    """Return the revision of the row that the editor saw when they chose what to do."""
    return parse_nonnegative_int(request.POST.get("revision"))


def added(new: Node, way: Edge, before: Node | None) -> str:
    """Return what follows from a node that was added behind a way which led to `before`."""
    words = f"“{new}” stands behind “{way}” now."
    if before is None:
        return words
    if new.worked == before:
        return f"{words} Where it works, it goes on to “{before}”."
    return f"{words} “{before}”, where that led before, is not reached this way any more."
