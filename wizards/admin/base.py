"""Pages of our own in the admin: who may open them, and what all of them show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from .. import publishing
from ..models import Wizard

# The pages of one wizard, in the order of the tabs: name of the address, and what the tab says.
TABS = (
    ("wizards_wizard_change", "Edit"),
    ("wizards_wizard_map", "Map"),
    ("wizards_wizard_check", "Check"),
    ("wizards_wizard_previews", "Preview"),
    ("wizards_wizard_publish", "Publish"),
    ("wizards_wizard_versions", "Versions"),
)


def wizard_or_404(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> Wizard:
    """Return the wizard that an editor opens; 403 for whoever may not change it, 404 where there is none."""
    wizard = get_object_or_404(Wizard.objects.select_related("current").defer("current__document"), pk=pk)
    if not model_admin.has_change_permission(request, wizard):
        raise PermissionDenied
    return wizard


def wizard_view(
    model_admin: admin.ModelAdmin, tab: str, view: Callable[..., HttpResponse]
) -> Callable[..., HttpResponse]:
    """Return a view of one wizard's page, for editors only, that gives `view` the wizard instead of its key.

    Where the draft's rows make no document, the page says what is wrong with them instead.
    """

    def handle(request: HttpRequest, pk: int, **arguments: Any) -> HttpResponse:
        wizard = wizard_or_404(model_admin, request, pk)
        try:
            return view(request, wizard, **arguments)
        except publishing.InvalidDraftError as bad:
            problems = str(bad).splitlines()
            return render_wizard_page(
                model_admin, request, wizard, "invalid_draft.html", tab, problems=problems, status=409
            )

    return model_admin.admin_site.admin_view(handle)


def render_wizard_page(
    model_admin: admin.ModelAdmin, request: HttpRequest, wizard: Wizard, template: str, tab: str, **context: Any
) -> HttpResponse:
    """Return one of a wizard's pages: `template` extends admin/wizards/page.html; `tab` is the current tab's name."""
    shown = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "wizard": wizard,
        "title": wizard.title or wizard.slug,
        "tabs": tabs(wizard, tab),
        **context,
    }
    return TemplateResponse(request, f"admin/wizards/{template}", shown, status=context.get("status", 200))


def tabs(wizard: Wizard, current: str) -> list[dict[str, Any]]:
    """Return the tabs of a wizard's pages."""
    return [
        {"url": reverse(f"admin:{name}", args=[wizard.pk]), "label": label, "current": name == current}
        for name, label in TABS
    ]
