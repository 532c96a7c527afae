"""A change form that can stand in a frame beside the map."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from helpdesk.security_headers import content_policy

# In the address of a form that stands beside the map.
IFRAME_PARAMETER = "_beside"


def allow_iframes(response: HttpResponse) -> HttpResponse:
    """Let a page hold frames of this site."""
    response.headers["Content-Security-Policy"] = content_policy(frame_src="'self'")
    return response


def allow_framing(response: HttpResponse) -> HttpResponse:
    """Let pages of this site hold this one in a frame."""
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Content-Security-Policy"] = content_policy(frame_ancestors="'self'")
    return response


class MapIframeMixin(admin.ModelAdmin):
    """Shows the change form without the page around it at `?_beside=1`, and stays there once it is saved."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if IFRAME_PARAMETER not in request.GET:
            return super().changeform_view(request, *args, **kwargs)
        if request.method == "POST":
            # The form looks like a popup's, but nobody waits for its answer.
            form: Any = request.POST.copy()
            form.pop(IS_POPUP_VAR, None)
            request.POST = form
        return allow_framing(super().changeform_view(request, *args, **kwargs))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if IFRAME_PARAMETER in request.GET:
            context |= {"is_popup": True, "show_delete": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        response = super().response_change(request, obj)
        return HttpResponseRedirect(request.get_full_path()) if IFRAME_PARAMETER in request.GET else response
