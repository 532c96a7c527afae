"""Cases at the desk: open one for an unsolved call, take one that waits, and say what it was in the end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ... import flow, permissions, presenters
from ...flow.kinds import Diagnosis
from ...models import Case, Session
from ...publishing import document_of
from ...support import calls, cases
from ...support.transcript import as_text, build_transcript
from ..base import agent_of, agents_only, render_desk_page, session_or_404, with_session
from ..context import call_state, path
from ..forms import CloseForm, OpenForm
from .home import leads

One = QuerySet[Session]


@require_http_methods(["GET", "HEAD", "POST"])
@with_session
def open_case(request: HttpRequest, one: One) -> HttpResponse:
    """Ask how the caller can be reached, and open a case for the session."""
    session = session_or_404(one)
    if there := cases.case_of(session):
        return HttpResponseRedirect(reverse("desk_case", args=[there.pk]))
    form = OpenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not permissions.in_hand(agent_of(request)).filter(pk=session.pk).exists():
            why = calls.blocked_reason(session, agent_of(request))
            return open_page(request, session, form, status=409, error=why)
        there = cases.take(cases.open_case(one, **form.cleaned_data, by=agent_of(request)), agent_of(request))
        return HttpResponseRedirect(reverse("desk_case", args=[there.pk]), status=303)
    return open_page(request, session, form, status=422 if form.errors else 200)


def open_page(request: HttpRequest, session: Session, form: OpenForm, status: int, error: str = "") -> HttpResponse:
    """Return the page that asks for what goes with a case."""
    told = as_text(build_transcript(session))
    reference = presenters.reference(session)
    shown: dict[str, Any] = {"session": session, "form": form, "told": told, "reference": reference}
    return render_desk_page(request, "open_case.html", status=status, error=error, **shown)


@require_safe
@agents_only
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a case: what was tried, how to reach the customer, and what it was in the end."""
    return case_page(request, case_of(request, pk))


@require_POST
@agents_only
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a case that nobody has."""
    mine = cases.take(case_of(request, pk), agent_of(request))
    if mine.agent_id == agent_of(request).pk:
        calls.log_case_taken(mine.session, agent_of(request))
    else:
        messages.error(request, f"{calls.agent_name(mine.agent)} was quicker and has case {pk}.")
        return HttpResponseRedirect(reverse("desk"), status=303)
    return HttpResponseRedirect(reverse("desk_case", args=[pk]), status=303)


@require_POST
@agents_only
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a case with what it was in the end."""
    one, form = case_of(request, pk), CloseForm(request.POST)
    if not may_work(request, one):
        return case_page(request, one, form, error="Take the case first.", status=409)
    if not form.is_valid():
        return case_page(request, one, form, status=422)
    node, _, cause = form.cleaned_data["cause"].partition("/")
    works = form.cleaned_data["works"] == "yes"
    try:
        cases.close(one, agent_of(request), node, cause, form.cleaned_data["other"], works)
    except ValueError:
        form.add_error("cause", "Choose one of the causes listed.")
        return case_page(request, one, form, status=422)
    messages.success(request, f"Case {pk} is closed.")
    return HttpResponseRedirect(reverse("desk_case", args=[pk]), status=303)


@require_POST
@agents_only
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a closed case again."""
    one = case_of(request, pk)
    if may_work(request, one):
        cases.reopen(one)
    return HttpResponseRedirect(reverse("desk_case", args=[pk]), status=303)


def case_of(request: HttpRequest, pk: int) -> Case:
    """Return a case whose session the agent may look at; a 404 otherwise."""
    mine = permissions.desk_cases(agent_of(request))
    found = mine.filter(pk=pk).select_related("session", "agent").first()
    if found is None:
        raise Http404("There is no such case for this agent.")
    return found


def may_work(request: HttpRequest, one: Case) -> bool:
    """Return whether somebody may read what is personal in a case, and close it: it is theirs, or they lead."""
    return one.agent_id == agent_of(request).pk or leads(request)


def case_page(
    request: HttpRequest, one: Case, form: CloseForm | None = None, *, error: str = "", status: int = 200
) -> HttpResponse:
    """Return the page of a case."""
    session = session_or_404(Session.objects.filter(pk=one.session_id))
    document = document_of(session.version_id)
    symptom = document.symptom(session.symptom)
    context: dict[str, Any] = {
        "case": one,
        "session": session,
        "reference": presenters.reference(session),
        "wizard": document.title,
        "symptom": symptom.label if symptom else "",
        "path": path(call_state(session)),
        "may_work": may_work(request, one),
        "form": form or CloseForm(),
        "causes": causes(document, session),
        "was": resolution(document, one),
        "error": error,
    }
    return render_desk_page(request, "case.html", status=status, **context)


def causes(document: flow.Document, session: Session) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the causes that it may have been, by diagnosis: those of the walk first."""
    walked = set(session.events.exclude(cause="").values_list("node", flat=True)) | {session.node}
    found = [node for node in document.nodes if isinstance(node, Diagnosis)]
    found.sort(key=lambda node: node.id not in walked)
    return [(node.title, [(f"{node.id}/{cause.id}", cause.label) for cause in node.causes]) for node in found]


def resolution(document: flow.Document, one: Case) -> str:
    """Return what a closed case was in the end, in words."""
    node = document.node(one.cause_node) if one.cause_node else None
    cause = node.cause(one.cause) if isinstance(node, Diagnosis) else None
    return cause.label if cause else one.other
