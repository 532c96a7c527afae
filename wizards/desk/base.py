"""What all pages of the desk share: who gets in, the tabs of calls in hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from helpdesk.timezones import in_local_timezone

from .. import permissions, presenters
from ..models import Call, Session
from ..publishing import document_of
from ..support import calls

READING = ("GET", "HEAD")
# What is too large to be read with each session, or says nothing here.
NOT_NEEDED = ("version__document", "visitor")


def agents_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only agents see a view, with moments in their own time zone; changing something takes the right to work."""
    guarded = {
        right: permissions.staff_only(right)(in_local_timezone(view))
        for right in (permissions.VIEW_CALLS, permissions.TAKE_CALLS)
    }

    @wraps(view)
    def handle(request: HttpRequest, **arguments: Any) -> HttpResponse:
        return guarded[permissions.VIEW_CALLS if request.method in READING else permissions.TAKE_CALLS](
            request, **arguments
        )

    return handle


def with_session(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give `view` the session of the code in the address, as a query for that one row; a 404 for one not to be seen."""

    @agents_only
    @wraps(view)
    def handle(request: HttpRequest, code: str, **arguments: Any) -> HttpResponse:
        try:
            return view(request, permissions.desk_sessions(agent_of(request)).filter(code=code), **arguments)
        except Session.DoesNotExist as missing:
            raise Http404("There is no such session for this agent.") from missing

    return handle


def agent_of(request: HttpRequest) -> User:
    """Return who asks: a member of staff, once `agents_only` let them in."""
    return cast(User, request.user)


def session_or_404(sessions: QuerySet[Session]) -> Session:
    """Return the session that a query is narrowed to, with all that its page shows of it; raise DoesNotExist."""
    joined = sessions.select_related("version__wizard", "agent", "call__agent", "case__agent")
    return joined.defer(*NOT_NEEDED).get()


def call_address(session: Session, number: int | None = None) -> str:
    """Return the address of a page of a session at the desk; by default of that where it stands."""
    return reverse("desk_step", args=[session.code, number or session.count])


def render_desk_page(
    request: HttpRequest, template: str, *, fragment: str = "", address: str = "", status: int = 200, **context: Any
) -> HttpResponse:
    """Return a page of the desk, or its `fragment` where HTMX asked for it."""
    shown = {
        "zone": timezone.get_current_timezone_name(),
        "leads": agent_of(request).has_perm(permissions.LEAD_CALLS),
        **context,
    }
    if not (fragment and presenters.wants_fragment(request)) and "calls" not in shown:
        shown["calls"] = list(calls.calls_of(agent_of(request)))
    if "calls" in shown:
        shown["tabs"] = [call_card(call) for call in shown.pop("calls") if not call.aside]
    template, fragment = f"desk/{template}", fragment and f"desk/{fragment}"
    return presenters.render_page(request, template, shown, fragment=fragment, address=address, status=status)


def call_card(call: Call) -> presenters.Context:
    """Return a call as tabs and lists show it."""
    session = call.session
    document = document_of(session.version_id)
    symptom = document.symptom(session.symptom)
    return {
        "code": session.code,
        "caller": call.caller,
        "reference": presenters.reference(session),
        "wizard": document.title,
        "symptom": symptom.label if symptom else "",
        "place": presenters.heading(presenters.page_of(session)),
        "url": reverse("desk_call", args=[session.code]),
        "joined": session.channel != Session.Channel.AGENT,
        "agent": calls.agent_name(call.agent),
        "since": call.since,
        "status": session.status,
    }
