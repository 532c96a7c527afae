"""Buttons of a wizard's and a node's page that lead to other pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse

from ..models import Wizard


def address(name: str, *arguments: Any) -> str:
    """Return the address of one of the wizards' pages in the admin; empty where there is no such page."""
    try:
        return reverse(f"admin:wizards_wizard_{name}", args=arguments)
    except NoReverseMatch:
        return ""


def lead(model_admin: admin.ModelAdmin, request: HttpRequest, name: str, *arguments: Any) -> HttpResponse | None:
    """Lead to one of the wizards' pages; stay, with a message, where there is none. 403 without the permission."""
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    if target := address(name, *arguments):
        return HttpResponseRedirect(target)
    messages.warning(request, "This page is not there.")
    return None


def preview(model_admin: admin.ModelAdmin, request: HttpRequest, wizard: Wizard, key: str) -> HttpResponse | None:
    """Begin a preview at a node. The browser posts again to where a preview begins, so that a GET begins none."""
    found = lead(model_admin, request, "preview", wizard.pk, key)
    if isinstance(found, HttpResponseRedirect) and request.method == "POST":
        return HttpResponseRedirect(found.url, preserve_request=True)
    return None
