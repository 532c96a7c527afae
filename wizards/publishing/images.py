"""Pictures of steps: the drawings in static/pictures, and uploads.

An upload is never stored as it is. It is decoded, rotated upright, scaled down and encoded as WebP, so that the served
file contains nothing but the pixels.
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

TOO_MANY_PIXELS = "The picture has too many pixels: at most 24 million are accepted. Scale it down first."

DRAWN = Path(settings.BASE_DIR) / "static" / "pictures"


# Pillow raises nearly everything for damaged files.
DECODE_ERRORS = (
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
    """The upload is not accepted. The message says why, and which files are."""


def import_upload(upload: UploadedFile) -> Picture:
    """Return an unsaved picture; raise InvalidImageError."""
    size = upload.size or 0
    if size > MAX_BYTES:
        raise InvalidImageError(f"The file has {size / 1024 / 1024:.1f} MB; at most 5 MB are accepted.")
    upload.seek(0)
    return encode(decode(upload.read()))


def decode(content: bytes) -> Image.Image:
    """Return the first frame, upright and scaled down, in RGB or RGBA; raise InvalidImageError."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            _check_size(picture)
            picture.verify()
        # verify() reads the whole file and leaves the picture unusable, so it is opened again.
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
            picture.load()
            return _bare_pixels(picture)
    except InvalidImageError:
        raise
    except Image.DecompressionBombError as error:
        raise InvalidImageError(TOO_MANY_PIXELS) from error
    except DECODE_ERRORS as error:
        raise InvalidImageError(
            "This is not a readable PNG, JPEG or WebP picture. Drawings (SVG), GIF and PDF are not accepted:"
            " save it as PNG or JPEG first."
        ) from error


def _check_size(picture: Image.Image) -> None:
    """Raise InvalidImageError for too many pixels according to the header, before anything is decoded."""
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise InvalidImageError(TOO_MANY_PIXELS)


def _bare_pixels(picture: Image.Image) -> Image.Image:
    """Return the pixels without metadata, upright and scaled down."""
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    pixels = picture if picture.mode == mode else picture.convert(mode)
    # Scale down first: the next steps copy the picture.
    pixels.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(pixels)
    bare = Image.new(mode, upright.size)
    bare.paste(upright)
    return bare


def encode(picture: Image.Image) -> Picture:
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=QUALITY, method=4)
    content = file.getvalue()
    return Picture(name=Picture.name_of(content), content=content, width=picture.width, height=picture.height)


def save_picture(picture: Picture, user: User | AnonymousUser) -> Picture:
    """Save a picture unless the same one exists; return the saved one."""
    saved, _ = Picture.objects.get_or_create(
        name=picture.name,
        defaults={
            "content": picture.content,
            "content_type": picture.content_type,
            "width": picture.width,
            "height": picture.height,
            "uploaded_by_id": user.pk,
        },
    )
    return saved


@cache
def is_drawn(name: str) -> bool:
    return bool(finders.find(f"pictures/{name}.svg"))


def drawn_names() -> list[str]:
    """Return the names of the drawings for steps, without the pictures of products."""
    return sorted(file.stem for file in DRAWN.glob("*.svg") if not file.stem.startswith("product-"))


def missing_names(documents: Iterable[flow.Document]) -> set[str]:
    """Return the names of pictures that steps use but that do not exist; at most one query."""
    steps = (step for document in documents for procedure in document.procedures for step in procedure.steps)
    names = {step.picture.name for step in steps if step.picture}
    uploads = {name for name in names if name.startswith(UPLOADED)}
    missing = {name for name in names - uploads if not is_drawn(name)}
    if uploads:
        missing |= uploads - set(Picture.objects.filter(name__in=uploads).values_list("name", flat=True))
    return missing


def picture_choices() -> tuple[list[Any], dict[str, str]]:
    """Return the pictures as grouped choices of a select, and the URL of each by its name."""
    uploads = list(Picture.objects.defer("content")[:MAX_LISTED])
    urls = {name: static(f"pictures/{name}.svg") for name in drawn_names()} | {each.name: each.url for each in uploads}
    choices: list[Any] = [("", "No picture"), ("Drawn", [(name, name.replace("-", " ")) for name in drawn_names()])]
    if uploads:
        choices.append(("Uploaded", [(each.name, _upload_label(each)) for each in uploads]))
    return choices, urls


def _upload_label(picture: Picture) -> str:
    when = date_format(timezone.localtime(picture.uploaded_at), "j F Y, H:i")
    return f"{when} ({picture.width} × {picture.height})"
