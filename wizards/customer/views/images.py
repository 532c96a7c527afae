"""Pictures that editors uploaded."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from ...models import Picture

CACHE_CONTROL = "public, max-age=31536000, immutable"


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """Send an uploaded picture. Its name is a hash of its bytes, so browsers may keep it forever."""
    image = get_object_or_404(Picture, name=name)
    return HttpResponse(bytes(image.content), content_type=image.content_type, headers={"Cache-Control": CACHE_CONTROL})
