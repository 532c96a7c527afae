"""The check of a draft: everything that is wrong with it, each with a link to where it is mended."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from ... import flow, publishing
from ...flow.fields import Part
from ...models import Wizard
from ...publishing.validation import find_draft_faults
from ..base import render_wizard_page, wizard_view
from ..urls import WizardRows, fault_link, rows_of

TAB = "wizards_wizard_check"
# A list of the document -> what one of its parts is called.
NAMES = {
    "nodes": "node",
    "symptoms": "symptom",
    "procedures": "procedure",
    "choices": "choice",
    "causes": "cause",
    "steps": "step",
}
# The kinds of node that a fault names as such. The others are nodes: a procedure is the list of steps.
KINDS = {"question": "question", "diagnosis": "diagnosis", "outcome": "outcome"}


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    """Return the addresses of these pages, below the wizards' own in the admin."""

    def view(request: HttpRequest, wizard: Wizard) -> HttpResponse:
        draft = publishing.compile_draft(wizard)
        return render_wizard_page(model_admin, request, wizard, "check.html", TAB, **check_draft(wizard, draft))

    return [path("<int:pk>/check/", wizard_view(model_admin, TAB, view), name=TAB)]


def check_draft(wizard: Wizard, draft: flow.Document) -> dict[str, list[dict[str, str]]]:
    """Return the errors and the warnings of a draft, each as {level, where, message, remedy, url}."""
    rows = rows_of(wizard, draft)
    shown = [fault_context(fault, draft, rows) for fault in find_draft_faults(draft)]
    return {
        "errors": [each for each in shown if each["level"] == "error"],
        "warnings": [each for each in shown if each["level"] == "warning"],
    }


def fault_context(fault: flow.Fault, draft: flow.Document, rows: WizardRows) -> dict[str, str]:
    """Return a fault of a draft as the pages show it: {level, where, message, remedy, url}."""
    return {
        "level": fault.level,
        "where": fault_location(fault, draft),
        "message": fault.message,
        "remedy": fault.remedy,
        "url": fault_link(fault, rows),
    }


def fault_location(fault: flow.Fault, draft: flow.Document) -> str:
    """Return where a fault is, by the titles that an editor knows: “Question “Is it on?” › choice “Yes””."""
    words, part, inside = [], draft, ""
    for key in fault.path:
        part = _inside(part, key)
        if isinstance(key, int) and isinstance(part, Part) and inside in NAMES:
            words.append(f"{KINDS.get(getattr(part, 'kind', ''), NAMES[inside])} “{_title(part)}”")
        inside = str(key)
    return " › ".join(words) or "The wizard"


def _inside(part: Any, key: str | int) -> Any:
    return part[key] if isinstance(key, int) else getattr(part, key, None)


def _title(part: Any) -> str:
    return str(getattr(part, "title", "") or getattr(part, "label", "") or part.id)
