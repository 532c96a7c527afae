"""A customer's steps through their session: answer, go back, start over, remark, ask for a person, say if it helped.

`permissions.owner_only` passes each view the visitor's session as `session_query`, a query for that one row.
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
def resume(request: HttpRequest, session_query: SingleSession) -> HttpResponse:
    """Redirect to the session's current page."""
    session = session_query.get()
    return redirect(presenters.step_url(session, session.count))


@require_http_methods(["GET", "HEAD", "POST"])
@owner_only
def step(request: HttpRequest, session_query: SingleSession, number: int) -> HttpResponse:
    """Show page `number`, or log the answer given on it and show the next page."""
    if request.method == "POST":
        answer, seen = request.POST.get("answer", ""), seen_event(request)
        return apply_move(
            request,
            session_query,
            number,
            lambda: journal.answer(session_query, number, answer, seen=seen),
            is_answer=True,
        )
    session = session_query.get()
    try:
        page = load_page(session, number)
    except flow.IllegalMoveError as error:
        return not_possible(request, session, str(error))
    return presenters.render_step(request, page, message=THANKS.get(request.GET.get("said", ""), ""))


@require_POST
@owner_only
def back(request: HttpRequest, session_query: SingleSession, number: int) -> HttpResponse:
    """Go back from page `number` to the page before it."""
    return apply_move(request, session_query, number, lambda: journal.back(session_query, number))


@require_POST
@owner_only
def restart(request: HttpRequest, session_query: SingleSession, number: int) -> HttpResponse:
    """Start over: go back to the first page."""
    return apply_move(request, session_query, number, lambda: journal.restart(session_query, number))


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited("remark")
@owner_only
def remark(request: HttpRequest, session_query: SingleSession, number: int) -> HttpResponse:
    """Ask how the device differs from what page `number` says, and log it."""
    form = RemarkForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["words"]
        thanks = "remark" if words else "different"
        return apply_annotation(
            request, session_query, number, thanks, lambda: journal.remark(session_query, number, words)
        )
    session = session_query.get()
    try:
        context = {"screen": presenters.screen_context(load_page(session, number)), "form": form}
    except flow.IllegalMoveError as error:
        return not_possible(request, session, str(error))
    return presenters.render_page(request, "customer/session/remark.html", context, status=422 if form.errors else 200)


@require_POST
@rate_limited("remark")
@owner_only
def feedback(request: HttpRequest, session_query: SingleSession, number: int) -> HttpResponse:
    """Log whether it helped."""
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        return move_refused(request, session_query.get(), number, str(next(iter(form.errors.values()))[0]))
    helped, words = form.cleaned_data["helped"], form.cleaned_data["words"]
    thanks = "feedback" if helped == "yes" else ""  # where it did not help, the page offers what to do next
    return apply_annotation(
        request, session_query, number, thanks, lambda: journal.feedback(session_query, number, helped, words)
    )


@require_safe
@owner_only
def all_steps(request: HttpRequest, session_query: SingleSession, number: int) -> HttpResponse:
    """Show all steps of the procedure on page `number`, to read ahead and to print."""
    session = session_query.get()
    try:
        context = presenters.all_steps_context(load_page(session, number))
    except flow.IllegalMoveError as error:
        return not_possible(request, session, str(error))
    return presenters.render_page(request, "customer/session/all_steps.html", context)


