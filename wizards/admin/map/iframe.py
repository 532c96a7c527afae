"""A change form that can be framed in the side panel of the map."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from helpdesk.security_headers import content_policy

# Query parameter of a form that is framed beside the map.
IFRAME_PARAMETER = "_beside"


def allow_iframes(response: HttpResponse) -> HttpResponse:
    """Allow the page to frame pages of this site."""
    response.headers["Content-Security-Policy"] = content_policy(frame_src="'self'")
    return response


def allow_framing(response: HttpResponse) -> HttpResponse:
    """Allow pages of this site to frame this one."""
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Content-Security-Policy"] = content_policy(frame_ancestors="'self'")
    return response


class MapIframeMixin(admin.ModelAdmin):
    """Show the bare change form at `?_beside=1`, and return to it after saving."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if IFRAME_PARAMETER not in request.GET:
            return super().changeform_view(request, *args, **kwargs)
        if request.method == "POST":
            # The form is rendered like a popup, but no opener waits for its response.
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
