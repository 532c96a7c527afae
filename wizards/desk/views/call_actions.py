"""Who works on a call: put it on hold, resume it, pass it on, take it, leave it; and who is calling.

The rules are in `support.calls`. Like moves, these actions save the note that is typed on the call's page.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from ... import flow, presenters
from ...models import Session
from ...support import calls
from ..base import agent_of, call_address, session_or_404, with_session
from ..context import call_state
from ..forms import CallerForm, NoteForm, PassForm
from .call import call_page, first_error, typed_note

Sessions = QuerySet[Session]


@require_POST
@with_session
def put_on_hold(request: HttpRequest, sessions: Sessions) -> HttpResponse:
    """Put a call on hold and lead to the home page, which lists it."""
    return apply_change(
        request, sessions, lambda session: calls.put_on_hold(session, agent_of(request)), "The call is on hold.", "desk"
    )


@require_POST
@with_session
def resume(request: HttpRequest, sessions: Sessions) -> HttpResponse:
    """Resume a call that is on hold, or that a colleague passed on."""
    return apply_change(request, sessions, lambda session: calls.resume(session, agent_of(request)))


@require_POST
@with_session
def leave(request: HttpRequest, sessions: Sessions) -> HttpResponse:
    """Finish a call; a joined session is the customer's alone again."""
    return apply_change(
        request, sessions, lambda session: calls.leave(session, agent_of(request)), "The call is finished.", "desk"
    )


@require_POST
@with_session
def take(request: HttpRequest, sessions: Sessions) -> HttpResponse:
    """Take an unassigned call; leads may also take a colleague's."""
    return apply_change(request, sessions, lambda session: calls.take(session, agent_of(request)))


@require_POST
@with_session
def pass_on(request: HttpRequest, sessions: Sessions) -> HttpResponse:
    """Assign a call to a colleague."""
    agent = agent_of(request)
    form = PassForm(agent, request.POST)
    if not form.is_valid():
        return refuse(request, sessions, str(form.errors["to"][0]))
    to = form.cleaned_data["to"]
    return apply_change(
        request,
        sessions,
        lambda session: calls.pass_on(session, agent, to),
        f"Passed to {calls.agent_name(to)}.",
        "desk",
    )


@require_POST
@with_session
def change_caller(request: HttpRequest, sessions: Sessions) -> HttpResponse:
    """Store who is calling, or erase it."""
    form = CallerForm(request.POST)
    if not form.is_valid():
        return refuse(request, sessions, str(form.errors["caller"][0]))
    caller = "" if "erase" in request.POST else form.cleaned_data["caller"]
    return apply_change(request, sessions, lambda session: calls.set_caller(session, caller))


def apply_change(
    request: HttpRequest,
    sessions: Sessions,
    change: Callable[[Session], None],
    message: str = "",
    redirect_to: str = "",
) -> HttpResponse:
    """Make a change, save the typed note with it, and redirect to the URL name `redirect_to`, by default to the call.

    A refused change shows the reason, and the note stays in its field.
    """
    form = NoteForm(request.POST)
    if not form.is_valid() and typed_note(request).strip():
        return refuse(request, sessions, first_error(form))
    session, number, note = (
        session_or_404(sessions),
        form.cleaned_data.get("number", 0),
        form.cleaned_data.get("words", ""),
    )
    try:
        calls.with_note(sessions, number, note, agent_of(request), lambda: change(session))
    except calls.NotYourCallError as error:
        return refuse(request, sessions, str(error), status=409)
    except flow.IllegalMoveError as error:
        return refuse(request, sessions, str(error))
    if message:
        messages.success(request, message)
    return presenters.redirect(request, reverse(redirect_to) if redirect_to else call_address(sessions.get()))


def refuse(request: HttpRequest, sessions: Sessions, error: str, status: int = 422) -> HttpResponse:
    """Show on the call's page why a change was not made; the typed note stays in its field."""
    return call_page(
        request, call_state(session_or_404(sessions)), error=error, status=status, words=typed_note(request)
    )
