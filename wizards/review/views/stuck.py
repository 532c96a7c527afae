"""Where people got stuck: the ranked pages, and what was written there."""

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
    MOST_WORDS,
    DraftRows,
    PlaceUse,
    StuckPoint,
    draft_rows,
    place_label_at,
    remarks_at,
    stuck_points,
    verdict,
    with_times,
)

MOST_ROWS = 20  # until all are asked for
MOST_SPOTS = 100  # that one row can stand for, when its words are asked for
LONGEST_WHERE = 200  # characters, of Disclosure.where


@require_safe
@reviewers_only
def stuck(request: HttpRequest) -> HttpResponse:
    """Show the pages where people came by, those first where most were lost."""
    form = FilterForm(request.GET)
    apart = request.GET.get("apart") == "1"
    points = stuck_points(form.chosen, apart)
    shown = with_times(points if request.GET.get("all") == "1" else points[:MOST_ROWS], form.chosen, apart)
    rows = draft_rows(shown)
    may_see = request.user.has_perm("wizards.view_finding")
    taken = open_findings_by_place(point.wizard.pk for point in shown) if may_see else {}
    return render_review_page(
        request,
        "stuck.html",
        "review_stuck",
        form,
        verdict=verdict(points),
        rows=[row(request, form.chosen, point, rows) | {"taken": finding_of(taken, point)} for point in shown],
        total=len(points),
        apart=apart,
        before=form.chosen.before,
    )


@require_POST
@reviewers_only
@permissions.staff_only(permissions.READ_WORDS)
def words(request: HttpRequest) -> HttpResponse:
    """Show what people wrote in remarks at a place, and note who was shown it."""
    form = FilterForm(request.GET)
    spots = requested_places(request.POST.getlist("spot"))
    where = ", ".join("/".join(filter(None, spot)) for spot in spots)
    with transaction.atomic():
        found = remarks_at(form.chosen, spots)
        where = f"{form.chosen.wizard}: {where}"[:LONGEST_WHERE]
        Disclosure.objects.create(user_id=request.user.pk, what=Disclosure.What.WORDS, where=where, count=len(found))
    context: dict[str, Any] = {"found": found, "most": MOST_WORDS, "name": place_label_at(form.chosen, spots[0])}
    return render_review_page(
        request, "stuck_words.html", "review_stuck", form, fragment="_stuck_words.html", **context
    )


def requested_places(sent: list[str]) -> list[tuple[str, str, str]]:
    """Return the places that a form names as "node/cause/step"; a 404 where it names none or what cannot be one."""
    spots = [each.split("/") for each in sent[:MOST_SPOTS]]
    if not spots or any(len(spot) != 3 or not spot[0] for spot in spots):
        raise Http404("There is no such place.")
    return [(node, cause, step) for node, cause, step in spots]


def row(request: HttpRequest, chosen: Filter, point: StuckPoint, rows: DraftRows) -> dict[str, Any]:
    """Return what a row shows beyond its figures: its name, and where one can go from there."""
    here = replace(chosen, wizard=point.wizard.slug)
    if point.version:
        here = replace(here, version=point.version.number)
    first = point.uses[0].spot
    take_up = {"wizard": point.wizard.slug, "node": first.node, "cause": first.cause, "step": first.step}
    uses = [(use, sessions_address(here, use)) for use in point.uses]
    return {
        "point": point,
        "place": {"title": point.name.title, "kind": point.name.kind, "within": within(chosen, point)},
        "uses": uses,
        "edit": edit_address(request, point, rows),
        "take_up": f"{reverse('review_take_up')}?{urlencode({name: key for name, key in take_up.items() if key})}",
        "words": f"{reverse('review_stuck_words')}?{here.query}",
    }


def finding_of(taken: dict[tuple[int, str, str, str], Finding], point: StuckPoint) -> Finding | None:
    """Return the open finding about one of the places that a point stands for, if there is one."""
    places = ((point.wizard.pk, *use.spot[2:]) for use in point.uses)
    return next((taken[place] for place in places if place in taken), None)


def within(chosen: Filter, point: StuckPoint) -> str:
    """Say where a point stands: in which procedure and, where several are shown, in which wizard and version."""
    parts = [
        point.name.within,
        "" if chosen.wizard else str(point.wizard),
        f"version {point.version.number}" if point.version else "",
    ]
    return " · ".join(filter(None, parts))


def sessions_address(chosen: Filter, use: PlaceUse) -> str:
    """Return where the sessions that were left at a place are listed."""
    return f"{reverse('review_sessions')}?{chosen.query}&{urlencode(left_at(use.spot[2:], use.name))}"


def left_at(spot: tuple[str, str, str], name: PlaceLabel) -> dict[str, str]:
    """Return what lists the sessions left at a page (node, cause, step); "-" means no cause, or no step."""
    place = dict(zip(("node", "cause", "step"), spot, strict=True))
    place |= {"diagnosis": {"cause": "-"}, "confirm": {"step": "-"}}.get(name.screen, {})
    return {part: key for part, key in place.items() if key} | {"status": "left"}


def edit_address(request: HttpRequest, point: StuckPoint, rows: DraftRows) -> str:
    """Return the form in which this reader may change a point; empty where they may not, or where it is gone."""
    if procedure := point.name.procedure:
        key, model, anchor = rows.procedures.get(procedure), "procedure", rows.steps.get((procedure, point.step))
    else:
        key, model, anchor = rows.nodes.get((point.wizard.pk, point.uses[0].spot.node)), "node", None
    if key is None or not request.user.has_perm(f"wizards.change_{model}"):
        return ""
    return reverse(f"admin:wizards_{model}_change", args=[key]) + ("" if anchor is None else f"#steps-{anchor}")
