"""The stuck page: the ranked pages, and what people wrote there. The figures come from queries/stuck.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ... import permissions
from ...models import Disclosure, Finding
from ..base import render_review_page, reviewers_only
from ..filters import Filter, FilterForm
from ..labels import PlaceLabel
from ..queries.findings import open_findings_by_place
from ..queries.stuck import (
    MAX_REMARKS,
    DraftRows,
    PlaceUse,
    StuckPoint,
    draft_rows,
    latest_place_label,
    remarks_at,
    stuck_points,
    stuck_verdict,
    with_times,
)

MAX_ROWS = 20  # until all are requested
MAX_PLACES = 100  # of one row, when its remarks are requested
MAX_WHERE_LENGTH = 200  # length of Disclosure.where


@require_safe
@reviewers_only
def stuck_page(request: HttpRequest) -> HttpResponse:
    """Show the pages that sessions reached, by how many left there."""
    form = FilterForm(request.GET)
    by_version = request.GET.get("apart") == "1"
    points = stuck_points(form.filters, by_version)
    points_shown = with_times(points if request.GET.get("all") == "1" else points[:MAX_ROWS], form.filters, by_version)
    rows = draft_rows(points_shown)
    can_view_findings = request.user.has_perm("wizards.view_finding")
    findings_by_place = open_findings_by_place(point.wizard.pk for point in points_shown) if can_view_findings else {}
    return render_review_page(
        request,
        "stuck.html",
        "review_stuck",
        form,
        verdict=stuck_verdict(points),
        rows=[
            row_context(request, form.filters, point, rows) | {"finding": find_open_finding(findings_by_place, point)}
            for point in points_shown
        ],
        total=len(points),
        by_version=by_version,
    )


@require_POST
@reviewers_only
@permissions.staff_only(permissions.READ_WORDS)
def remarks_page(request: HttpRequest) -> HttpResponse:
    """Show what people wrote in remarks at a place, and record who was shown it."""
    form = FilterForm(request.GET)
    places = requested_places(request.POST.getlist("spot"))
    where = ", ".join("/".join(filter(None, place)) for place in places)
    with transaction.atomic():
        remarks = remarks_at(form.filters, places)
        where = f"{form.filters.wizard}: {where}"[:MAX_WHERE_LENGTH]
        Disclosure.objects.create(user_id=request.user.pk, what=Disclosure.What.WORDS, where=where, count=len(remarks))
    context: dict[str, Any] = {
        "remarks": remarks,
        "max_remarks": MAX_REMARKS,
        "label": latest_place_label(form.filters, places[0]),
    }
    return render_review_page(
        request, "stuck_words.html", "review_stuck", form, fragment="_stuck_words.html", **context
    )


def requested_places(values: list[str]) -> list[tuple[str, str, str]]:
    """Parse places sent as "node/cause/step". Raises Http404 if there are none, or an invalid one."""
    places = [each.split("/") for each in values[:MAX_PLACES]]
    if not places or any(len(place) != 3 or not place[0] for place in places):
        raise Http404("There is no such place.")
    return [(node, cause, step) for node, cause, step in places]


def row_context(request: HttpRequest, filters: Filter, point: StuckPoint, rows: DraftRows) -> dict[str, Any]:
    """Return what a row shows beyond its figures: its name and links."""
    row_filters = replace(filters, wizard=point.wizard.slug)
    if point.version:
        row_filters = replace(row_filters, version=point.version.number)
    first = point.uses[0].place
    take_up = {"wizard": point.wizard.slug, "node": first.node, "cause": first.cause, "step": first.step}
    uses = [(use, sessions_url(row_filters, use)) for use in point.uses]
    return {
        "point": point,
        "place": {"title": point.label.title, "kind": point.label.kind, "within": location_text(filters, point)},
        "uses": uses,
        "edit_url": edit_url(request, point, rows),
        "take_up_url": f"{reverse('review_take_up')}?{urlencode({name: key for name, key in take_up.items() if key})}",
        "words_url": f"{reverse('review_stuck_words')}?{row_filters.query}",
    }


def find_open_finding(findings_by_place: dict[tuple[int, str, str, str], Finding], point: StuckPoint) -> Finding | None:
    """Find an open finding about one of the places of a point."""
    places = ((point.wizard.pk, *use.place[2:]) for use in point.uses)
    return next((findings_by_place[place] for place in places if place in findings_by_place), None)


def location_text(filters: Filter, point: StuckPoint) -> str:
    """Say where a point is: in which procedure and, if several are listed, in which wizard and version."""
    parts = [
        point.label.within,
        "" if filters.wizard else str(point.wizard),
        f"version {point.version.number}" if point.version else "",
    ]
    return " · ".join(filter(None, parts))


def sessions_url(filters: Filter, use: PlaceUse) -> str:
    """Link to the sessions that were left at a place."""
    return f"{reverse('review_sessions')}?{filters.query}&{urlencode(left_at_query(use.place[2:], use.label))}"


def left_at_query(place: tuple[str, str, str], label: PlaceLabel) -> dict[str, str]:
    """Return the query that lists the sessions left at a page (node, cause, step); "-" means no cause, or no step."""
    query = dict(zip(("node", "cause", "step"), place, strict=True))
    query |= {"diagnosis": {"cause": "-"}, "confirm": {"step": "-"}}.get(label.screen, {})
    return {part: key for part, key in query.items() if key} | {"status": "left"}


def edit_url(request: HttpRequest, point: StuckPoint, rows: DraftRows) -> str:
    """Link to the form that edits a point; empty if it is gone or this reader may not edit it."""
    if procedure := point.label.procedure:
        key, model, anchor = rows.procedures.get(procedure), "procedure", rows.steps.get((procedure, point.step))
    else:
        key, model, anchor = rows.nodes.get((point.wizard.pk, point.uses[0].place.node)), "node", None
    if key is None or not request.user.has_perm(f"wizards.change_{model}"):
        return ""
    return reverse(f"admin:wizards_{model}_change", args=[key]) + ("" if anchor is None else f"#steps-{anchor}")
