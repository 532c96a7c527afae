"""Importing a wizard's file into the draft: read, shown as what would change, then taken over whole or not at all."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from ... import flow, publishing
from ...locking import StaleRevisionError
from ...models import Procedure, Wizard
from ...publishing import images

# The key in the editor's own Django session under which a file waits between being shown and being taken over.
WAITING = "import"
FORMS: dict[str, flow.serialization.Format] = {"yaml": "yaml", "yml": "yaml", "json": "json"}
ABSENT = "Pictures do not travel with a file. Steps are shown without these, which are not on this site:"
GONE = "Nothing was changed: the file that you saw is no longer here. Choose it again."


class ImportForm(forms.Form):
    """A file."""

    file = forms.FileField(
        label="A wizard’s file",
        help_text=(
            "YAML or JSON, at most 1 MB. The “slug” in it says which wizard’s draft it changes; an unknown one makes a"
            " new wizard. What it would change is shown first."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,.json"}),
        error_messages={"required": "Choose a file first.", "empty": "The file is empty."},
    )


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    """Return the addresses of these pages, below the wizards' own in the admin."""

    def view(request: HttpRequest) -> HttpResponse:
        if not (model_admin.has_change_permission(request) and model_admin.has_add_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            return shown(model_admin, request)
        try:
            return (
                apply_import(model_admin, request)
                if "take_over" in request.POST
                else propose_import(model_admin, request)
            )
        except publishing.InvalidDraftError as bad:
            stopped = "Nothing was changed: a draft that it touches cannot be read. Mend that first."
            return shown(model_admin, request, status=409, stopped=stopped, problems=str(bad).splitlines())

    return [path("import/", model_admin.admin_site.admin_view(view), name="wizards_wizard_import")]


def shown(model_admin: admin.ModelAdmin, request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    """Return the page with the form, the problems of a file, or what it would change."""
    frame = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "title": "Import a wizard"}
    context = {"form": ImportForm(), **context}
    return TemplateResponse(request, "admin/wizards/import.html", frame | context, status=status)


def propose_import(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Read the file; show its problems with their lines, or what it would change, and keep it until taken over."""
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return shown(model_admin, request, status=422, form=form)
    try:
        document = read(form.cleaned_data["file"])
    except flow.InvalidFileError as bad:
        stopped = "The file was not taken over. Nothing was changed."
        return shown(model_admin, request, status=422, stopped=stopped, problems=bad.problems)
    request.session[WAITING] = document.canonical()
    return proposed(model_admin, request, document)


def proposed(
    model_admin: admin.ModelAdmin, request: HttpRequest, document: flow.Document, status: int = 200, **context: Any
) -> HttpResponse:
    """Return the page that shows what a file would change, and asks whether to take it over."""
    wizard = Wizard.objects.filter(slug=document.slug).first()
    if absent := sorted(images.missing_names([document])):
        messages.warning(request, f"{ABSENT} {', '.join(absent)}.")
    context |= {"document": document, "file": document.content_hash(), **difference(document, wizard)}
    return shown(model_admin, request, status=status, **context)


def apply_import(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Load the file that was shown into the draft, whole, where the draft still is what it was compared with."""
    text = request.session.get(WAITING)
    document = flow.Document.model_validate_json(text) if text else None
    if document is None or document.content_hash() != request.POST.get("file"):
        messages.error(request, GONE)
        return HttpResponseRedirect(request.path)
    try:
        with transaction.atomic():
            wizard = publishing.import_document(document, seen=request.POST.get("seen", ""))
            log = model_admin.log_change if request.POST.get("seen") else model_admin.log_addition
            log(request, wizard, "Imported a file into the draft")
    except StaleRevisionError as stale:
        return proposed(model_admin, request, document, status=409, stopped=f"Nothing was changed. {stale}")
    del request.session[WAITING]
    messages.success(request, f"The draft of {wizard} now says what the file said. Check it, then publish it.")
    return HttpResponseRedirect(reverse("admin:wizards_wizard_check", args=[wizard.pk]))


def read(file: UploadedFile) -> flow.Document:
    """Return the document in an uploaded file; raise flow.InvalidFileError where it holds none."""
    ending = (file.name or "").rsplit(".", 1)[-1].lower()
    if ending not in FORMS:
        raise flow.InvalidFileError([flow.Problem(0, "", "The file's name should end in .yaml, .yml or .json.")])
    return flow.parse_valid_document(file.read(flow.serialization.MAX_BYTES + 1), FORMS[ending])


def difference(document: flow.Document, wizard: Wizard | None) -> dict[str, Any]:
    """Return what loading a document into a wizard's draft (None: a new one) would change.

    {is_new; changes; shared: titles of other wizards that change too; seen: the draft's content hash, empty for none}
    """
    others = Wizard.objects.exclude(slug=document.slug)
    rows = Procedure.objects.filter(key__in=[part.id for part in document.procedures])
    sharing = others.filter(procedures__in=rows) | others.filter(nodes__procedure__in=rows)
    sharing |= others.filter(nodes__causes__procedure__in=rows)
    drafts = publishing.compile_drafts(sharing.distinct())
    draft = publishing.compile_draft(wizard) if wizard else None
    return {
        "is_new": draft is None,
        "changes": flow.diff(draft, document) if draft else [],
        "shared": sorted({each.title for each in drafts.values() if _rewords(document, each)}),
        "seen": draft.content_hash() if draft else "",
    }


def _rewords(document: flow.Document, draft: flow.Document) -> bool:
    """Return whether a procedure that both hold says something else in `document`."""
    return any(draft.procedure(part.id) not in (None, part) for part in document.procedures)
