"""In whose hand a call is: put it aside, resume it, pass it on, take it, leave it; and who calls.

What is pressed on a call's page takes along the note that was typed and not saved, as moves do.
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

One = QuerySet[Session]


@require_POST
@with_session
def hold(request: HttpRequest, one: One) -> HttpResponse:
    """Put a call aside, and lead to the others."""
    return apply_change(
        request, one, lambda session: calls.put_on_hold(session, agent_of(request)), "Put aside.", "desk"
    )


@require_POST
@with_session
def resume(request: HttpRequest, one: One) -> HttpResponse:
    """Take up a call that was put aside, or that a colleague passed on."""
    return apply_change(request, one, lambda session: calls.resume(session, agent_of(request)))


@require_POST
@with_session
def leave(request: HttpRequest, one: One) -> HttpResponse:
    """Finish a call: the customer of a session that was joined has it to themselves again."""
    return apply_change(
        request, one, lambda session: calls.leave(session, agent_of(request)), "That call is done.", "desk"
    )


@require_POST
@with_session
def take(request: HttpRequest, one: One) -> HttpResponse:
    """Take a call that nobody has in hand, or, for who leads, out of a colleague's."""
    return apply_change(request, one, lambda session: calls.take(session, agent_of(request)))


@require_POST
@with_session
def pass_on(request: HttpRequest, one: One) -> HttpResponse:
    """Pass a call on to a colleague, with everything in place."""
    agent = agent_of(request)
    form = PassForm(agent, request.POST)
    if not form.is_valid():
        return not_possible(request, one, str(form.errors["to"][0]))
    to = form.cleaned_data["to"]
    return apply_change(
        request, one, lambda session: calls.pass_on(session, agent, to), f"Passed to {calls.agent_name(to)}.", "desk"
    )


@require_POST
@with_session
def caller(request: HttpRequest, one: One) -> HttpResponse:
    """Write down who calls, or erase it."""
    form = CallerForm(request.POST)
    if not form.is_valid():
        return not_possible(request, one, str(form.errors["caller"][0]))
    who = "" if "erase" in request.POST else form.cleaned_data["caller"]
    return apply_change(request, one, lambda session: calls.set_caller(session, who))


def apply_change(
    request: HttpRequest, one: One, change: Callable[[Session], None], said: str = "", to: str = ""
) -> HttpResponse:
    """Make a change, with the note that was typed, and lead on: to the page `to`, or back to the call.

    Says why where it cannot be made; the note is still there then.
    """
    form = NoteForm(request.POST)
    if not form.is_valid() and typed_note(request).strip():
        return not_possible(request, one, first_error(form))
    session, number, note = session_or_404(one), form.cleaned_data.get("number", 0), form.cleaned_data.get("words", "")
    try:
        calls.with_note(one, number, note, agent_of(request), lambda: change(session))
    except calls.NotYourCallError as not_yours:
        return not_possible(request, one, str(not_yours), status=409)
    except flow.IllegalMoveError as illegal:
        return not_possible(request, one, str(illegal))
    if said:
        messages.success(request, said)
    return presenters.redirect(request, reverse(to) if to else call_address(one.get()))


def not_possible(request: HttpRequest, one: One, error: str, status: int = 422) -> HttpResponse:
    """Say on the call's page why a change was not made; the note that was typed is still there."""
    return call_page(request, call_state(session_or_404(one)), error=error, status=status, words=typed_note(request))
