"""Versions: the list, comparison, restoring one into the draft, export, and archiving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST, require_safe

from helpdesk.parsing import parse_nonnegative_int

from ... import analytics, flow, publishing
from ...locking import StaleRevisionError
from ...models import Version, Wizard
from ..base import render_wizard_page, wizard_view
from .import_file import import_difference

TAB = "wizards_wizard_versions"
DRAFT = "draft"
TYPES: dict[str, str] = {"yaml": "application/yaml", "json": "application/json"}


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    views = _Views(model_admin)

    def route_for(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        return path(f"<int:pk>/{route}", wizard_view(model_admin, TAB, view), name=f"wizards_wizard_{name}")

    return [
        route_for("versions/", require_safe(views.list_versions), "versions"),
        route_for("compare/", require_safe(views.choose), "choose"),
        route_for("compare/<str:before>/<str:after>/", require_safe(views.compare), "compare"),
        route_for("versions/<int:number>/restore/", views.restore, "restore"),
        route_for("export/<str:which>.<str:form>", require_safe(views.export), "export"),
        route_for("archive/", require_POST(views.archive), "archive"),
    ]


class _Views:
    def __init__(self, model_admin: admin.ModelAdmin) -> None:
        self.admin = model_admin

    def list_versions(self, request: HttpRequest, wizard: Wizard) -> HttpResponse:
        """List all versions, newest first, with the number of sessions that began on each."""
        published = wizard.versions.exclude(number=None).defer("document").select_related("author").order_by("-number")
        versions, begun = list(published), analytics.begun_by_version(published.values_list("pk", flat=True))
        context = {"versions": [(version, begun.get(version.pk, 0)) for version in versions]}
        return render_wizard_page(self.admin, request, wizard, "versions.html", TAB, **context)

    def choose(self, request: HttpRequest, wizard: Wizard) -> HttpResponse:
        """Redirect from the two versions chosen in the list to their comparison."""
        before, after = request.GET.get("before", ""), request.GET.get("after", DRAFT)
        if not _is_draft_or_number(before) or not _is_draft_or_number(after):
            messages.error(request, "Choose two versions to compare.")
            return HttpResponseRedirect(reverse("admin:wizards_wizard_versions", args=[wizard.pk]))
        return HttpResponseRedirect(reverse("admin:wizards_wizard_compare", args=[wizard.pk, before, after]))

    def compare(self, request: HttpRequest, wizard: Wizard, before: str, after: str) -> HttpResponse:
        changes = flow.diff(document_or_404(wizard, before), document_or_404(wizard, after))
        labels = {"before": version_label(before), "after": version_label(after)}
        reverse_url = reverse("admin:wizards_wizard_compare", args=[wizard.pk, after, before])
        return render_wizard_page(
            self.admin, request, wizard, "compare.html", TAB, changes=changes, reverse_url=reverse_url, **labels
        )

    def restore(self, request: HttpRequest, wizard: Wizard, number: int) -> HttpResponse:
        """Show what restoring a version would change in the draft (GET); restore it if that is unchanged (POST)."""
        version = version_or_404(wizard, str(number))
        if request.method != "POST":
            return self.render_proposal(request, wizard, version)
        try:
            with transaction.atomic():
                publishing.restore(version, seen=request.POST.get("seen", ""))
                self.admin.log_change(request, wizard, f"Restored version {number} into the draft")
        except StaleRevisionError as error:
            return self.render_proposal(request, wizard, version, status=409, refusal=f"Nothing was restored. {error}")
        messages.success(request, f"Version {number} was restored into the draft. Publish it to make it current.")
        return HttpResponseRedirect(reverse("admin:wizards_wizard_publish", args=[wizard.pk]))

    def render_proposal(
        self, request: HttpRequest, wizard: Wizard, version: Version, status: int = 200, **context: Any
    ) -> HttpResponse:
        context |= {"version": version, **import_difference(publishing.restorable_document(version), wizard)}
        return render_wizard_page(self.admin, request, wizard, "restore.html", TAB, status=status, **context)

    def export(self, request: HttpRequest, wizard: Wizard, which: str, form: str) -> HttpResponse:
        """Send the draft or a version as a file."""
        if form not in TYPES:
            raise Http404
        text = flow.dump_document(document_or_404(wizard, which), form)  # type: ignore[arg-type]  # one of TYPES
        file = f"{wizard.slug}-{which if which == DRAFT else f'v{which}'}.{form}"
        disposition = {"Content-Disposition": f'attachment; filename="{file}"'}
        return HttpResponse(text, content_type=f"{TYPES[form]}; charset=utf-8", headers=disposition)

    def archive(self, request: HttpRequest, wizard: Wizard) -> HttpResponse:
        """Close a wizard to new sessions (archived=yes), or reopen it (archived=no)."""
        archived = request.POST.get("archived") == "yes"
        if archived != wizard.archived:
            wizard.archived = archived
            wizard.save(update_fields=["archived"])
            message = (
                "Archived: no new sessions; running ones can finish" if archived else "Unarchived: open to new sessions"
            )
            self.admin.log_change(request, wizard, message)
            messages.success(request, f"{message}.")
        return HttpResponseRedirect(reverse("admin:wizards_wizard_versions", args=[wizard.pk]))


def document_or_404(wizard: Wizard, which: str) -> flow.Document:
    """Return the draft (`which` is "draft") or the version of that number as a document."""
    return (
        publishing.compile_draft(wizard) if which == DRAFT else publishing.document_of(version_or_404(wizard, which).pk)
    )


def version_or_404(wizard: Wizard, number: str) -> Version:
    """Return a published version, with its document deferred."""
    if not _is_draft_or_number(number) or number == DRAFT:
        raise Http404
    version = Version.objects.filter(wizard=wizard, number=int(number)).defer("document").first()
    if version is None:
        raise Http404
    version.wizard = wizard
    return version


def version_label(which: str) -> str:
    return "the draft" if which == DRAFT else f"version {which}"


def _is_draft_or_number(which: str) -> bool:
    return which == DRAFT or parse_nonnegative_int(which) is not None
