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

from helpdesk.parsing import whole

from ... import flow, journal, permissions, presenters
from ...models import Session
from ...support import calls
from ..base import address_of, agent_of, one_of, page, with_session
from ..context import Seen, is_where_it_stood, seen, shown
from ..forms import NoteForm

One = QuerySet[Session]


@require_safe
@with_session
def call(request: HttpRequest, one: One) -> HttpResponse:
    """Lead to the page at which a session stands."""
    return redirect(address_of(one.get()))


@require_http_methods(["GET", "HEAD", "POST"])
@with_session
def step(request: HttpRequest, one: One, number: int) -> HttpResponse:
    """Show page `number` as an agent needs it; or log the answer given on it, with a note, and lead to the next."""
    if request.method == "POST":
        return answered(request, one, number)
    session = one_of(one)
    try:
        return call_page(request, seen(session, number))
    except flow.IllegalMove as illegal:
        return call_page(request, seen(session), error=str(illegal), status=400)


def answered(request: HttpRequest, one: One, number: int) -> HttpResponse:
    """Log the answer given on page `number`."""
    given, saw, agent = request.POST.get("answer", ""), whole(request.POST.get("seen")), agent_of(request)
    return moved(request, one, number, lambda mine: journal.answer(mine, number, given, agent, saw))


@require_POST
@with_session
def back(request: HttpRequest, one: One, number: int) -> HttpResponse:
    """Go back from page `number` to the page before it."""
    return moved(request, one, number, lambda mine: journal.back(mine, number, agent_of(request)))


@require_POST
@with_session
def restart(request: HttpRequest, one: One, number: int) -> HttpResponse:
    """Start over: go back to the first page."""
    return moved(request, one, number, lambda mine: journal.restart(mine, number, agent_of(request)))


@require_POST
@with_session
def note(request: HttpRequest, one: One) -> HttpResponse:
    """Note something on a page. Whoever may look at a session may note something in it."""
    form = NoteForm(request.POST)
    number = form.cleaned_data.get("number") if form.is_valid() or not form.has_error("number") else None
    session = one_of(one)
    try:
        if not form.is_valid():
            raise flow.IllegalMove(first_error(form))
        session = journal.note(one, form.cleaned_data["number"], form.cleaned_data["words"], agent_of(request))
    except flow.IllegalMove as illegal:
        return call_page(request, where(session, number), error=str(illegal), status=422, words=words_in(request))
    if presenters.wants_fragment(request):
        return call_page(request, where(one_of(one), number))
    return HttpResponseRedirect(address_of(session, number), status=303)


@require_safe
def news(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Answer 204 while the log holds as many events as the page knows of, by one query; else show what is new.

    Rights are asked for before anything is shown. That nothing is new, whom the session's row names may hear at once.
    """
    knew = whole(request.GET.get("seen")) or number
    if request.user.is_authenticated and permissions.named(agent_of(request)).filter(code=code, count=knew).exists():
        return no_news()
    return newer(request, code=code, number=number, knew=knew)


@with_session
def newer(request: HttpRequest, one: One, number: int, knew: int) -> HttpResponse:
    """Show what is new, or answer 204 to who looks on in a session that is not in their hand.

    Whoever looks at the page where the session stood goes along; whoever looks at an earlier one stays there.
    """
    if one.values_list("count", flat=True).get() == knew:
        return no_news()
    current = seen(one_of(one))
    if is_where_it_stood(current.history, number, knew):
        return call_page(request, current, is_news=True)
    return call_page(request, where(current.view.session, number), is_news=True)


def no_news() -> HttpResponse:
    """Return the answer that leaves a page as it is."""
    return HttpResponse(status=204, headers={"Cache-Control": "no-store"})


def moved(request: HttpRequest, one: One, number: int, move: Callable[[One], Session]) -> HttpResponse:
    """Make a move, with the note that was typed and not saved, and lead to where the session then stands.

    Says why where it cannot be made. Only who has the session in hand moves it. Where the customer went on first, both
    are shown where they are now.
    """
    agent, before = agent_of(request), one_of(one)
    saw, words = whole(request.POST.get("seen")) or number, words_in(request).strip()
    form = NoteForm({"words": words, "number": number})
    if words and not form.is_valid():
        return call_page(request, where(before, number), error=first_error(form), status=422, words=words)
    try:
        mine = permissions.in_hand(agent).filter(pk=before.pk)
        session = calls.with_note(mine, number, words, agent, lambda: move(mine))
    except Session.DoesNotExist:
        return call_page(request, seen(one_of(one)), error=refusal(one, request), status=409, words=words_in(request))
    except flow.IllegalMove as illegal:
        now = one_of(one)
        went_on = now.count != saw
        there, status = (seen(now), 409) if went_on else (where(now, number), 422)
        return call_page(request, there, error=str(illegal), status=status, words=words_in(request))
    if presenters.wants_fragment(request):
        return call_page(request, seen(one_of(one)))
    return HttpResponseRedirect(address_of(session), status=303)


def refusal(one: One, request: HttpRequest) -> str:
    """Return why the agent may not move the session."""
    return calls.why_not(one_of(one), agent_of(request)) or "That was not possible a moment ago. Please try again."


def where(session: Session, number: int | None) -> Seen:
    """Return page `number`, or the current one where that was not reached."""
    try:
        return seen(session, number)
    except flow.IllegalMove:
        return seen(session)


def call_page(
    request: HttpRequest, what: Seen, *, error: str = "", status: int = 200, is_news: bool = False, words: str = ""
) -> HttpResponse:
    """Return the page of a call, or to HTMX the part of it that moves change."""
    agent, session = agent_of(request), what.view.session
    context = shown(request, what, agent) | {"error": error, "is_news": is_news, "words": words}
    if not presenters.wants_fragment(request):
        context |= {
            "caller": session.call.caller if hasattr(session, "call") else "",
            "has_call": hasattr(session, "call"),
            "reference": presenters.reference(session),
            "colleagues": colleagues(session, agent),
        }
    address = "" if status >= 400 else address_of(session, what.view.number)
    return page(request, "call.html", fragment="_call.html", address=address, status=status, **context)


def colleagues(session: Session, agent: User) -> list[tuple[int, str]]:
    """Return to whom an agent may pass a session on, as (primary key, name); nobody where it is not theirs to pass."""
    held = calls.holder(session)
    if held is None or (held != agent and not agent.has_perm(permissions.LEAD)):
        return []
    return [(each.pk, calls.name_of(each)) for each in calls.colleagues(agent)]


def first_error(form: NoteForm) -> str:
    """Return the first thing that is wrong with a note."""
    return str(next(iter(form.errors.values()))[0])


def words_in(request: HttpRequest) -> str:
    """Return what was typed as a note, to be shown again."""
    return request.POST.get("words", "")[:10_000]
