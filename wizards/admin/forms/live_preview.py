"""Live previews: a node's page, or a procedure's steps, as the unsaved form describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from pydantic import ValidationError

from ... import flow, presenters, publishing
from ...models import CODE_ALPHABET, CODE_LENGTH, Node, Session

NODE_FIELDS = ("title", "text", "say", "note")
INLINE_FIELDS = {"choices": ("label", "reason"), "causes": ("label", "reason")}
PROCEDURE_FIELDS = ("title", "text", "erases", "worked_label", "failed_label")
STEP_FIELDS = ("title", "text", "say", "note", "caution")
MAX_STEPS = 200
CANNOT_PREVIEW = "This cannot be shown yet."


def node_preview(request: HttpRequest, node: Node) -> HttpResponse:
    """Render a node's page from the unsaved form, without scripts; store nothing.

    The status is 422, with a message, if the form does not make a page.
    """
    try:
        document = document_with_form(publishing.compile_draft(node.wizard), node, request.POST)
        page = presenters.Page(
            unsaved_session(), document, position(document, node.key), number=1, is_current=True, is_first=True
        )
        context = {"screen": presenters.screen_context(page), "agent": presenters.agent_context(page)}
    except (ValidationError, publishing.InvalidDraftError):
        return render(request, "admin/wizards/live_preview.html", {"problem": CANNOT_PREVIEW}, status=422)
    except flow.IllegalMoveError as error:
        return render(request, "admin/wizards/live_preview.html", {"problem": str(error)}, status=422)
    return render(request, "admin/wizards/live_preview.html", context)


def document_with_form(draft: flow.Document, row: Node, form: Mapping[str, str]) -> flow.Document:
    """Return the draft with the texts of a node's form; raise ValidationError if they do not make a document.

    New choices and causes appear after they are saved.
    """
    plain = draft.plain()
    node: dict[str, Any] = next((each for each in plain["nodes"] if each["id"] == row.key), {})
    node |= {name: form[name] for name in NODE_FIELDS if name in form}
    for name, fields in INLINE_FIELDS.items():
        if name in node:
            texts = submitted_rows(getattr(row, name), name, fields, form)
            node[name] = [part | texts.get(part["id"], {}) for part in node[name]]
    return flow.Document.model_validate(plain)


def submitted_rows(
    saved: Any, name: str, fields: tuple[str, ...], form: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return the submitted texts of an inline's saved rows, by key."""
    starts = {
        form[start]: start.removesuffix("id") for start in form if start.startswith(name) and start.endswith("-id")
    }
    return {
        key: {field: form[starts[str(pk)] + field] for field in fields if starts[str(pk)] + field in form}
        for pk, key in saved.values_list("pk", "key")
        if str(pk) in starts
    }


def position(document: flow.Document, key: str) -> flow.Position:
    """Return the position on entering a node; raise IllegalMoveError if it cannot be entered yet."""
    node = document.node(key)
    if node is None:
        raise flow.IllegalMoveError("This node no longer exists.")
    return node.enter(document)


def unsaved_session() -> Session:
    """Return a session that is never saved, for a page to refer to."""
    return Session(code=CODE_ALPHABET[0] * CODE_LENGTH, count=1)


# --- A procedure's steps --------------------------------------------------------------------------------------------


def procedure_urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    """Return the preview's URL. It names no procedure: a new one is previewed the same way."""

    def view(request: HttpRequest) -> HttpResponse:
        if not model_admin.has_change_permission(request):
            raise PermissionDenied
        return steps_preview(request)

    view_steps = model_admin.admin_site.admin_view(require_POST(view))
    return [path("look/", view_steps, name="wizards_procedure_look")]


def steps_preview(request: HttpRequest) -> HttpResponse:
    """Render the pages of a procedure from the unsaved form, one below the other, without scripts; store nothing.

    The status is 422, with a message, if the form does not make a procedure.
    """
    try:
        document = document_from_steps(request.POST)
    except (ValidationError, ValueError):
        return render(request, "admin/wizards/live_preview.html", {"problem": CANNOT_PREVIEW}, status=422)
    procedure = document.procedures[0]
    if not procedure.steps:
        # Not an error: every new procedure starts like this.
        return render(request, "admin/wizards/live_preview.html", {"problem": "There are no steps yet."})
    step_ids = (
        ["", *(step.id for step in procedure.steps)] if procedure.erases else [step.id for step in procedure.steps]
    )
    step_pages = [
        presenters.Page(unsaved_session(), document, flow.Position("do", step=step), 2, is_current=True)
        for step in step_ids
    ]
    pages = [
        {"screen": presenters.screen_context(page), "agent": presenters.agent_context(page)} for page in step_pages
    ]
    return render(request, "admin/wizards/live_preview_steps.html", {"title": procedure.title, "pages": pages})


def document_from_steps(form: Mapping[str, str]) -> flow.Document:
    """Return a document whose node “do” leads through the procedure in a form.

    Raise ValidationError or ValueError if the form does not make a procedure.
    """
    texts = {name: form.get(name, "") for name in PROCEDURE_FIELDS}
    minutes = int(form.get("minutes") or 5)
    procedure = {"id": "it", "minutes": minutes, "steps": list(submitted_steps(form)), **texts}
    node = {"id": "do", "kind": "procedure", "procedure": "it"}
    plain = {"format": 1, "slug": "it", "title": "Any wizard", "nodes": [node], "procedures": [procedure]}
    return flow.Document.model_validate(plain)


def submitted_steps(form: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a form in order, without those marked for deletion and empty new rows."""
    rows = [f"steps-{row}-" for row in range(min(int(form.get("steps-TOTAL_FORMS") or 0), MAX_STEPS))]
    for row in sorted(rows, key=lambda row: int(form.get(f"{row}place") or 0)):
        texts = {name: form.get(row + name, "") for name in STEP_FIELDS}
        is_new = not form.get(f"{row}id")
        if f"{row}DELETE" in form or (is_new and not any(texts.values())):
            continue
        picture = {"name": form.get(f"{row}picture", ""), "alt": form.get(f"{row}picture_alt", "")}
        yield {
            "id": row.strip("-"),
            "signs": form.get(f"{row}signs", "").splitlines(),
            "hold_seconds": int(form.get(f"{row}hold_seconds") or 0),
            "wait_seconds": int(form.get(f"{row}wait_seconds") or 0),
            "picture": picture if picture["name"] else None,
            **texts,
        }
