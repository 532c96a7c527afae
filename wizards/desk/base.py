"""What all pages of the desk share: access control, and the tabs with the agent's calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from helpdesk.timezones import in_local_timezone

from .. import permissions, presenters
from ..models import Call, Session
from ..publishing import document_of
from ..support import calls

SAFE_METHODS = ("GET", "HEAD")
# Too large to read with each session, or not used here.
DEFERRED_FIELDS = ("version__document", "visitor")


def agents_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only agents in, and show times in their time zone. Methods that write need TAKE_CALLS."""
    guarded = {
        permission: permissions.staff_only(permission)(in_local_timezone(view))
        for permission in (permissions.VIEW_CALLS, permissions.TAKE_CALLS)
    }

    @wraps(view)
    def handle(request: HttpRequest, **arguments: Any) -> HttpResponse:
        return guarded[permissions.VIEW_CALLS if request.method in SAFE_METHODS else permissions.TAKE_CALLS](
            request, **arguments
        )

    return handle


def with_session(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Pass `view` a queryset with just the session that the URL's code names; 404 if the agent may not see it."""

    @agents_only
    @wraps(view)
    def handle(request: HttpRequest, code: str, **arguments: Any) -> HttpResponse:
        try:
            return view(request, permissions.desk_sessions(agent_of(request)).filter(code=code), **arguments)
        except Session.DoesNotExist as missing:
            raise Http404("There is no such session for this agent.") from missing

    return handle


def agent_of(request: HttpRequest) -> User:
    """Return the signed-in agent. Only for views behind `agents_only`."""
    return cast(User, request.user)


def is_lead(request: HttpRequest) -> bool:
    return agent_of(request).has_perm(permissions.LEAD_CALLS)


def session_or_404(sessions: QuerySet[Session]) -> Session:
    """Return the only session in `sessions`, with what its page needs; `with_session` turns DoesNotExist into a 404."""
    with_relations = sessions.select_related("version__wizard", "agent", "call__agent", "case__agent")
    return with_relations.defer(*DEFERRED_FIELDS).get()


def call_address(session: Session, number: int | None = None) -> str:
    """Return the URL of a page of a session at the desk, by default of its current page."""
    return reverse("desk_step", args=[session.code, number or session.count])


def render_desk_page(
    request: HttpRequest, template: str, *, fragment: str = "", address: str = "", status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page of the desk, or its `fragment` if htmx asked for it; `address` goes into the browser's history."""
    if not (fragment and presenters.wants_fragment(request)) and "calls" not in context:
        context["calls"] = list(calls.calls_of(agent_of(request)))
    if "calls" in context:
        context["tabs"] = [call_card(call) for call in context.pop("calls") if not call.aside]
    template, fragment = f"desk/{template}", fragment and f"desk/{fragment}"
    return presenters.render_page(request, template, context, fragment=fragment, push_url=address, status=status)


def call_card(call: Call) -> presenters.Context:
    """Return the context of a call in tabs and lists."""
    session = call.session
    document = document_of(session.version_id)
    symptom = document.symptom(session.symptom)
    return {
        "code": session.code,
        "caller": call.caller,
        "reference": presenters.reference(session),
        "wizard": document.title,
        "symptom": symptom.label if symptom else "",
        "current_page": presenters.heading(presenters.page_of(session)),
        "url": reverse("desk_call", args=[session.code]),
        "joined": session.channel != Session.Channel.AGENT,
        "agent": calls.agent_name(call.agent),
        "since": call.since,
        "status": session.status,
    }
