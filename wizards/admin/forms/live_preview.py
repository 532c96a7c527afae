"""How a node's page, or a procedure's steps, look while the form is filled in: to customers, and to agents."""

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

TYPED = ("title", "text", "say", "note")
TYPED_IN_LISTS = {"choices": ("label", "reason"), "causes": ("label", "reason")}
TYPED_IN_PROCEDURES = ("title", "text", "erases", "worked_label", "failed_label")
TYPED_IN_STEPS = ("title", "text", "say", "note", "caution")
MAX_STEPS = 200
NOT_YET = "What is typed cannot be shown yet."


def node_preview(request: HttpRequest, node: Node) -> HttpResponse:
    """Return the page of a node as the unsaved form in the request would make it, without scripts; nothing is stored.

    422, with a sentence, where what was typed makes no page.
    """
    try:
        document = document_with_form(publishing.compile_draft(node.wizard), node, request.POST)
        view = presenters.Page(
            nobodys_session(), document, position(document, node.key), number=1, current=True, first=True
        )
        context = {"screen": presenters.screen_context(view), "agent": presenters.agent_context(view)}
    except (ValidationError, publishing.InvalidDraftError):
        return render(request, "admin/wizards/live_preview.html", {"problem": NOT_YET}, status=422)
    except flow.IllegalMoveError as illegal:
        return render(request, "admin/wizards/live_preview.html", {"problem": str(illegal)}, status=422)
    return render(request, "admin/wizards/live_preview.html", context)


def document_with_form(draft: flow.Document, row: Node, form: Mapping[str, str]) -> flow.Document:
    """Return the draft with a node's words as they stand in a form; raise ValidationError where they make no document.

    New choices and causes show once they are saved.
    """
    plain = draft.plain()
    node: dict[str, Any] = next((each for each in plain["nodes"] if each["id"] == row.key), {})
    node |= {name: form[name] for name in TYPED if name in form}
    for name, fields in TYPED_IN_LISTS.items():
        if name in node:
            words = typed_rows(getattr(row, name), name, fields, form)
            node[name] = [part | words.get(part["id"], {}) for part in node[name]]
    return flow.Document.model_validate(plain)


def typed_rows(saved: Any, name: str, fields: tuple[str, ...], form: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return what a form says about the saved rows of one of its lists, by their keys."""
    starts = {
        form[start]: start.removesuffix("id") for start in form if start.startswith(name) and start.endswith("-id")
    }
    return {
        key: {field: form[starts[str(pk)] + field] for field in fields if starts[str(pk)] + field in form}
        for pk, key in saved.values_list("pk", "key")
        if str(pk) in starts
    }


def position(document: flow.Document, key: str) -> flow.Position:
    """Return where one stands on arriving at a node; raise IllegalMoveError where it cannot be entered yet."""
    node = document.node(key)
    if node is None:
        raise flow.IllegalMoveError("This node is not there any more.")
    return node.enter(document)


def nobodys_session() -> Session:
    """Return a session that is never saved, for a page to hang on."""
    return Session(code=CODE_ALPHABET[0] * CODE_LENGTH, count=1)


# --- A procedure's steps --------------------------------------------------------------------------------------------


def procedure_urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    """Return the address of the steps' look, below the procedures' own in the admin: saved or not, they look alike."""

    def view(request: HttpRequest) -> HttpResponse:
        if not model_admin.has_change_permission(request):
            raise PermissionDenied
        return steps_preview(request)

    shown = model_admin.admin_site.admin_view(require_POST(view))
    return [path("look/", shown, name="wizards_procedure_look")]


def steps_preview(request: HttpRequest) -> HttpResponse:
    """Return the pages of a procedure as the unsaved form in the request would make it, one below the other.

    Without scripts; nothing is stored. A sentence instead where there are no steps; with 422, where what was typed
    makes none.
    """
    try:
        document = document_of_steps(request.POST)
    except (ValidationError, ValueError):
        return render(request, "admin/wizards/live_preview.html", {"problem": NOT_YET}, status=422)
    procedure = document.procedures[0]
    if not procedure.steps:
        # Nothing is wrong with that: every new procedure begins so.
        return render(request, "admin/wizards/live_preview.html", {"problem": "There are no steps yet."})
    starts = ["", *(step.id for step in procedure.steps)] if procedure.erases else [step.id for step in procedure.steps]
    views = [
        presenters.Page(nobodys_session(), document, flow.Position("do", step=step), 2, current=True) for step in starts
    ]
    shown = [{"screen": presenters.screen_context(view), "agent": presenters.agent_context(view)} for view in views]
    return render(request, "admin/wizards/live_preview_steps.html", {"title": procedure.title, "shown": shown})


def document_of_steps(form: Mapping[str, str]) -> flow.Document:
    """Return a document whose node “do” leads through the procedure that a form holds.

    Raises ValidationError or ValueError where what is typed makes no procedure.
    """
    words = {name: form.get(name, "") for name in TYPED_IN_PROCEDURES}
    minutes = int(form.get("minutes") or 5)
    procedure = {"id": "it", "minutes": minutes, "steps": list(typed_steps(form)), **words}
    node = {"id": "do", "kind": "procedure", "procedure": "it"}
    plain = {"format": 1, "slug": "it", "title": "Any wizard", "nodes": [node], "procedures": [procedure]}
    return flow.Document.model_validate(plain)


def typed_steps(form: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the steps that a form holds, in their order, without those that are to be deleted and empty new rows."""
    rows = [f"steps-{row}-" for row in range(min(int(form.get("steps-TOTAL_FORMS") or 0), MAX_STEPS))]
    for row in sorted(rows, key=lambda row: int(form.get(f"{row}place") or 0)):
        words = {name: form.get(row + name, "") for name in TYPED_IN_STEPS}
        is_new = not form.get(f"{row}id")
        if f"{row}DELETE" in form or (is_new and not any(words.values())):
            continue
        picture = {"name": form.get(f"{row}picture", ""), "alt": form.get(f"{row}picture_alt", "")}
        yield {
            "id": row.strip("-"),
            "signs": form.get(f"{row}signs", "").splitlines(),
            "hold_seconds": int(form.get(f"{row}hold_seconds") or 0),
            "wait_seconds": int(form.get(f"{row}wait_seconds") or 0),
            "picture": picture if picture["name"] else None,
            **words,
        }
