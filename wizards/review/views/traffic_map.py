"""The map of a published wizard with its traffic, and the same as a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ...flow.graph import NODE_STYLES
from ..base import render_review_page, reviewers_only
from ..filters import Filter, FilterForm
from ..queries.traffic import LOSS_LEVELS, TrafficNode, drawn_version, traffic_graph, wizard_traffic

TAB = "review_map"


@require_safe
@reviewers_only
def map_page(request: HttpRequest) -> HttpResponse:
    """Show the map and the table of a wizard; without a selection, of the only wizard, or a list to choose from."""
    form = FilterForm(request.GET)
    filters = narrow_to_one_wizard(form.filters)
    version = drawn_version(filters) if filters.wizard else None
    if version is None:
        choices = {each.wizard.slug: each.wizard for each in filters.versions}
        links = [(wizard, f"?{replace(filters, wizard=slug).query}") for slug, wizard in choices.items()]
        return render_review_page(request, "map.html", TAB, form, wizards=links)
    traffic = wizard_traffic(filters, version)
    context: dict[str, Any] = {
        "traffic": traffic,
        "rows": [(node, sessions_url(filters, node)) for node in traffic.nodes],
        "edit_url": reverse("admin:wizards_wizard_map", args=[version.wizard_id]) if can_view_draft(request) else "",
        "styles": [(style, label) for style, label in NODE_STYLES.items() if style not in ("outcome", "nowhere")],
        "levels": [(number, round(100 * low)) for number, low in enumerate(LOSS_LEVELS, 1)],
        "data_url": f"{reverse('review_map_data')}?{filters.query}",
        "stuck_url": f"{reverse('review_stuck')}?{filters.query}",
    }
    return render_review_page(request, "map.html", TAB, form, **context)


@require_safe
@reviewers_only
def map_data(request: HttpRequest) -> HttpResponse:
    """Send the graph of a wizard with its traffic; each node has the URL of its sessions."""
    filters = narrow_to_one_wizard(FilterForm(request.GET).filters)
    version = drawn_version(filters) if filters.wizard else None
    if version is None:
        raise Http404("There is no published wizard to draw.")
    traffic = wizard_traffic(filters, version)
    graph: dict[str, Any] = traffic_graph(traffic)
    sessions = {node.id: sessions_url(filters, node) for node in traffic.nodes}
    for node in graph["nodes"]:
        node["url"] = sessions.get(node["id"], "")
    return JsonResponse(graph, headers={"Cache-Control": "no-store"})


def narrow_to_one_wizard(filters: Filter) -> Filter:
    """Select the only wizard if none is selected and the filter leaves just one."""
    if filters.wizard:
        return filters
    slugs = {version.wizard.slug for version in filters.versions}
    return replace(filters, wizard=slugs.pop()) if len(slugs) == 1 else filters


def can_view_draft(request: HttpRequest) -> bool:
    return request.user.has_perm("wizards.view_wizard")


def sessions_url(filters: Filter, node: TrafficNode) -> str:
    """Link to the sessions that are at a node."""
    return f"{reverse('review_sessions')}?{filters.query}&{urlencode({'node': node.id})}"
