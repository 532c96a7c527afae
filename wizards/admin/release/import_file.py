"""Importing a file into a draft: parse it, show what would change, then apply all of it or nothing."""

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

# Django session key of the document that was shown and waits for confirmation.
SESSION_KEY = "import"
FORMS: dict[str, flow.serialization.Format] = {"yaml": "yaml", "yml": "yaml", "json": "json"}
MISSING_PICTURES = "Files do not include pictures. Steps are shown without the ones that are not on this site:"
FILE_GONE = "Nothing was changed: the file that you reviewed is no longer available. Choose it again."


class ImportForm(forms.Form):
    file = forms.FileField(
        label="Wizard file",
        help_text=(
            "YAML or JSON, at most 1 MB. Its “slug” says which wizard’s draft it changes; an unknown one creates a new"
            " wizard. You see what would change before it does."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,.json"}),
        error_messages={"required": "Choose a file first.", "empty": "The file is empty."},
    )


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def view(request: HttpRequest) -> HttpResponse:
        if not (model_admin.has_change_permission(request) and model_admin.has_add_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            return render_import_page(model_admin, request)
        try:
            return (
                apply_import(model_admin, request)
                if "take_over" in request.POST
                else propose_import(model_admin, request)
            )
        except publishing.InvalidDraftError as error:
            refusal = "Nothing was changed: a draft that it affects cannot be read. Fix that first."
            return render_import_page(
                model_admin, request, status=409, refusal=refusal, problems=str(error).splitlines()
            )

    return [path("import/", model_admin.admin_site.admin_view(view), name="wizards_wizard_import")]


def render_import_page(
    model_admin: admin.ModelAdmin, request: HttpRequest, status: int = 200, **context: Any
) -> HttpResponse:
    """Render the page with the upload form, the problems of a file, or what the file would change."""
    base_context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Import a wizard",
    }
    context = {"form": ImportForm(), **context}
    return TemplateResponse(request, "admin/wizards/import.html", base_context | context, status=status)


def propose_import(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Parse the upload, and show its problems or what it would change. The document waits in the Django session."""
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return render_import_page(model_admin, request, status=422, form=form)
    try:
        document = parse_upload(form.cleaned_data["file"])
    except flow.InvalidFileError as error:
        refusal = "The file was not imported. Nothing was changed."
        return render_import_page(model_admin, request, status=422, refusal=refusal, problems=error.problems)
    request.session[SESSION_KEY] = document.canonical()
    return render_proposal(model_admin, request, document)


def render_proposal(
    model_admin: admin.ModelAdmin, request: HttpRequest, document: flow.Document, status: int = 200, **context: Any
) -> HttpResponse:
    """Show what a document would change, and ask for confirmation."""
    wizard = Wizard.objects.filter(slug=document.slug).first()
    if missing := sorted(images.missing_names([document])):
        messages.warning(request, f"{MISSING_PICTURES} {', '.join(missing)}.")
    context |= {"document": document, "file": document.content_hash(), **import_difference(document, wizard)}
    return render_import_page(model_admin, request, status=status, **context)


def apply_import(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Import the document that was shown, if the draft is still the one it was compared with."""
    text = request.session.get(SESSION_KEY)
    document = flow.Document.model_validate_json(text) if text else None
    if document is None or document.content_hash() != request.POST.get("file"):
        messages.error(request, FILE_GONE)
        return HttpResponseRedirect(request.path)
    try:
        with transaction.atomic():
            wizard = publishing.import_document(document, seen=request.POST.get("seen", ""))
            log = model_admin.log_change if request.POST.get("seen") else model_admin.log_addition
            log(request, wizard, "Imported a file into the draft")
    except StaleRevisionError as error:
        return render_proposal(model_admin, request, document, status=409, refusal=f"Nothing was changed. {error}")
    del request.session[SESSION_KEY]
    messages.success(request, f"The draft of {wizard} now says what the file said. Check it, then publish it.")
    return HttpResponseRedirect(reverse("admin:wizards_wizard_check", args=[wizard.pk]))


def parse_upload(file: UploadedFile) -> flow.Document:
    """Return the document in an uploaded file; raise flow.InvalidFileError if it has none."""
    ending = (file.name or "").rsplit(".", 1)[-1].lower()
    if ending not in FORMS:
        raise flow.InvalidFileError([flow.Problem(0, "", "The file's name must end in .yaml, .yml or .json.")])
    return flow.parse_valid_document(file.read(flow.serialization.MAX_BYTES + 1), FORMS[ending])


def import_difference(document: flow.Document, wizard: Wizard | None) -> dict[str, Any]:
    """Return what importing a document into a wizard's draft (None: a new wizard) would change.

    {is_new; changes; shared: titles of other wizards that would change too; seen: content hash of the draft, or empty}
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
        "shared": sorted({each.title for each in drafts.values() if _changes_shared_procedure(document, each)}),
        "seen": draft.content_hash() if draft else "",
    }


def _changes_shared_procedure(document: flow.Document, draft: flow.Document) -> bool:
    return any(draft.procedure(part.id) not in (None, part) for part in document.procedures)
