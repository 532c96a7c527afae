"""The map of a published wizard with the traffic through it, and the same as a table."""

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
from ..queries.traffic import LEVELS, TrafficNode, drawn_version, traffic, traffic_graph

TAB = "review_map"


@require_safe
@reviewers_only
def map_page(request: HttpRequest) -> HttpResponse:
    """Show the map and the table of a wizard; without a choice, of the only one, or let the reader choose."""
    form = FilterForm(request.GET)
    chosen = of_one_wizard(form.chosen)
    version = drawn_version(chosen) if chosen.wizard else None
    if version is None:
        choices = {each.wizard.slug: each.wizard for each in chosen.versions}
        links = [(wizard, f"?{replace(chosen, wizard=slug).query}") for slug, wizard in choices.items()]
        return render_review_page(request, "map.html", TAB, form, wizards=links)
    found = traffic(chosen, version)
    context: dict[str, Any] = {
        "traffic": found,
        "rows": [(stop, sessions_address(chosen, stop)) for stop in found.stops],
        "edit": reverse("admin:wizards_wizard_map", args=[version.wizard_id]) if may_edit(request) else "",
        "styles": [(style, label) for style, label in NODE_STYLES.items() if style not in ("outcome", "nowhere")],
        "levels": [(number, round(100 * low)) for number, low in enumerate(LEVELS, 1)],
        "data": f"{reverse('review_map_data')}?{chosen.query}",
        "stuck": f"{reverse('review_stuck')}?{chosen.query}",
    }
    return render_review_page(request, "map.html", TAB, form, **context)


@require_safe
@reviewers_only
def map_data(request: HttpRequest) -> HttpResponse:
    """Send the drawing of a wizard with its traffic; each node says where its sessions are listed."""
    chosen = of_one_wizard(FilterForm(request.GET).chosen)
    version = drawn_version(chosen) if chosen.wizard else None
    if version is None:
        raise Http404("There is no published wizard to draw.")
    found = traffic(chosen, version)
    drawn: dict[str, Any] = traffic_graph(found)
    sessions = {stop.node: sessions_address(chosen, stop) for stop in found.stops}
    for node in drawn["nodes"]:
        node["url"] = sessions.get(node["id"], "")
    return JsonResponse(drawn, headers={"Cache-Control": "no-store"})


def of_one_wizard(chosen: Filter) -> Filter:
    """Return the choice narrowed to its only wizard, where no wizard is chosen and only one can be meant."""
    if chosen.wizard:
        return chosen
    slugs = {version.wizard.slug for version in chosen.versions}
    return replace(chosen, wizard=slugs.pop()) if len(slugs) == 1 else chosen


def may_edit(request: HttpRequest) -> bool:
    """Return whether this reader finds the draft's map in the admin."""
    return request.user.has_perm("wizards.view_wizard")


def sessions_address(chosen: Filter, stop: TrafficNode) -> str:
    """Return where the sessions that stopped at a node are listed."""
    return f"{reverse('review_sessions')}?{chosen.query}&{urlencode({'node': stop.node})}"
