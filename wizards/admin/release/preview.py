"""Walking the draft, from any symptom or node, before it is published. Such sessions are tests and count nowhere."""

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
    """Return the addresses of these pages, below the wizards' own in the admin."""

    def choose(request: HttpRequest, wizard: Wizard) -> HttpResponse:
        return render_wizard_page(model_admin, request, wizard, "preview.html", TAB, starts=starts(wizard))

    return [
        path("<int:pk>/preview/", wizard_view(model_admin, TAB, require_safe(choose)), name=TAB),
        path(
            "<int:pk>/preview/<slug:key>/",
            wizard_view(model_admin, TAB, require_POST(begin)),
            name="wizards_wizard_preview",
        ),
    ]


def starts(wizard: Wizard) -> list[dict[str, object]]:
    """Return where a preview can start: first the symptoms' nodes, then every node by kind, as {label, nodes}."""
    draft = publishing.compile_draft(wizard)
    symptoms = [symptom for symptom in draft.symptoms if draft.node(symptom.to)]
    groups = {"By symptom": [{"key": each.to, "label": each.label or each.id} for each in symptoms]}
    groups |= {f"From {labels.indefinite(kind)}": [] for kind in flow.KINDS}
    by_kind = dict(zip(flow.KINDS, list(groups.values())[1:], strict=True))
    for node in draft.nodes:
        by_kind[node.kind].append({"key": node.id, "label": node.title or node.id})
    return [{"label": label, "nodes": items} for label, items in groups.items() if items]


@transaction.atomic
def begin(request: HttpRequest, wizard: Wizard, key: str) -> HttpResponse:
    """Freeze the draft as it is, begin a test session at a node, and lead to its first page.

    The wizard stays while this lasts: whoever deletes it waits, and who is too late for that is told.
    """
    if not Wizard.objects.select_for_update(no_key=True).filter(pk=wizard.pk).exists():
        messages.error(request, f"The wizard “{wizard}” was deleted a moment ago. There is nothing left to walk.")
        return HttpResponseRedirect(reverse("admin:wizards_wizard_changelist"), status=303)
    try:
        version = publishing.create_preview(wizard, key)
    except LookupError as missing:
        raise Http404("There is no such node.") from missing
    preview_cleanup.delete_idle_previews(wizard)
    secret = permissions.visitor_secret(request) or permissions.new_secret()
    try:
        session = journal.begin(version, publishing.PREVIEW, permissions.digest(secret), Session.Channel.TEST)
    except flow.IllegalMoveError as illegal:
        messages.error(request, f"There is nothing to see there yet. {illegal}")
        return HttpResponseRedirect(reverse("admin:wizards_wizard_check", args=[wizard.pk]))
    response = HttpResponseRedirect(reverse("step", args=[session.code, session.count]), status=303)
    permissions.set_visitor_cookie(response, secret)
    return response
