"""Pictures that editors uploaded, for everybody who reads a step."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from ...models import Picture

A_YEAR = "public, max-age=31536000, immutable"


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """Return one uploaded picture. Its name comes from its bytes, so that browsers may keep it for good."""
    found = get_object_or_404(Picture, name=name)
    return HttpResponse(bytes(found.content), content_type=found.content_type, headers={"Cache-Control": A_YEAR})
