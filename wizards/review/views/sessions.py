"""The list of sessions, one session's walk, and the walk page by page as the person saw it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ... import flow, permissions, presenters, publishing
from ...analytics import abandoned_since
from ...models import Disclosure, Node, Session, Step, format_code
from ...presenters.readonly_html import make_readonly
from ..base import render_review_page, reviewers_only
from ..queries.csv_export import EVENT_COLUMNS, SESSION_COLUMNS, WORDS
from ..queries.session_timeline import PageVisit, SessionTimeline, position_label, session_timeline
from ..queries.sessions import STATES, SessionsForm, cursor_of, list_sessions, session_state

TAB = "review_sessions"


@require_safe
@reviewers_only
def sessions(request: HttpRequest) -> HttpResponse:
    """Show a page of the sessions chosen: the newest ones, or those after `older` or before `newer`."""
    form = SessionsForm(request.GET)
    return sessions_page(request, form, **{name: request.GET.get(name, "") for name in ("older", "newer")})


def sessions_page(request: HttpRequest, form: SessionsForm, older: str = "", newer: str = "") -> HttpResponse:
    """Return the list as a page, with what is wrong with the choice beside its fields."""
    cursors = {name: cursor_of(text) for name, text in (("older", older), ("newer", newer)) if text}
    return render_review_page(
        request,
        "sessions.html",
        TAB,
        form,
        listing=list_sessions(form.chosen, **cursors),
        lost=None in cursors.values(),
        turned=any(cursors.values()),
        export_columns={"Sessions": SESSION_COLUMNS, "Events": (*EVENT_COLUMNS, WORDS)},
        may_read=request.user.has_perm(permissions.READ_WORDS),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@reviewers_only
def session(request: HttpRequest, code: str) -> HttpResponse:
    """Show a session's whole walk; what the person wrote only when it is asked for, which is noted."""
    one = session_of(code)
    if request.method == "POST":
        return with_words(request, one)
    return timeline_page(request, session_timeline(one))


@transaction.atomic
def with_words(request: HttpRequest, one: Session) -> HttpResponse:
    """Note that this reader opens what the person wrote, and show the walk with it."""
    if not request.user.has_perm(permissions.READ_WORDS):
        raise Http404("This person may not read what customers wrote.")
    walk = session_timeline(one, with_words=True)
    Disclosure.objects.create(
        user_id=request.user.pk, what=Disclosure.What.WORDS, where=format_code(one.code), count=walk.words
    )
    return timeline_page(request, walk, shows_words=True)


def timeline_page(request: HttpRequest, walk: SessionTimeline, shows_words: bool = False) -> HttpResponse:
    """Return the page of a walk."""
    one = walk.session
    state = session_state(one, abandoned_since())
    return render_review_page(
        request,
        "session.html",
        TAB,
        query=request.GET.urlencode(),
        walk=walk,
        session=one,
        reference=format_code(one.code),
        state=state,
        stands=position_label(walk.document, one.position),
        state_words=STATES.get(state, state),
        current=one.version.wizard.current_id == one.version_id,
        edit=edit_links(request.user, one),
        findings=one.findings.order_by("-opened_at")[:20] if request.user.has_perm("wizards.view_finding") else (),
        may_read=request.user.has_perm(permissions.READ_WORDS),
        shows_words=shows_words,
    )


@require_safe
@reviewers_only
def replay_page(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show a page of a session as the person saw it, still, with the ways to the pages before and after it."""
    walk = session_timeline(session_of(code))
    came_with = f"?{request.GET.urlencode()}" if request.GET else ""
    if walk.broken:
        return redirect(reverse("review_session", args=[code]) + came_with)
    try:
        place = walk.at(number)
    except flow.IllegalMoveError as illegal:
        raise Http404("This page was not reached.") from illegal
    stay = walk.stays[place]
    html = render_to_string("customer/session/step.html", {"screen": screen(walk, stay)}, request)
    head = render_to_string("review/_replay_head.html")
    bar = render_to_string("review/_replay_bar.html", bar_of(walk, place) | {"came_with": came_with}, request)
    response = HttpResponse(make_readonly(html, stay.given or stay.feedback, head, bar))
    response["Cache-Control"] = "no-store"
    return response


def bar_of(walk: SessionTimeline, place: int) -> dict[str, Any]:
    """Return what the bar above a still page shows: which of the walk's stays it is, and those before and after it."""
    return {
        "last": walk.stays[-1],
        "walk": walk,
        "stay": walk.stays[place],
        "place": place + 1,
        "before": walk.stays[place - 1] if place else None,
        "after": walk.stays[place + 1] if place + 1 < len(walk.stays) else None,
        "reference": format_code(walk.session.code),
    }


def screen(walk: SessionTimeline, stay: PageVisit) -> dict[str, Any]:
    """Return what the customer's page showed on arriving there, with the card chosen that was answered then."""
    view = presenters.Page(walk.session, walk.document, stay.position, stay.number, current=True, first=stay.first)
    shown = presenters.screen_context(view)
    cards = [card for card, _ in shown["form"].fields["answer"].choices] if "form" in shown else []
    return presenters.screen_context(replace(view, chosen=stay.given)) if stay.given in cards else shown


def session_of(code: str) -> Session:
    """Return the session of a code with its version and wizard; a 404 for an editor's preview, which counts nowhere."""
    known = Session.objects.exclude(channel=Session.Channel.TEST).select_related("version__wizard", "agent")
    return get_object_or_404(known.defer("version__document", "visitor"), code=code)


def edit_links(user: User | AnonymousUser, one: Session) -> list[tuple[str, str]]:
    """Return the forms in which an editor changes the place where a session stands: (what it says, its address)."""
    if not user.has_perm("wizards.change_node"):
        return []
    node = Node.objects.filter(wizard=one.version.wizard_id, key=one.node).first()
    if node is None:
        return [("Open the wizard’s map", reverse("admin:wizards_wizard_map", args=[one.version.wizard_id]))]
    links = [("Edit this node", reverse("admin:wizards_node_change", args=[node.pk]))]
    return [*links, *step_links(one)] if one.step else links


def step_links(one: Session) -> list[tuple[str, str]]:
    """Return the form of the step at which a session stands; none where the procedure has no such step any more."""
    document = publishing.document_of(one.version_id)
    node = document.node(one.node)
    procedure = node.current_procedure(document, one.position) if node else None
    steps = Step.objects.filter(procedure__key=procedure.id if procedure else "").order_by("place", "pk")
    rows = list(steps.values_list("key", "procedure"))
    return [
        ("Edit this step", f"{reverse('admin:wizards_procedure_change', args=[pk])}#steps-{place}")
        for place, (key, pk) in enumerate(rows)
        if key == one.step
    ]
