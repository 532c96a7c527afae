"""A call's pages: moves, notes, and updates when the customer or a colleague moves the session meanwhile.

Each view gets `sessions` from `with_session`: a queryset of just that session.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.parsing import parse_nonnegative_int

from ... import flow, journal, permissions, presenters
from ...models import Session
from ...support import calls
from ..base import agent_of, call_address, render_desk_page, session_or_404, with_session
from ..context import CallState, call_context, call_state, was_current
from ..forms import NoteForm

Sessions = QuerySet[Session]


@require_safe
@with_session
def call(request: HttpRequest, sessions: Sessions) -> HttpResponse:
    """Redirect to the session's current page."""
    return redirect(call_address(sessions.get()))


@require_http_methods(["GET", "HEAD", "POST"])
@with_session
def step(request: HttpRequest, sessions: Sessions, number: int) -> HttpResponse:
    """Show page `number`; POST logs its answer, with the typed note, and leads to the next page."""
    if request.method == "POST":
        return answer(request, sessions, number)
    session = session_or_404(sessions)
    try:
        return call_page(request, call_state(session, number))
    except flow.IllegalMoveError as illegal:
        return call_page(request, call_state(session), error=str(illegal), status=400)


def answer(request: HttpRequest, sessions: Sessions, number: int) -> HttpResponse:
    value, seen, agent = (
        request.POST.get("answer", ""),
        parse_nonnegative_int(request.POST.get("seen")),
        agent_of(request),
    )
    return apply_move(request, sessions, number, lambda mine: journal.answer(mine, number, value, agent, seen))


@require_POST
@with_session
def back(request: HttpRequest, sessions: Sessions, number: int) -> HttpResponse:
    """Go back from page `number` to the page before it."""
    return apply_move(request, sessions, number, lambda mine: journal.back(mine, number, agent_of(request)))


@require_POST
@with_session
def restart(request: HttpRequest, sessions: Sessions, number: int) -> HttpResponse:
    """Start over: go back to the first page."""
    return apply_move(request, sessions, number, lambda mine: journal.restart(mine, number, agent_of(request)))


@require_POST
@with_session
def note(request: HttpRequest, sessions: Sessions) -> HttpResponse:
    """Save a note on a page. Every agent who may see a session may add notes to it."""
    form = NoteForm(request.POST)
    number = form.cleaned_data.get("number") if form.is_valid() or not form.has_error("number") else None
    session = session_or_404(sessions)
    try:
        if not form.is_valid():
            raise flow.IllegalMoveError(first_error(form))
        session = journal.note(sessions, form.cleaned_data["number"], form.cleaned_data["words"], agent_of(request))
    except flow.IllegalMoveError as illegal:
        return call_page(request, state_at(session, number), error=str(illegal), status=422, words=typed_note(request))
    if presenters.wants_fragment(request):
        return call_page(request, state_at(session_or_404(sessions), number))
    return HttpResponseRedirect(call_address(session, number), status=303)


@require_safe
def updates(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Answer 204 if the log still has as many events as the page has seen; otherwise send the new page.

    This shortcut takes one query, for the agent named in the session's row. `updates_since` checks all permissions.
    """
    seen = parse_nonnegative_int(request.GET.get("seen")) or number
    if (
        request.user.is_authenticated
        and permissions.assigned_sessions(agent_of(request)).filter(code=code, count=seen).exists()
    ):
        return no_updates()
    return updates_since(request, code=code, number=number, seen=seen)


@with_session
def updates_since(request: HttpRequest, sessions: Sessions, number: int, seen: int) -> HttpResponse:
    """Send the updated page, or answer 204 if there are no new events.

    If the agent is on the page that was current, they move along; on an earlier page they stay there.
    """
    if sessions.values_list("count", flat=True).get() == seen:
        return no_updates()
    current = call_state(session_or_404(sessions))
    if was_current(current.history, number, seen):
        return call_page(request, current, is_update=True)
    return call_page(request, state_at(current.page.session, number), is_update=True)


def no_updates() -> HttpResponse:
    """Return a response that htmx ignores."""
    return HttpResponse(status=204, headers={"Cache-Control": "no-store"})


def apply_move(
    request: HttpRequest, sessions: Sessions, number: int, move: Callable[[Sessions], Session]
) -> HttpResponse:
    """Make a move, save the typed note with it, and lead to the session's current page.

    Only the agent that the call is assigned to can move it. A refused move shows the reason: on the current page with
    409 if the session has moved on meanwhile, else on page `number` with 422. The note stays in its field.
    """
    agent, session = agent_of(request), session_or_404(sessions)
    seen, words = parse_nonnegative_int(request.POST.get("seen")) or number, typed_note(request).strip()
    form = NoteForm({"words": words, "number": number})
    if words and not form.is_valid():
        return call_page(request, state_at(session, number), error=first_error(form), status=422, words=words)
    try:
        mine = permissions.movable_sessions(agent).filter(pk=session.pk)
        moved = calls.with_note(mine, number, words, agent, lambda: move(mine))
    except Session.DoesNotExist:  # assigned to somebody else, or on hold
        return call_page(
            request,
            call_state(session_or_404(sessions)),
            error=refusal_message(sessions, request),
            status=409,
            words=typed_note(request),
        )
    except flow.IllegalMoveError as illegal:
        session = session_or_404(sessions)
        state, status = (call_state(session), 409) if session.count != seen else (state_at(session, number), 422)
        return call_page(request, state, error=str(illegal), status=status, words=typed_note(request))
    if presenters.wants_fragment(request):
        return call_page(request, call_state(session_or_404(sessions)))
    return HttpResponseRedirect(call_address(moved), status=303)


def refusal_message(sessions: Sessions, request: HttpRequest) -> str:
    return (
        calls.blocked_reason(session_or_404(sessions), agent_of(request))
        or "The call was changed at the same moment. Please try again."
    )


def state_at(session: Session, number: int | None) -> CallState:
    """Return page `number`, or the current page if it has not been reached."""
    try:
        return call_state(session, number)
    except flow.IllegalMoveError:
        return call_state(session)


def call_page(
    request: HttpRequest,
    state: CallState,
    *,
    error: str = "",
    status: int = 200,
    is_update: bool = False,
    words: str = "",
) -> HttpResponse:
    """Render the page of a call, or for htmx the part that moves change."""
    agent, session = agent_of(request), state.page.session
    context = call_context(request, state, agent) | {"error": error, "is_update": is_update, "words": words}
    if not presenters.wants_fragment(request):
        context |= {
            "caller": session.call.caller if hasattr(session, "call") else "",
            "has_call": hasattr(session, "call"),
            "reference": presenters.reference(session),
            "colleagues": colleagues(session, agent),
        }
    address = "" if status >= 400 else call_address(session, state.page.number)
    return render_desk_page(request, "call.html", fragment="_call.html", address=address, status=status, **context)


def colleagues(session: Session, agent: User) -> list[tuple[int, str]]:
    """Return the (primary key, name) of each colleague that the agent may pass this session on to."""
    assigned = calls.current_agent(session)
    if assigned is None or (assigned != agent and not agent.has_perm(permissions.LEAD_CALLS)):
        return []
    return [(user.pk, calls.agent_name(user)) for user in calls.colleagues(agent)]


def first_error(form: NoteForm) -> str:
    return str(next(iter(form.errors.values()))[0])


def typed_note(request: HttpRequest) -> str:
    """Return the note as typed, to be shown again."""
    return request.POST.get("words", "")[:10_000]