@require_safe
@owner_only
def answers_so_far(request: HttpRequest, session_query: SingleSession, number: int) -> HttpResponse:
    """Show the answers that led to page `number`."""
    session = session_query.get()
    history = journal.history_of(session)
    try:
        page = presenters.page_of(session, number, history)
        items = presenters.answers_so_far(session, history, number)
    except flow.IllegalMoveError as error:
        return not_possible(request, session, str(error))
    return presenters.render_page(
        request, "customer/session/answers_so_far.html", {"screen": presenters.screen_context(page), "items": items}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@owner_only
def help_page(request: HttpRequest, session_query: SingleSession) -> HttpResponse:
    """Log that the customer asks for a person; show how to reach one, and the answers so far."""
    if request.method == "POST":
        session = journal.request_help(session_query)
        return HttpResponseRedirect(reverse("help", args=[session.code]), status=303)
    session = session_query.get()
    context = {
        "screen": presenters.screen_context(presenters.page_of(session)),
        "contact": presenters.contact_context(),
        "reference": presenters.reference(session),
        "items": presenters.answers_so_far(session, journal.history_of(session)),
        "resume_url": presenters.step_url(session, session.count),
        "case": cases.case_of(session),
    }
    if session.channel != Session.Channel.TEST:  # nobody can join a preview
        context |= {f"{name}_url": reverse(name, args=[session.code]) for name in ("offer", "device")}
    return presenters.render_page(request, "customer/session/help.html", context)


def seen_event(request: HttpRequest) -> int | None:
    """Return the number of events when the page was shown. Only the form of an earlier page carries it."""
    return parse_nonnegative_int(request.POST.get("seen"))


def load_page(session: Session, number: int, *, is_answer: bool = False) -> presenters.Page:
    """Return page `number` of a session; raise IllegalMoveError where it was not reached.

    Reads the log only for an earlier page, and when a session has returned to its first position by a move other than
    an answer. The page of an outcome has its feedback and the case.
    """
    needs_history = number != session.count or (not is_answer and presenters.is_back_at_entry(session))
    history = journal.history_of(session) if needs_history else None
    page = presenters.page_of(session, number, history)
    if not page.node.outcome():
        return page
    helped = journal.latest_feedback(session) if page.is_current else ""
    return replace(page, feedback=helped, case=cases.case_of(session))


def apply_move(
    request: HttpRequest,
    session_query: SingleSession,
    number: int,
    move: Callable[[], Session],
    *,
    is_answer: bool = False,
) -> HttpResponse:
    """Make a move and show the page that it leads to; where it is illegal, show the reason.

    If the agent in the session moved first, the customer is shown the page to which the agent went.
    """
    try:
        session = move()
    except flow.IllegalMoveError as error:
        session = session_query.get()
        agent_moved = session.agent_id is not None and session.count > (seen_event(request) or number)
        return move_refused(request, session, session.count if agent_moved else number, str(error))
    if presenters.wants_fragment(request):
        return presenters.render_step(request, load_page(session, session.count, is_answer=is_answer))
    return HttpResponseRedirect(presenters.step_url(session, session.count), status=303)


def apply_annotation(
    request: HttpRequest, session_query: SingleSession, number: int, thanks: str, annotate: Callable[[], Session]
) -> HttpResponse:
    """Log an annotation of page `number` and show the page again, with the message that THANKS has for it."""
    was_current = session_query.get().count == number
    try:
        session = annotate()
    except flow.IllegalMoveError as error:
        return move_refused(request, session_query.get(), number, str(error))
    page = load_page(session, session.count if was_current else number)
    if presenters.wants_fragment(request):
        return presenters.render_step(request, page, message=THANKS.get(thanks, ""))
    return HttpResponseRedirect(f"{page.url}?said={thanks}" if thanks else page.url, status=303)


def move_refused(request: HttpRequest, session: Session, number: int, reason: str) -> HttpResponse:
    """Show page `number` again with the reason why nothing was logged."""
    try:
        page = load_page(session, number)
    except flow.IllegalMoveError as error:
        return not_possible(request, session, str(error))
    return presenters.render_step(request, page, error=reason, status=422)


def not_possible(request: HttpRequest, session: Session, reason: str) -> HttpResponse:
    """Answer 400 with the reason and a link to the session's current page."""
    context = {"message": reason, "resume_url": presenters.step_url(session, session.count)}
    return presenters.render_page(request, "customer/session/not_possible.html", context, status=400)
