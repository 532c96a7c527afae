"""Pictures of steps: the drawn ones in static/pictures, and uploads, which are decoded and encoded anew.

An upload is never kept as it came. It is decoded, turned upright, scaled down, and encoded as WebP, so that what is
served holds nothing but the pixels.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import UploadedFile
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from PIL import Image, ImageOps

from .. import flow
from ..models import Picture
from ..models.pictures import UPLOADED

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 24_000_000
MAX_SIDE = 1280
QUALITY = 82
MAX_LISTED = 100

TOO_MANY = "The picture has too many pixels: at most 24 million are accepted. Scale it down first."

DRAWN = Path(settings.BASE_DIR) / "static" / "pictures"


# What Pillow raises at damaged files: nearly everything.
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)


class InvalidImageError(Exception):
    """The file is no picture that is accepted. The message says why, and what would be."""


def import_upload(upload: UploadedFile) -> Picture:
    """Return an upload as a picture that is not saved yet; raise InvalidImageError."""
    size = upload.size or 0
    if size > MAX_BYTES:
        raise InvalidImageError(f"The file has {size / 1024 / 1024:.1f} MB; at most 5 MB are accepted.")
    upload.seek(0)
    return encode(decode(upload.read()))


def decode(content: bytes) -> Image.Image:
    """Return the first frame of a picture, upright and scaled down, in RGB or RGBA; raise InvalidImageError."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            _refuse_large(picture)
            picture.verify()
        # verify() reads the file through and leaves the picture unusable: it is opened once more.
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
            picture.load()
            return _plain(picture)
    except InvalidImageError:
        raise
    except Image.DecompressionBombError as mistake:
        raise InvalidImageError(TOO_MANY) from mistake
    except UNREADABLE as mistake:
        raise InvalidImageError(
            "This is no PNG, JPEG or WebP picture that can be read. Drawings (SVG), GIF and PDF are not accepted:"
            " save it as PNG or JPEG first."
        ) from mistake


def _refuse_large(picture: Image.Image) -> None:
    """Raise InvalidImageError for too many pixels, by what the file's head says: nothing is decoded yet."""
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise InvalidImageError(TOO_MANY)


def _plain(picture: Image.Image) -> Image.Image:
    """Return the pixels alone: upright, scaled down, without anything that came with them."""
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    pixels = picture if picture.mode == mode else picture.convert(mode)
    # Scaled down first: what follows copies the picture.
    pixels.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(pixels)
    bare = Image.new(mode, upright.size)
    bare.paste(upright)
    return bare


def encode(picture: Image.Image) -> Picture:
    """Return the picture as WebP, named after its bytes."""
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=QUALITY, method=4)
    content = file.getvalue()
    return Picture(name=Picture.name_of(content), content=content, width=picture.width, height=picture.height)


def save_picture(picture: Picture, user: User | AnonymousUser) -> Picture:
    """Save a picture that was taken in, unless the same one is there; return the saved one."""
    kept, _ = Picture.objects.get_or_create(
        name=picture.name,
        defaults={
            "content": picture.content,
            "content_type": picture.content_type,
            "width": picture.width,
            "height": picture.height,
            "uploaded_by_id": user.pk,
        },
    )
    return kept


@cache
def is_drawn(name: str) -> bool:
    """Return whether static/pictures has a picture of this name."""
    return bool(finders.find(f"pictures/{name}.svg"))


def drawn_names() -> list[str]:
    """Return the names of the drawn pictures for steps; the products' own are not among them."""
    return sorted(file.stem for file in DRAWN.glob("*.svg") if not file.stem.startswith("product-"))


def missing_names(documents: Iterable[flow.Document]) -> set[str]:
    """Return the names of pictures that steps of the documents show and that are not here; at most one query."""
    steps = (step for document in documents for procedure in document.procedures for step in procedure.steps)
    named = {step.picture.name for step in steps if step.picture}
    uploads = {name for name in named if name.startswith(UPLOADED)}
    missing = {name for name in named - uploads if not is_drawn(name)}
    if uploads:
        missing |= uploads - set(Picture.objects.filter(name__in=uploads).values_list("name", flat=True))
    return missing


def picture_choices() -> tuple[list[Any], dict[str, str]]:
    """Return every picture as choices of a select, in two groups, and the address of each by its name."""
    uploads = list(Picture.objects.defer("content")[:MAX_LISTED])
    addresses = {name: static(f"pictures/{name}.svg") for name in drawn_names()} | {
        each.name: each.url for each in uploads
    }
    choices: list[Any] = [("", "No picture"), ("Drawn", [(name, name.replace("-", " ")) for name in drawn_names()])]
    if uploads:
        choices.append(("Uploaded", [(each.name, _words(each)) for each in uploads]))
    return choices, addresses


def _words(picture: Picture) -> str:
    when = date_format(timezone.localtime(picture.uploaded_at), "j F Y, H:i")
    return f"{when} ({picture.width} × {picture.height})"
