"""The check of a draft: all faults, each with a link to the field to fix."""

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
from ..form_links import WizardRows, fault_link, read_wizard_rows

TAB = "wizards_wizard_check"
# A list in the document -> the name of one of its parts.
PART_NAMES = {
    "nodes": "node",
    "symptoms": "symptom",
    "procedures": "procedure",
    "choices": "choice",
    "causes": "cause",
    "steps": "step",
}
# Node kinds that a fault names. The others are called nodes: “procedure” means the list of steps.
KINDS = {"question": "question", "diagnosis": "diagnosis", "outcome": "outcome"}


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def view(request: HttpRequest, wizard: Wizard) -> HttpResponse:
        draft = publishing.compile_draft(wizard)
        return render_wizard_page(model_admin, request, wizard, "check.html", TAB, **check_draft(wizard, draft))

    return [path("<int:pk>/check/", wizard_view(model_admin, TAB, view), name=TAB)]


def check_draft(wizard: Wizard, draft: flow.Document) -> dict[str, list[dict[str, str]]]:
    """Return the errors and warnings of a draft (see fault_context)."""
    rows = read_wizard_rows(wizard, draft)
    faults = [fault_context(fault, draft, rows) for fault in find_draft_faults(draft)]
    return {
        "errors": [each for each in faults if each["level"] == "error"],
        "warnings": [each for each in faults if each["level"] == "warning"],
    }


def fault_context(fault: flow.Fault, draft: flow.Document, rows: WizardRows) -> dict[str, str]:
    """Return a fault as the templates show it: {level, where, message, remedy, url}."""
    return {
        "level": fault.level,
        "where": fault_location(fault, draft),
        "message": fault.message,
        "remedy": fault.remedy,
        "url": fault_link(fault, rows),
    }


def fault_location(fault: flow.Fault, draft: flow.Document) -> str:
    """Locate a fault by the titles that editors know: `question “Is it on?” › choice “Yes”`."""
    names, part, parent = [], draft, ""
    for key in fault.path:
        part = _child(part, key)
        if isinstance(key, int) and isinstance(part, Part) and parent in PART_NAMES:
            names.append(f"{KINDS.get(getattr(part, 'kind', ''), PART_NAMES[parent])} “{_title(part)}”")
        parent = str(key)
    return " › ".join(names) or "The wizard"


def _child(part: Any, key: str | int) -> Any:
    return part[key] if isinstance(key, int) else getattr(part, key, None)


def _title(part: Any) -> str:
    return str(getattr(part, "title", "") or getattr(part, "label", "") or part.id)
