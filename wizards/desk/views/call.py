"""A call: what to say and do on each page, the moves, the notes, and what a customer who is in it does meanwhile.

Each view is given the session by `frame.with_session`, as a query for that one row.
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
from ..context import CallState, call_context, call_state, is_unmoved
from ..forms import NoteForm

One = QuerySet[Session]


@require_safe
@with_session
def call(request: HttpRequest, one: One) -> HttpResponse:
    """Lead to the page at which a session stands."""
    return redirect(call_address(one.get()))


@require_http_methods(["GET", "HEAD", "POST"])
@with_session
def step(request: HttpRequest, one: One, number: int) -> HttpResponse:
    """Show page `number` as an agent needs it; or log the answer given on it, with a note, and lead to the next."""
    if request.method == "POST":
        return answer(request, one, number)
    session = session_or_404(one)
    try:
        return call_page(request, call_state(session, number))
    except flow.IllegalMoveError as illegal:
        return call_page(request, call_state(session), error=str(illegal), status=400)


def answer(request: HttpRequest, one: One, number: int) -> HttpResponse:
    """Log the answer given on page `number`."""
    given, saw, agent = (
        request.POST.get("answer", ""),
        parse_nonnegative_int(request.POST.get("seen")),
        agent_of(request),
    )
    return apply_move(request, one, number, lambda mine: journal.answer(mine, number, given, agent, saw))


@require_POST
@with_session
def back(request: HttpRequest, one: One, number: int) -> HttpResponse:
    """Go back from page `number` to the page before it."""
    return apply_move(request, one, number, lambda mine: journal.back(mine, number, agent_of(request)))


@require_POST
@with_session
def restart(request: HttpRequest, one: One, number: int) -> HttpResponse:
    """Start over: go back to the first page."""
    return apply_move(request, one, number, lambda mine: journal.restart(mine, number, agent_of(request)))


@require_POST
@with_session
def note(request: HttpRequest, one: One) -> HttpResponse:
    """Note something on a page. Whoever may look at a session may note something in it."""
    form = NoteForm(request.POST)
    number = form.cleaned_data.get("number") if form.is_valid() or not form.has_error("number") else None
    session = session_or_404(one)
    try:
        if not form.is_valid():
            raise flow.IllegalMoveError(first_error(form))
        session = journal.note(one, form.cleaned_data["number"], form.cleaned_data["words"], agent_of(request))
    except flow.IllegalMoveError as illegal:
        return call_page(
            request, page_number(session, number), error=str(illegal), status=422, words=typed_note(request)
        )
    if presenters.wants_fragment(request):
        return call_page(request, page_number(session_or_404(one), number))
    return HttpResponseRedirect(call_address(session, number), status=303)


@require_safe
def updates(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Answer 204 while the log holds as many events as the page knows of, by one query; else show what is new.

    Rights are asked for before anything is shown. That nothing is new, whom the session's row names may hear at once.
    """
    knew = parse_nonnegative_int(request.GET.get("seen")) or number
    if (
        request.user.is_authenticated
        and permissions.with_agent_names(agent_of(request)).filter(code=code, count=knew).exists()
    ):
        return no_updates()
    return updates_since(request, code=code, number=number, knew=knew)


@with_session
def updates_since(request: HttpRequest, one: One, number: int, knew: int) -> HttpResponse:
    """Show what is new, or answer 204 to who looks on in a session that is not in their hand.

    Whoever looks at the page where the session stood goes along; whoever looks at an earlier one stays there.
    """
    if one.values_list("count", flat=True).get() == knew:
        return no_updates()
    current = call_state(session_or_404(one))
    if is_unmoved(current.history, number, knew):
        return call_page(request, current, is_news=True)
    return call_page(request, page_number(current.view.session, number), is_news=True)


def no_updates() -> HttpResponse:
    """Return the answer that leaves a page as it is."""
    return HttpResponse(status=204, headers={"Cache-Control": "no-store"})


def apply_move(request: HttpRequest, one: One, number: int, move: Callable[[One], Session]) -> HttpResponse:
    """Make a move, with the note that was typed and not saved, and lead to where the session then stands.

    Says why where it cannot be made. Only who has the session in hand moves it. Where the customer went on first, both
    are shown where they are now.
    """
    agent, before = agent_of(request), session_or_404(one)
    saw, words = parse_nonnegative_int(request.POST.get("seen")) or number, typed_note(request).strip()
    form = NoteForm({"words": words, "number": number})
    if words and not form.is_valid():
        return call_page(request, page_number(before, number), error=first_error(form), status=422, words=words)
    try:
        mine = permissions.in_hand(agent).filter(pk=before.pk)
        session = calls.with_note(mine, number, words, agent, lambda: move(mine))
    except Session.DoesNotExist:
        return call_page(
            request,
            call_state(session_or_404(one)),
            error=refusal_message(one, request),
            status=409,
            words=typed_note(request),
        )
    except flow.IllegalMoveError as illegal:
        now = session_or_404(one)
        went_on = now.count != saw
        there, status = (call_state(now), 409) if went_on else (page_number(now, number), 422)
        return call_page(request, there, error=str(illegal), status=status, words=typed_note(request))
    if presenters.wants_fragment(request):
        return call_page(request, call_state(session_or_404(one)))
    return HttpResponseRedirect(call_address(session), status=303)


def refusal_message(one: One, request: HttpRequest) -> str:
    """Return why the agent may not move the session."""
    return (
        calls.blocked_reason(session_or_404(one), agent_of(request))
        or "That was not possible a moment ago. Please try again."
    )


def page_number(session: Session, number: int | None) -> CallState:
    """Return page `number`, or the current one where that was not reached."""
    try:
        return call_state(session, number)
    except flow.IllegalMoveError:
        return call_state(session)


def call_page(
    request: HttpRequest, what: CallState, *, error: str = "", status: int = 200, is_news: bool = False, words: str = ""
) -> HttpResponse:
    """Return the page of a call, or to HTMX the part of it that moves change."""
    agent, session = agent_of(request), what.view.session
    context = call_context(request, what, agent) | {"error": error, "is_news": is_news, "words": words}
    if not presenters.wants_fragment(request):
        context |= {
            "caller": session.call.caller if hasattr(session, "call") else "",
            "has_call": hasattr(session, "call"),
            "reference": presenters.reference(session),
            "colleagues": colleagues(session, agent),
        }
    address = "" if status >= 400 else call_address(session, what.view.number)
    return render_desk_page(request, "call.html", fragment="_call.html", address=address, status=status, **context)


def colleagues(session: Session, agent: User) -> list[tuple[int, str]]:
    """Return to whom an agent may pass a session on, as (primary key, name); nobody where it is not theirs to pass."""
    held = calls.current_agent(session)
    if held is None or (held != agent and not agent.has_perm(permissions.LEAD_CALLS)):
        return []
    return [(each.pk, calls.agent_name(each)) for each in calls.colleagues(agent)]


def first_error(form: NoteForm) -> str:
    """Return the first thing that is wrong with a note."""
    return str(next(iter(form.errors.values()))[0])


def typed_note(request: HttpRequest) -> str:
    """Return what was typed as a note, to be shown again."""
    return request.POST.get("words", "")[:10_000]
