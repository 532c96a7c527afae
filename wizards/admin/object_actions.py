"""Buttons of a wizard's and a node's page that lead to other pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import URLPattern, re_path, reverse
from django_object_actions import DjangoObjectActions

from helpdesk.parsing import parse_nonnegative_int

OF_LISTS = "^actions/"
OF_A_ROW = r"^(?P<pk>\d{1,18})/actions/(?P<tool>\w+)/$"


class ObjectActions(DjangoObjectActions):
    """Buttons on the page of a row. The library's addresses take any words for its key, and there are some for lists.

    Here a key is a number, and no list has buttons: other addresses name nothing.
    """

    def get_urls(self) -> list[URLPattern]:
        found = [url for url in super().get_urls() if not str(url.pattern).startswith(OF_LISTS)]
        return [
            re_path(OF_A_ROW, url.callback, name=url.name) if "/actions/" in str(url.pattern) else url for url in found
        ]


def redirect_to(
    model_admin: admin.ModelAdmin, request: HttpRequest, name: str, *arguments: Any
) -> HttpResponseRedirect:
    """Lead to one of the wizards' pages; 403 without the permission."""
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    return HttpResponseRedirect(reverse(f"admin:wizards_wizard_{name}", args=arguments))


def wizard_named(request: HttpRequest) -> int | None:
    """Return the wizard that the address of a form names: the one from which an editor came there, if any."""
    return parse_nonnegative_int(request.GET.get("wizard"))
