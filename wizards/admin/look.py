"""How a node's page looks while its form is being filled in: as the customer sees it, with the agent's words below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from pydantic import ValidationError

from .. import flow, journal, pages, publishing
from ..models import Node, Session

TYPED = ("title", "text", "say", "note")
TYPED_IN_LISTS = {"choices": ("label", "reason"), "causes": ("label", "reason")}


def look(request: HttpRequest, node: Node) -> HttpResponse:
    """Return the page of a node as the unsaved form in the request would make it, without scripts; nothing is stored.

    422, with a sentence, where what was typed makes no page.
    """
    try:
        document = typed(publishing.compile_draft(node.wizard), node, request.POST)
        view = pages.View(nobodys_session(), document, position(document, node.key), number=1, current=True)
        context = {"screen": pages.screen(view), "agent": pages.for_agent(view)}
    except (ValidationError, publishing.BadDraft):
        return render(request, "admin/wizards/look.html", {"problem": "What is typed cannot be shown yet."}, status=422)
    except flow.IllegalMove as illegal:
        return render(request, "admin/wizards/look.html", {"problem": str(illegal)}, status=422)
    return render(request, "admin/wizards/look.html", context)


def typed(draft: flow.Document, row: Node, form: Mapping[str, str]) -> flow.Document:
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
    """Return where one stands on arriving at a node; raise IllegalMove where it cannot be entered yet."""
    node = document.node(key)
    if node is None:
        raise flow.IllegalMove("This node is not there any more.")
    return node.enter(document)


def nobodys_session() -> Session:
    """Return a session that is never saved, for a page to hang on."""
    return Session(code=journal.CODE_ALPHABET[0] * journal.CODE_LENGTH, count=1)
