"""The list of sessions, the timeline of one session, and its replay page by page as the person saw it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ... import flow, permissions, presenters, publishing
from ...analytics import abandoned_since
from ...models import Disclosure, Node, Session, Step, format_code
from ..base import render_review_page, reviewers_only
from ..queries.csv_export import EVENT_COLUMNS, SESSION_COLUMNS, WORDS_COLUMN
from ..queries.session_timeline import PageVisit, SessionTimeline, position_label, session_timeline
from ..queries.sessions import STATE_LABELS, SessionsForm, list_sessions, parse_cursor, session_state

TAB = "review_sessions"


@require_safe
@reviewers_only
def session_list(request: HttpRequest) -> HttpResponse:
    """Show a page of the filtered sessions: the newest, or those after `older` or before `newer`."""
    form = SessionsForm(request.GET)
    return sessions_page(request, form, **{name: request.GET.get(name, "") for name in ("older", "newer")})


def sessions_page(request: HttpRequest, form: SessionsForm, older: str = "", newer: str = "") -> HttpResponse:
    """Render the list, with the errors of the filter at its fields."""
    cursors = {name: parse_cursor(text) for name, text in (("older", older), ("newer", newer)) if text}
    return render_review_page(
        request,
        "sessions.html",
        TAB,
        form,
        listing=list_sessions(form.filters, **cursors),
        bad_cursor=None in cursors.values(),
        has_cursor=any(cursors.values()),
        export_columns={"Sessions": SESSION_COLUMNS, "Events": (*EVENT_COLUMNS, WORDS_COLUMN)},
        can_read_words=request.user.has_perm(permissions.READ_WORDS),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@reviewers_only
def session_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a session's timeline; what the person wrote only on request (POST), which is recorded."""
    session = get_session_or_404(code)
    if request.method == "POST":
        return session_with_words(request, session)
    return timeline_page(request, session_timeline(session))


@transaction.atomic
def session_with_words(request: HttpRequest, session: Session) -> HttpResponse:
    """Record that this reader opens what the person wrote, and show the timeline with it."""
    if not request.user.has_perm(permissions.READ_WORDS):
        raise Http404("This person may not read what customers wrote.")
    timeline = session_timeline(session, with_words=True)
    Disclosure.objects.create(
        user_id=request.user.pk,
        what=Disclosure.What.WORDS,
        where=format_code(session.code),
        count=timeline.words_count,
    )
    return timeline_page(request, timeline, shows_words=True)


def timeline_page(request: HttpRequest, timeline: SessionTimeline, shows_words: bool = False) -> HttpResponse:
    session = timeline.session
    state = session_state(session, abandoned_since())
    return render_review_page(
        request,
        "session.html",
        TAB,
        query=request.GET.urlencode(),
        timeline=timeline,
        session=session,
        reference=format_code(session.code),
        state=state,
        place=position_label(timeline.document, session.position),
        state_label=STATE_LABELS.get(state, state),
        is_current=session.version.wizard.current_id == session.version_id,
        edit_links=edit_links(request.user, session),
        findings=session.findings.order_by("-opened_at")[:20] if request.user.has_perm("wizards.view_finding") else (),
        can_read_words=request.user.has_perm(permissions.READ_WORDS),
        shows_words=shows_words,
    )


@require_safe
@reviewers_only
def replay_page(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show a page of a session as the person saw it, read-only, with links to the pages before and after it."""
    timeline = session_timeline(get_session_or_404(code))
    filter_query = f"?{request.GET.urlencode()}" if request.GET else ""
    if timeline.broken:
        return redirect(reverse("review_session", args=[code]) + filter_query)
    try:
        index = timeline.visit_index(number)
    except flow.IllegalMoveError as illegal:
        raise Http404("This page was not reached.") from illegal
    visit = timeline.visits[index]
    readonly = presenters.readonly_context(visit_screen(timeline, visit), visit.answer_id or visit.feedback)
    context = {"screen": readonly, "filter_query": filter_query, **bar_context(timeline, index)}
    response = render(request, "review/replay.html", context)
    response["Cache-Control"] = "no-store"
    return response


def bar_context(timeline: SessionTimeline, index: int) -> dict[str, Any]:
    """Return the context of the bar above a replayed page."""
    return {
        "last": timeline.visits[-1],
        "timeline": timeline,
        "visit": timeline.visits[index],
        "position": index + 1,
        "before": timeline.visits[index - 1] if index else None,
        "after": timeline.visits[index + 1] if index + 1 < len(timeline.visits) else None,
        "reference": format_code(timeline.session.code),
    }


def visit_screen(timeline: SessionTimeline, visit: PageVisit) -> dict[str, Any]:
    """Return what the customer's page showed on arrival, with the answer selected that was given then."""
    page = presenters.Page(
        timeline.session, timeline.document, visit.position, visit.number, is_current=True, is_first=visit.is_first
    )
    context = presenters.screen_context(page)
    cards = [card for card, _ in context["form"].fields["answer"].choices] if "form" in context else []
    return presenters.screen_context(replace(page, answer=visit.answer_id)) if visit.answer_id in cards else context


def get_session_or_404(code: str) -> Session:
    """Get a session with its version and wizard; editors' previews are a 404."""
    sessions = Session.objects.exclude(channel=Session.Channel.TEST).select_related("version__wizard", "agent")
    return get_object_or_404(sessions.defer("version__document", "visitor"), code=code)


def edit_links(user: User | AnonymousUser, session: Session) -> list[tuple[str, str]]:
    """List (label, URL) of the forms that edit the place where a session is."""
    if not user.has_perm("wizards.change_node"):
        return []
    node = Node.objects.filter(wizard=session.version.wizard_id, key=session.node).first()
    if node is None:
        return [("Open the wizard’s map", reverse("admin:wizards_wizard_map", args=[session.version.wizard_id]))]
    links = [("Edit this node", reverse("admin:wizards_node_change", args=[node.pk]))]
    return [*links, *step_links(session)] if session.step else links


def step_links(session: Session) -> list[tuple[str, str]]:
    """List the form of the step where a session is; empty if the procedure no longer has the step."""
    document = publishing.document_of(session.version_id)
    node = document.node(session.node)
    procedure = node.current_procedure(document, session.position) if node else None
    steps = Step.objects.filter(procedure__key=procedure.id if procedure else "").order_by("place", "pk")
    rows = list(steps.values_list("key", "procedure"))
    return [
        ("Edit this step", f"{reverse('admin:wizards_procedure_change', args=[pk])}#steps-{index}")
        for index, (key, pk) in enumerate(rows)
        if key == session.step
    ]
