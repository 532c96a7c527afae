"""The queue of findings: add, assign, close with the version that fixes it, see the effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.parsing import parse_nonnegative_int

from ... import permissions
from ...analytics import PlaceFigures
from ...locking import StaleRevisionError
from ...models import Finding, Session, Wizard
from .. import findings
from ..base import render_review_page, reviewers_only
from ..forms import CloseForm, NoteForm
from ..labels import PlaceLabel
from ..queries import findings as queries
from ..queries.stuck import PlaceUse, StuckPoint, WizardPlace, draft_rows
from .stuck import edit_url, left_at_query

TAB = "review_queue"
VIEW, ADD, CHANGE = "wizards.view_finding", "wizards.add_finding", "wizards.change_finding"
CONFLICT = "Somebody else saved this finding meanwhile. Your changes were not saved: review it as it is now."


@require_safe
@reviewers_only
@permissions.staff_only(VIEW)
def finding_list(request: HttpRequest) -> HttpResponse:
    """List the open findings, or the closed ones; everybody's, or one's own."""
    closed, mine = request.GET.get("state") == "closed", request.GET.get("whose") == "mine"
    queue = list(queries.list_findings(closed, cast(User, request.user) if mine else None)[:200])
    labels = queries.finding_labels(queue)
    rows = [{"finding": each, "label": labels[each.pk]} for each in queue]
    return render_review_page(request, "findings.html", TAB, rows=rows, closed=closed, mine=mine)


@require_http_methods(["GET", "HEAD", "POST"])
@reviewers_only
@permissions.staff_only(ADD)
def take_up(request: HttpRequest) -> HttpResponse:
    """Add a stuck point to the queue (?wizard=&node=&cause=&step=) or a session (?session=)."""
    create, context = _subject(request.GET)
    form = NoteForm(request.POST if request.method == "POST" else None, initial={"assignee": request.user.pk})
    if request.method == "POST" and form.is_valid():
        finding = create(cast(User, request.user), form.cleaned_data["note"], form.cleaned_data["assignee"])
        messages.success(request, "Added to the queue. It stays there until it is closed.")
        return _redirect_to(finding)
    return render_review_page(request, "take_up.html", TAB, note_form=form, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@reviewers_only
@permissions.staff_only(VIEW)
def finding_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a finding with its place before and after it was fixed; or change its note and assignee."""
    row = _finding(pk)
    form = NoteForm(request.POST if request.method == "POST" else None, initial=vars(row) | {"assignee": row.assignee})
    if request.method == "POST":
        _require_change(request)
        if form.is_valid():
            note, assignee = form.cleaned_data["note"], form.cleaned_data["assignee"]
            return _save(request, row, lambda seen: findings.change(row, seen, note, assignee), "Saved.")
    return _finding_page(request, row, form)


@require_POST
@reviewers_only
@permissions.staff_only(CHANGE)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a finding with the version that fixes it."""
    row = _finding(pk)
    versions = queries.versions_of(row)
    form = CloseForm(versions, request.POST)
    if not form.is_valid():
        return _finding_page(request, row, close_form=form)
    fixing_version = next((version for version in versions if version.number == form.cleaned_data["version"]), None)
    note = form.cleaned_data["closing_note"]
    return _save(request, row, lambda seen: findings.close(row, seen, note, fixing_version), "The finding is closed.")


@require_POST
@reviewers_only
@permissions.staff_only(CHANGE)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    row = _finding(pk)
    return _save(request, row, lambda seen: findings.reopen(row, seen), "Reopened.")


Create = Callable[[User, str, User | None], Finding]


def _subject(parameters: Mapping[str, str]) -> tuple[Create, dict[str, Any]]:
    """Return how to create a finding about what the address names, and its context. Raises Http404."""
    if code := parameters.get("session"):
        real = Session.objects.exclude(channel=Session.Channel.TEST).select_related("version__wizard")
        session = get_object_or_404(real, code=code)
        subject = Finding(wizard=session.version.wizard, node=session.node, cause=session.cause, step=session.step)
        return lambda *fields: findings.open_session_finding(session, *fields), _subject_context(subject) | {
            "session": session
        }
    wizard = get_object_or_404(Wizard.objects.select_related("current"), slug=parameters.get("wizard", ""))
    place = {name: parameters.get(name, "") for name in ("node", "cause", "step")}
    subject = Finding(wizard=wizard, **place)
    context = _subject_context(subject)
    if context["label"] is None:
        raise Http404("There is no such place in any version.")
    return lambda *fields: findings.open_finding(wizard, tuple(place.values()), *fields), context


def _subject_context(subject: Finding) -> dict[str, Any]:
    return {
        "wizard": subject.wizard,
        "label": queries.latest_label(subject),
        "others": queries.others_at_same_place(subject),
    }


def _finding(pk: int) -> Finding:
    rows: QuerySet[Finding] = Finding.objects.select_related("wizard", "session", "author", "assignee", "mended_by")
    return get_object_or_404(rows.defer("mended_by__document"), pk=pk)


def _require_change(request: HttpRequest) -> None:
    if not request.user.has_perm(CHANGE):
        raise Http404("There is no such page for this person.")


def _save(
    request: HttpRequest, row: Finding, save: Callable[[int | None], Finding], success_message: str
) -> HttpResponse:
    """Save unless the revision is stale, and redirect to the finding."""
    try:
        save(parse_nonnegative_int(request.POST.get("revision")))
    except StaleRevisionError:
        messages.error(request, CONFLICT)
    else:
        messages.success(request, success_message)
    return _redirect_to(row)


def _redirect_to(row: Finding) -> HttpResponse:
    return HttpResponseRedirect(reverse("review_finding", args=[row.pk]), status=303)


def _finding_page(
    request: HttpRequest, row: Finding, form: NoteForm | None = None, close_form: CloseForm | None = None
) -> HttpResponse:
    versions = queries.versions_of(row)
    form = form or NoteForm(initial={"note": row.note, "assignee": row.assignee})
    label = queries.finding_labels([row])[row.pk]
    context: dict[str, Any] = {
        "finding": row,
        "label": label,
        "note_form": form,
        "close_form": close_form or CloseForm(versions, initial={"closing_note": row.closing_note}),
        "recent": queries.recent_period(row, versions),
        "effect": queries.effect(row, versions),
        "mended_by_number": str(row.mended_by.number) if row.mended_by else "",
        "sessions_url": _sessions_url(row, label),
        "can_change": request.user.has_perm(CHANGE),
        "edit_url": _edit_url(request, row, label),
    }
    errors = form.errors or (close_form and close_form.errors)
    return render_review_page(request, "finding.html", TAB, status=422 if errors else 200, **context)


def _sessions_url(row: Finding, label: PlaceLabel) -> str:
    """Link to the sessions that were left at the place."""
    place = left_at_query((row.node, row.cause, row.step), label)
    return f"{reverse('review_sessions')}?{urlencode({'wizard': row.wizard.slug} | place)}"


def _edit_url(request: HttpRequest, row: Finding, label: PlaceLabel) -> str:
    """Link to the form that edits the place, or to the map if it is gone; empty without permission to edit."""
    if not request.user.has_perm("wizards.change_node"):
        return ""
    place = WizardPlace(row.wizard_id, 0, row.node, row.cause, row.step)
    point = StuckPoint(row.wizard, None, [PlaceUse(place, label, PlaceFigures())])
    if form := edit_url(request, point, draft_rows([point])):
        return form
    return reverse("admin:wizards_wizard_map", args=[row.wizard_id]) + f"#{row.node}"
