"""Buttons on a change form that lead to other pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import URLPattern, re_path, reverse
from django_object_actions import DjangoObjectActions

LIST_ROUTES = "^actions/"
ROW_ROUTE = r"^(?P<pk>\d{1,18})/actions/(?P<tool>\w+)/$"


class ObjectActions(DjangoObjectActions):
    """Object actions for rows with numeric keys.

    The library's routes accept any text as a key, and add a route for lists. No list has actions here.
    """

    def get_urls(self) -> list[URLPattern]:
        urls = [url for url in super().get_urls() if not str(url.pattern).startswith(LIST_ROUTES)]
        return [
            re_path(ROW_ROUTE, url.callback, name=url.name) if "/actions/" in str(url.pattern) else url for url in urls
        ]


def redirect_to(model_admin: admin.ModelAdmin, request: HttpRequest, name: str, *args: Any) -> HttpResponseRedirect:
    """Redirect to a page of the wizards' admin; raise PermissionDenied without the change permission."""
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    return HttpResponseRedirect(reverse(f"admin:wizards_wizard_{name}", args=args))
