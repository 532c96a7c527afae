"""Pictures for templates: those drawn in static/pictures, and those that editors uploaded."""

from __future__ import annotations

from functools import cache

from django.templatetags.static import static
from django.urls import reverse

from ..models import Picture
from ..models.pictures import UPLOADED
from ..publishing.images import is_drawn
from .page import Context


def picture_context(name: str, alt: str) -> Context | None:
    """Return the file of a drawn picture, or the URL and size of an uploaded one.

    None where this site has no such picture: an imported file may name one of another site.
    """
    if name.startswith(UPLOADED):
        size = uploaded_size(name)
        return size and {"src": reverse("picture", args=[name]), "alt": alt, **size}
    return {"url": static(f"pictures/{name}.svg"), "alt": alt} if is_drawn(name) else None


def uploaded_size(name: str) -> Context | None:
    """Return the width and height of an uploaded picture if it exists; read once per process."""
    if name not in _SIZES and (size := Picture.objects.filter(name=name).values("width", "height").first()):
        _SIZES[name] = dict(size)
    return _SIZES.get(name)


# An uploaded picture never changes: its name is a hash of its bytes.
_SIZES: dict[str, Context] = {}


@cache
def product_picture(slug: str) -> str:
    """Return the name of a product's picture in static/pictures, or ""."""
    name = f"product-{slug}"
    return name if is_drawn(name) else ""
