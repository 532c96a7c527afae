"""Cases at the desk: open one for an unsolved call, take an unassigned one, close and reopen."""

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
from ..base import agent_of, agents_only, is_lead, render_desk_page, session_or_404, with_session
from ..context import call_state, path
from ..forms import CloseCaseForm, OpenCaseForm

Sessions = QuerySet[Session]


@require_http_methods(["GET", "HEAD", "POST"])
@with_session
def open_case(request: HttpRequest, sessions: Sessions) -> HttpResponse:
    """Ask how the caller can be reached; POST opens a case for the session."""
    session = session_or_404(sessions)
    if existing := cases.case_of(session):
        return HttpResponseRedirect(reverse("desk_case", args=[existing.pk]))
    form = OpenCaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not permissions.movable_sessions(agent_of(request)).filter(pk=session.pk).exists():
            reason = calls.blocked_reason(session, agent_of(request))
            return open_case_page(request, session, form, status=409, error=reason)
        opened = cases.take(cases.open_case(sessions, **form.cleaned_data, by=agent_of(request)), agent_of(request))
        return HttpResponseRedirect(reverse("desk_case", args=[opened.pk]), status=303)
    return open_case_page(request, session, form, status=422 if form.errors else 200)


def open_case_page(
    request: HttpRequest, session: Session, form: OpenCaseForm, status: int, error: str = ""
) -> HttpResponse:
    """Render the form that opens a case, with the transcript that goes with it."""
    context: dict[str, Any] = {
        "session": session,
        "form": form,
        "transcript": as_text(build_transcript(session)),
        "reference": presenters.reference(session),
    }
    return render_desk_page(request, "open_case.html", status=status, error=error, **context)


@require_safe
@agents_only
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a case: what was tried, how to reach the customer, and its resolution."""
    return case_page(request, case_or_404(request, pk))


@require_POST
@agents_only
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an unassigned case."""
    taken = cases.take(case_or_404(request, pk), agent_of(request))
    if taken.agent_id == agent_of(request).pk:
        calls.log_case_taken(taken.session, agent_of(request))
    else:
        messages.error(request, f"{calls.agent_name(taken.agent)} has already taken case {pk}.")
        return HttpResponseRedirect(reverse("desk"), status=303)
    return HttpResponseRedirect(reverse("desk_case", args=[pk]), status=303)


@require_POST
@agents_only
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a case with its resolution."""
    case, form = case_or_404(request, pk), CloseCaseForm(request.POST)
    if not may_work(request, case):
        return case_page(request, case, form, error="Take the case first.", status=409)
    if not form.is_valid():
        return case_page(request, case, form, status=422)
    node, _, cause = form.cleaned_data["cause"].partition("/")
    works = form.cleaned_data["works"] == "yes"
    try:
        cases.close(case, agent_of(request), node, cause, form.cleaned_data["other"], works)
    except ValueError:
        form.add_error("cause", "Choose one of the causes listed.")
        return case_page(request, case, form, status=422)
    messages.success(request, f"Case {pk} is closed.")
    return HttpResponseRedirect(reverse("desk_case", args=[pk]), status=303)


@require_POST
@agents_only
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Reopen a closed case."""
    case = case_or_404(request, pk)
    if may_work(request, case):
        cases.reopen(case)
    return HttpResponseRedirect(reverse("desk_case", args=[pk]), status=303)


def case_or_404(request: HttpRequest, pk: int) -> Case:
    visible = permissions.desk_cases(agent_of(request))
    case = visible.filter(pk=pk).select_related("session", "agent").first()
    if case is None:
        raise Http404("There is no such case for this agent.")
    return case


def may_work(request: HttpRequest, case: Case) -> bool:
    """Return whether the agent may read the case's personal data and close it: it is theirs, or they lead."""
    return case.agent_id == agent_of(request).pk or is_lead(request)


def case_page(
    request: HttpRequest, case: Case, form: CloseCaseForm | None = None, *, error: str = "", status: int = 200
) -> HttpResponse:
    session = session_or_404(Session.objects.filter(pk=case.session_id))
    document = document_of(session.version_id)
    symptom = document.symptom(session.symptom)
    context: dict[str, Any] = {
        "case": case,
        "session": session,
        "reference": presenters.reference(session),
        "wizard": document.title,
        "symptom": symptom.label if symptom else "",
        "path": path(call_state(session)),
        "may_work": may_work(request, case),
        "form": form or CloseCaseForm(),
        "causes": causes(document, session),
        "resolution": resolution(document, case),
        "error": error,
    }
    return render_desk_page(request, "case.html", status=status, **context)


def causes(document: flow.Document, session: Session) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the causes to choose from, grouped by diagnosis; diagnoses that the session visited come first."""
    visited = set(session.events.exclude(cause="").values_list("node", flat=True)) | {session.node}
    diagnoses = [node for node in document.nodes if isinstance(node, Diagnosis)]
    diagnoses.sort(key=lambda node: node.id not in visited)
    return [(node.title, [(f"{node.id}/{cause.id}", cause.label) for cause in node.causes]) for node in diagnoses]


def resolution(document: flow.Document, case: Case) -> str:
    """Return what the fault of a closed case was, in words."""
    node = document.node(case.cause_node) if case.cause_node else None
    cause = node.cause(case.cause) if isinstance(node, Diagnosis) else None
    return cause.label if cause else case.other
