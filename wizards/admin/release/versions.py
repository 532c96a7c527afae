"""What was published: the list, comparing any two, loading one back into the draft, export, and the archive."""

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
from .import_file import difference

TAB = "wizards_wizard_versions"
DRAFT = "draft"
TYPES: dict[str, str] = {"yaml": "application/yaml", "json": "application/json"}


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    """Return the addresses of these pages, below the wizards' own in the admin."""
    rooms = _Views(model_admin)

    def address(route: str, view: Callable[..., HttpResponse], called: str) -> URLPattern:
        return path(f"<int:pk>/{route}", wizard_view(model_admin, TAB, view), name=f"wizards_wizard_{called}")

    return [
        address("versions/", require_safe(rooms.listed), "versions"),
        address("compare/", require_safe(rooms.choose), "choose"),
        address("compare/<str:before>/<str:after>/", require_safe(rooms.compare), "compare"),
        address("versions/<int:number>/restore/", rooms.restore, "restore"),
        address("export/<str:which>.<str:form>", require_safe(rooms.export), "export"),
        address("archive/", require_POST(rooms.archive), "archive"),
    ]


class _Views:
    """The views, for one model admin."""

    def __init__(self, model_admin: admin.ModelAdmin) -> None:
        self.admin = model_admin

    def listed(self, request: HttpRequest, wizard: Wizard) -> HttpResponse:
        """Show every version, newest first, with the sessions that began on it."""
        published = wizard.versions.exclude(number=None).defer("document").select_related("author").order_by("-number")
        versions, begun = list(published), analytics.begun_by_version(published.values_list("pk", flat=True))
        context = {"versions": [(version, begun.get(version.pk, 0)) for version in versions]}
        return render_wizard_page(self.admin, request, wizard, "versions.html", TAB, **context)

    def choose(self, request: HttpRequest, wizard: Wizard) -> HttpResponse:
        """Lead from the two that were chosen on the list to their comparison."""
        before, after = request.GET.get("before", ""), request.GET.get("after", DRAFT)
        if not _is_name(before) or not _is_name(after):
            messages.error(request, "Choose two versions to compare.")
            return HttpResponseRedirect(reverse("admin:wizards_wizard_versions", args=[wizard.pk]))
        return HttpResponseRedirect(reverse("admin:wizards_wizard_compare", args=[wizard.pk, before, after]))

    def compare(self, request: HttpRequest, wizard: Wizard, before: str, after: str) -> HttpResponse:
        """Show in words what changed from one version to another, or to the draft."""
        changes = flow.diff(document(wizard, before), document(wizard, after))
        names = {"before": name(before), "after": name(after)}
        turned = reverse("admin:wizards_wizard_compare", args=[wizard.pk, after, before])
        return render_wizard_page(
            self.admin, request, wizard, "compare.html", TAB, changes=changes, turned=turned, **names
        )

    def restore(self, request: HttpRequest, wizard: Wizard, number: int) -> HttpResponse:
        """Show what loading a version back into the draft would change there; load it where that was seen."""
        version = version_or_404(wizard, str(number))
        if request.method != "POST":
            return self.proposed(request, wizard, version)
        try:
            with transaction.atomic():
                publishing.restore(version, seen=request.POST.get("seen", ""))
                self.admin.log_change(request, wizard, f"Loaded version {number} back into the draft")
        except StaleRevisionError as stale:
            return self.proposed(request, wizard, version, status=409, stopped=f"Nothing was loaded. {stale}")
        messages.success(request, f"The draft now says what version {number} said. Publish it to make it current.")
        return HttpResponseRedirect(reverse("admin:wizards_wizard_publish", args=[wizard.pk]))

    def proposed(
        self, request: HttpRequest, wizard: Wizard, version: Version, status: int = 200, **context: Any
    ) -> HttpResponse:
        """Return the page that shows what loading a version would change."""
        context |= {"version": version, **difference(publishing.restorable_document(version), wizard)}
        return render_wizard_page(self.admin, request, wizard, "restore.html", TAB, status=status, **context)

    def export(self, request: HttpRequest, wizard: Wizard, which: str, form: str) -> HttpResponse:
        """Send the draft or a version as a file."""
        if form not in TYPES:
            raise Http404
        text = flow.dump_document(document(wizard, which), form)  # type: ignore[arg-type]  # one of TYPES
        file = f"{wizard.slug}-{which if which == DRAFT else f'v{which}'}.{form}"
        disposition = {"Content-Disposition": f'attachment; filename="{file}"'}
        return HttpResponse(text, content_type=f"{TYPES[form]}; charset=utf-8", headers=disposition)

    def archive(self, request: HttpRequest, wizard: Wizard) -> HttpResponse:
        """Take a wizard out of sight for new sessions (archived=yes), or bring it back (archived=no)."""
        archived = request.POST.get("archived") == "yes"
        if archived != wizard.archived:
            wizard.archived = archived
            wizard.save(update_fields=["archived"])
            said = "Archived: no new sessions; those under way finish" if archived else "Brought back for new sessions"
            self.admin.log_change(request, wizard, said)
            messages.success(request, f"{said}.")
        return HttpResponseRedirect(reverse("admin:wizards_wizard_versions", args=[wizard.pk]))


def document(wizard: Wizard, which: str) -> flow.Document:
    """Return the draft ("draft") or the version of this number as a document; raise Http404 for anything else."""
    return (
        publishing.compile_draft(wizard) if which == DRAFT else publishing.document_of(version_or_404(wizard, which).pk)
    )


def version_or_404(wizard: Wizard, number: str) -> Version:
    """Return the wizard's version of this number, without its document's text; raise Http404 if there is none."""
    if not _is_name(number) or number == DRAFT:
        raise Http404
    version = Version.objects.filter(wizard=wizard, number=int(number)).defer("document").first()
    if version is None:
        raise Http404
    version.wizard = wizard
    return version


def name(which: str) -> str:
    """Return the draft or a version's number in words."""
    return "the draft" if which == DRAFT else f"version {which}"


def _is_name(which: str) -> bool:
    return which == DRAFT or parse_nonnegative_int(which) is not None
