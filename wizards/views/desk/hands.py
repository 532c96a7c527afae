"""In whose hand a call is: put it aside, resume it, pass it on, take it, leave it; and who calls."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from ... import desk
from ...models import Session
from .call import call_page
from .forms import CallerForm, PassForm
from .frame import address_of, agent_of, one_of, with_session
from .shown import seen

One = QuerySet[Session]


@require_POST
@with_session
def aside(request: HttpRequest, one: One) -> HttpResponse:
    """Put a call aside, and lead to the others."""
    return changed(request, one, lambda session: desk.put_aside(session, agent_of(request)), "Put aside.", "desk")


@require_POST
@with_session
def resume(request: HttpRequest, one: One) -> HttpResponse:
    """Take up a call that was put aside, or that a colleague passed on."""
    return changed(request, one, lambda session: desk.put_aside(session, agent_of(request), aside=False))


@require_POST
@with_session
def leave(request: HttpRequest, one: One) -> HttpResponse:
    """Finish a call: the customer of a session that was joined has it to themselves again."""
    return changed(request, one, lambda session: desk.leave(session, agent_of(request)), "That call is done.", "desk")


@require_POST
@with_session
def take(request: HttpRequest, one: One) -> HttpResponse:
    """Take a call that nobody has in hand, or, for who leads, out of a colleague's."""
    return changed(request, one, lambda session: desk.take(session, agent_of(request)))


@require_POST
@with_session
def pass_on(request: HttpRequest, one: One) -> HttpResponse:
    """Pass a call on to a colleague, with everything in place."""
    agent = agent_of(request)
    form = PassForm(agent, request.POST)
    if not form.is_valid():
        return call_page(request, seen(one_of(one)), error=str(form.errors["to"][0]), status=422)
    to = form.cleaned_data["to"]
    return changed(
        request, one, lambda session: desk.pass_on(session, agent, to), f"Passed to {desk.name_of(to)}.", "desk"
    )


@require_POST
@with_session
def caller(request: HttpRequest, one: One) -> HttpResponse:
    """Write down who calls, or erase it."""
    form = CallerForm(request.POST)
    if not form.is_valid():
        return call_page(request, seen(one_of(one)), error=str(form.errors["caller"][0]), status=422)
    return changed(request, one, lambda session: desk.describe(session, form.cleaned_data["caller"]))


def changed(
    request: HttpRequest, one: One, change: Callable[[Session], None], said: str = "", to: str = ""
) -> HttpResponse:
    """Make a change and lead on: to the page `to`, or back to the call; say why where it cannot be made."""
    session = one_of(one)
    try:
        change(session)
    except desk.NotYours as refused:
        return call_page(request, seen(one_of(one)), error=str(refused), status=409)
    if said:
        messages.success(request, said)
    response = redirect(to) if to else HttpResponseRedirect(address_of(one.get()))
    response.status_code = 303
    return response
