"""What the pages of a wizard share: access, tabs and template context."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from helpdesk.parsing import parse_nonnegative_int

from .. import publishing
from ..models import Wizard

# The tabs of a wizard's pages, in order: URL name and label.
TABS = (
    ("wizards_wizard_change", "Edit"),
    ("wizards_wizard_map", "Map"),
    ("wizards_wizard_check", "Check"),
    ("wizards_wizard_previews", "Preview"),
    ("wizards_wizard_publish", "Publish"),
    ("wizards_wizard_versions", "Versions"),
)


def wizard_or_404(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> Wizard:
    """Return the wizard; raise PermissionDenied for users who may not change it."""
    wizard = get_object_or_404(Wizard.objects.select_related("current").defer("current__document"), pk=pk)
    if not model_admin.has_change_permission(request, wizard):
        raise PermissionDenied
    return wizard


def wizard_view(
    model_admin: admin.ModelAdmin, tab: str, view: Callable[..., HttpResponse]
) -> Callable[..., HttpResponse]:
    """Wrap `view` as an admin view that takes a wizard instead of its primary key.

    If the draft's rows do not form a valid document, a page with its problems is sent instead, with status 409.
    """

    def handle(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        wizard = wizard_or_404(model_admin, request, pk)
        try:
            return view(request, wizard, **kwargs)
        except publishing.InvalidDraftError as error:
            problems = str(error).splitlines()
            return render_wizard_page(
                model_admin, request, wizard, "invalid_draft.html", tab, problems=problems, status=409
            )

    return model_admin.admin_site.admin_view(handle)


def render_wizard_page(
    model_admin: admin.ModelAdmin, request: HttpRequest, wizard: Wizard, template: str, tab: str, **context: Any
) -> HttpResponse:
    """Render a template that extends admin/wizards/page.html; `tab` is the URL name of the current tab."""
    page_context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "wizard": wizard,
        "title": wizard.title or wizard.slug,
        "tabs": tabs(wizard, tab),
        **context,
    }
    return TemplateResponse(request, f"admin/wizards/{template}", page_context, status=context.get("status", 200))


def wizard_id_from_query(request: HttpRequest) -> int | None:
    """Return the wizard whose page the editor came from (`?wizard=`), if any."""
    return parse_nonnegative_int(request.GET.get("wizard"))


def tabs(wizard: Wizard, current: str) -> list[dict[str, Any]]:
    return [
        {"url": reverse(f"admin:{name}", args=[wizard.pk]), "label": label, "current": name == current}
        for name, label in TABS
    ]
