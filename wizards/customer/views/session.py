"""A customer's way through a session: answer, go back, start over, remark, ask for a person, say whether it helped.

Each view is given the visitor's own session by `access.owner_only`, as a query for that one row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.parsing import parse_nonnegative_int

from ... import flow, journal, presenters
from ...models import Session, SingleSession
from ...permissions import owner_only
from ...presenters.rate_limited import rate_limited
from ...support import cases
from ..forms import FeedbackForm, RemarkForm

THANKS = {
    "remark": "Thank you. We have noted what you see.",
    "different": "Thank you. We have noted that it looks different.",
    "feedback": "Thank you. Your answer is noted.",
}


@require_safe
@owner_only
def resume(request: HttpRequest, own: SingleSession) -> HttpResponse:
    """Lead to the page at which the session stands."""
    session = own.get()
    return redirect(presenters.step_address(session, session.count))


@require_http_methods(["GET", "HEAD", "POST"])
@owner_only
def step(request: HttpRequest, own: SingleSession, number: int) -> HttpResponse:
    """Show page `number`; or log the answer given on it and lead to the next."""
    if request.method == "POST":
        given, seen = request.POST.get("answer", ""), seen_event(request)
        return apply_move(request, own, number, lambda: journal.answer(own, number, given, seen=seen), answered=True)
    session = own.get()
    try:
        view = page_of(session, number)
    except flow.IllegalMoveError as illegal:
        return not_possible(request, session, str(illegal))
    return presenters.render_step(request, view, said=THANKS.get(request.GET.get("said", ""), ""))


@require_POST
@owner_only
def back(request: HttpRequest, own: SingleSession, number: int) -> HttpResponse:
    """Go back from page `number` to the page before it."""
    return apply_move(request, own, number, lambda: journal.back(own, number))


@require_POST
@owner_only
def restart(request: HttpRequest, own: SingleSession, number: int) -> HttpResponse:
    """Start over: go back to the first page."""
    return apply_move(request, own, number, lambda: journal.restart(own, number))


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited("remark")
@owner_only
def remark(request: HttpRequest, own: SingleSession, number: int) -> HttpResponse:
    """Ask what looks different from page `number`, and log it."""
    form = RemarkForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["words"]
        thanks = "remark" if words else "different"
        return apply_annotation(request, own, number, thanks, lambda: journal.remark(own, number, words))
    session = own.get()
    try:
        context = {"screen": presenters.screen_context(page_of(session, number)), "form": form}
    except flow.IllegalMoveError as illegal:
        return not_possible(request, session, str(illegal))
    return presenters.render_page(request, "customer/session/remark.html", context, status=422 if form.errors else 200)


@require_POST
@rate_limited("remark")
@owner_only
def feedback(request: HttpRequest, own: SingleSession, number: int) -> HttpResponse:
    """Log whether it helped."""
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        return move_refused(request, own.get(), number, str(next(iter(form.errors.values()))[0]))
    helped, words = form.cleaned_data["helped"], form.cleaned_data["words"]
    thanks = "feedback" if helped == "yes" else ""  # the page itself says what one can do where it did not help
    return apply_annotation(request, own, number, thanks, lambda: journal.feedback(own, number, helped, words))


@require_safe
@owner_only
def all_steps(request: HttpRequest, own: SingleSession, number: int) -> HttpResponse:
    """Show all steps of the procedure in hand on page `number`: to read ahead, and to print."""
    session = own.get()
    try:
        context = presenters.all_steps_context(page_of(session, number))
    except flow.IllegalMoveError as illegal:
        return not_possible(request, session, str(illegal))
    return presenters.render_page(request, "customer/session/all_steps.html", context)


@require_safe
@owner_only
def answers_so_far(request: HttpRequest, own: SingleSession, number: int) -> HttpResponse:
    """Show what the person told us on the way to page `number`."""
    session = own.get()
    history = journal.history_of(session)
    try:
        view = presenters.page_of(session, number, history)
        items = presenters.answers_so_far(session, history, number)
    except flow.IllegalMoveError as illegal:
        return not_possible(request, session, str(illegal))
    return presenters.render_page(
        request, "customer/session/answers_so_far.html", {"screen": presenters.screen_context(view), "items": items}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@owner_only
def help_page(request: HttpRequest, own: SingleSession) -> HttpResponse:
    """Log that the person asks for a human; show how to reach one, and what they need not say twice."""
    if request.method == "POST":
        session = journal.request_help(own)
        return HttpResponseRedirect(reverse("help", args=[session.code]), status=303)
    session = own.get()
    context = {
        "screen": presenters.screen_context(presenters.page_of(session)),
        "contact": presenters.contact_context(),
        "reference": presenters.reference(session),
        "items": presenters.answers_so_far(session, journal.history_of(session)),
        "resume_url": presenters.step_address(session, session.count),
        "case": cases.case_of(session),
    }
    if session.channel != Session.Channel.TEST:  # nobody can be let into a preview
        context |= {f"{name}_url": reverse(name, args=[session.code]) for name in ("offer", "device")}
    return presenters.render_page(request, "customer/session/help.html", context)


def seen_event(request: HttpRequest) -> int | None:
    """Return how many events there were when the page was shown, if an earlier page says it."""
    return parse_nonnegative_int(request.POST.get("seen"))


def page_of(session: Session, number: int, *, answered: bool = False) -> presenters.Page:
    """Return page `number` of a session; raise IllegalMoveError where it was not reached.

    Replays only for an earlier page, and for one that may be the first again: never where an answer just led there.
    The page of an outcome knows what the person said of it, and the case that support has.
    """
    replays = number != session.count or (not answered and presenters.is_back_at_entry(session))
    history = journal.history_of(session) if replays else None
    view = presenters.page_of(session, number, history)
    if not view.node.outcome():
        return view
    return replace(view, helped=journal.latest_feedback(session) if view.current else "", case=cases.case_of(session))


def apply_move(
    request: HttpRequest, own: SingleSession, number: int, move: Callable[[], Session], *, answered: bool = False
) -> HttpResponse:
    """Make a move (`answered`: an answer) and lead to the page at which the session then stands; say why if it cannot.

    Where the person who helps went on first, both are shown where they are now.
    """
    try:
        session = move()
    except flow.IllegalMoveError as illegal:
        session = own.get()
        went_on = session.agent_id is not None and session.count > (seen_event(request) or number)
        return move_refused(request, session, session.count if went_on else number, str(illegal))
    if presenters.wants_fragment(request):
        return presenters.render_step(request, page_of(session, session.count, answered=answered))
    return HttpResponseRedirect(presenters.step_address(session, session.count), status=303)


def apply_annotation(
    request: HttpRequest, own: SingleSession, number: int, thanks: str, note: Callable[[], Session]
) -> HttpResponse:
    """Log something said beside the way, thank for it by a word of THANKS, and lead back to the page it was about."""
    was_current = own.get().count == number
    try:
        session = note()
    except flow.IllegalMoveError as illegal:
        return move_refused(request, own.get(), number, str(illegal))
    view = page_of(session, session.count if was_current else number)
    if presenters.wants_fragment(request):
        return presenters.render_step(request, view, said=THANKS.get(thanks, ""))
    return HttpResponseRedirect(f"{view.address}?said={thanks}" if thanks else view.address, status=303)


def move_refused(request: HttpRequest, session: Session, number: int, why: str) -> HttpResponse:
    """Show page `number` again with the reason why nothing was logged; a page not reached yet is refused."""
    try:
        view = page_of(session, number)
    except flow.IllegalMoveError as illegal:
        return not_possible(request, session, str(illegal))
    return presenters.render_step(request, view, error=why, status=422)


def not_possible(request: HttpRequest, session: Session, why: str) -> HttpResponse:
    """Say in plain words why a page of this session cannot be had, with the way back to where it stands."""
    context = {"message": why, "resume_url": presenters.step_address(session, session.count)}
    return presenters.render_page(request, "customer/session/not_possible.html", context, status=400)
