"""Previews: walk the draft, from any symptom or node, in test sessions that count nowhere."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST, require_safe

from ... import flow, journal, permissions, publishing
from ...models import Session, Wizard
from ..base import render_wizard_page, wizard_view
from ..forms import labels
from . import preview_cleanup

TAB = "wizards_wizard_previews"


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def list_starts(request: HttpRequest, wizard: Wizard) -> HttpResponse:
        return render_wizard_page(model_admin, request, wizard, "preview.html", TAB, starts=starts(wizard))

    return [
        path("<int:pk>/preview/", wizard_view(model_admin, TAB, require_safe(list_starts)), name=TAB),
        path(
            "<int:pk>/preview/<slug:key>/",
            wizard_view(model_admin, TAB, require_POST(begin_preview)),
            name="wizards_wizard_preview",
        ),
    ]


def starts(wizard: Wizard) -> list[dict[str, object]]:
    """Return where a preview can start, as {label, nodes}: symptoms first, then all nodes by kind."""
    draft = publishing.compile_draft(wizard)
    symptoms = [symptom for symptom in draft.symptoms if draft.node(symptom.to)]
    groups = {"By symptom": [{"key": each.to, "label": each.label or each.id} for each in symptoms]}
    groups |= {f"From {labels.kind_with_article(kind)}": [] for kind in flow.KINDS}
    by_kind = dict(zip(flow.KINDS, list(groups.values())[1:], strict=True))
    for node in draft.nodes:
        by_kind[node.kind].append({"key": node.id, "label": node.title or node.id})
    return [{"label": label, "nodes": items} for label, items in groups.items() if items]


@transaction.atomic
def begin_preview(request: HttpRequest, wizard: Wizard, key: str) -> HttpResponse:
    """Freeze the draft as a preview version, begin a test session at a node, and redirect to its first page.

    The wizard is locked meanwhile: a concurrent deletion waits, or has already won and is reported.
    """
    if not Wizard.objects.select_for_update(no_key=True).filter(pk=wizard.pk).exists():
        messages.error(request, f"The wizard “{wizard}” was deleted a moment ago. There is nothing left to preview.")
        return HttpResponseRedirect(reverse("admin:wizards_wizard_changelist"), status=303)
    try:
        version = publishing.create_preview(wizard, key)
    except LookupError as error:
        raise Http404("There is no such node.") from error
    preview_cleanup.delete_idle_previews(wizard)
    secret = permissions.visitor_secret(request) or permissions.new_secret()
    try:
        session = journal.begin(version, publishing.PREVIEW, permissions.digest(secret), Session.Channel.TEST)
    except flow.IllegalMoveError as error:
        messages.error(request, f"There is nothing to preview there yet. {error}")
        return HttpResponseRedirect(reverse("admin:wizards_wizard_check", args=[wizard.pk]))
    response = HttpResponseRedirect(reverse("step", args=[session.code, session.count]), status=303)
    permissions.set_visitor_cookie(response, secret)
    return response
