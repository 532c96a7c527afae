"""Pictures as templates show them: those drawn in static/pictures, and those that editors uploaded."""

from __future__ import annotations

from functools import cache

from django.templatetags.static import static
from django.urls import reverse

from ..models import Picture
from ..models.pictures import UPLOADED
from ..publishing.images import is_drawn
from .page import Context


def picture_context(name: str, alt: str) -> Context | None:
    """Return a picture as templates show it: a drawn one by its file, an uploaded one by its address and size.

    None where there is no such picture here: a file from another site may name one.
    """
    if name.startswith(UPLOADED):
        size = uploaded_size(name)
        return size and {"src": reverse("picture", args=[name]), "alt": alt, **size}
    return {"url": static(f"pictures/{name}.svg"), "alt": alt} if is_drawn(name) else None


def uploaded_size(name: str) -> Context | None:
    """Return the width and height of an uploaded picture, if it is there; read once for each process."""
    if name not in _SIZES and (found := Picture.objects.filter(name=name).values("width", "height").first()):
        _SIZES[name] = dict(found)
    return _SIZES.get(name)


# An uploaded picture never changes: its name comes from its bytes.
_SIZES: dict[str, Context] = {}


@cache
def product_picture(slug: str) -> str:
    """Return the name of a product's picture in static/pictures, or an empty string where there is none."""
    name = f"product-{slug}"
    return name if is_drawn(name) else ""
