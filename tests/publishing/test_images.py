"""Pictures that editors upload: decoded and re-encoded, never stored as they are."""

import io
import struct
import warnings
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, PngImagePlugin

from tests.admin.forms.editing import Form, address, editor, form_errors, toy
from tests.reading import read
from wizards import presenters, publishing
from wizards.models import Picture, Procedure, Step, Wizard
from wizards.publishing import images

pytestmark = pytest.mark.django_db


def image(kind="PNG", size=(60, 40), mode="RGB", colour="teal", **options):
    """Return the bytes of a picture file."""
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, kind, **options)
    return file.getvalue()


def upload(content, name="photo.png", kind="image/png"):
    return SimpleUploadedFile(name, content, kind)


def imported(content):
    """Import an upload; return its row, and the stored picture decoded."""
    row = images.import_upload(upload(content))
    return row, Image.open(io.BytesIO(row.content))


def step_form(client):
    toy()
    return Form(client, address(Procedure.objects.get(key="press")))


def reopened(client):
    return Form(client, address(Procedure.objects.get(key="press")))


# --- What is accepted, and what becomes of it ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_becomes_webp_of_the_same_size(kind):
    row, picture = imported(image(kind))
    assert (picture.format, picture.size, row.width, row.height) == ("WEBP", (60, 40), 60, 40)
    assert row.content_type == "image/webp"


def test_the_name_of_an_upload_is_a_hash_of_its_content():
    row, _ = imported(image())
    assert row.name == imported(image())[0].name == Picture.name_of(bytes(row.content))
    assert row.name != imported(image(colour="red"))[0].name
    assert row.name.startswith("up-")
    assert len(row.name) == 19


def test_a_large_picture_is_scaled_down():
    assert imported(image(size=(3000, 1500)))[1].size == (1280, 640)
    assert imported(image(size=(20, 3000)))[1].size == (9, 1280)


def test_transparency_is_kept():
    _, picture = imported(image(mode="RGBA", colour=(0, 0, 0, 0)))
    assert picture.mode == "RGBA"
    assert picture.getpixel((0, 0))[3] == 0


@pytest.mark.parametrize(
    ("mode", "kind"), [("P", "PNG"), ("L", "PNG"), ("1", "PNG"), ("I;16", "PNG"), ("CMYK", "JPEG")]
)
def test_every_colour_mode_is_read(mode, kind):
    colour = {"CMYK": (0, 0, 0, 0), "I;16": 9}.get(mode, 1)
    assert imported(image(kind, mode=mode, colour=colour))[1].size == (60, 40)


def test_a_photo_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    assert imported(image("JPEG", exif=exif))[1].size == (40, 60)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_metadata_is_removed(form):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "taken at home")
    metadata = {
        "JPEG": {"comment": b"taken at home"},
        "PNG": {"pnginfo": text, "icc_profile": b"taken at home"},
        "WEBP": {"xmp": b"taken at home", "icc_profile": b"taken at home"},
    }
    content = image(form, exif=exif, **metadata[form])
    assert b"taken at home" in content
    row, picture = imported(content)
    assert b"taken at home" not in row.content
    assert not picture.getexif()
    assert not picture.info.keys() & {"exif", "xmp", "icc_profile", "comment"}


def test_data_after_the_picture_is_removed():
    row, _ = imported(image() + b"<script>alert(1)</script>")
    assert b"script" not in row.content


def test_only_the_first_frame_of_an_animation_is_kept():
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "green")]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    _, picture = imported(file.getvalue())
    assert getattr(picture, "n_frames", 1) == 1


# --- What is refused -------------------------------------------------------------------------------------------------

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def png_of(width, height):
    """Return a PNG whose header claims this size."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b"",
        b"hello",
        b"%PDF-1.7",
        image("GIF"),
        image("BMP"),
        image("TIFF"),
        image()[:60],
        image("JPEG")[:-40],
        image("WEBP")[:-20],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        png_of(60, 40),
        png_of(0, 0),
    ],
    ids=range(13),
)
def test_other_files_are_refused_with_a_reason(content):
    with pytest.raises(images.InvalidImageError, match=r"PNG, JPEG or WebP"):
        images.import_upload(upload(content, "innocent.png"))


@pytest.mark.parametrize("size", [(6000, 4001), (60_000, 60_000), (24_000_001, 1)])
def test_too_many_pixels_are_refused_before_they_are_decoded(size):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with pytest.raises(images.InvalidImageError, match="24 million"):
            images.import_upload(upload(png_of(*size)))


def test_24_million_pixels_are_accepted():
    assert imported(image(size=(6000, 4000), mode="L", colour=1))[1].size == (1280, 853)


def test_a_large_file_is_refused_without_reading_it(monkeypatch):
    monkeypatch.setattr(images, "decode", lambda content: pytest.fail("was read"))
    with pytest.raises(images.InvalidImageError, match=r"5\.0 MB; at most 5 MB"):
        images.import_upload(upload(b"x" * (5 * 1024 * 1024 + 1)))


# --- On a step's form ------------------------------------------------------------------------------------------------


def test_an_upload_becomes_the_picture_of_its_step():
    client = editor()
    page = step_form(client)
    page["steps-1-picture_alt"] = "A teal square"
    response = page.save(**{"steps-1-upload": upload(image())})
    assert response.status_code == 302, form_errors(response)
    picture = Picture.objects.get()
    assert picture.uploaded_by.username == "ed"
    assert [step.picture for step in Step.objects.filter(procedure__key="press")] == ["", picture.name]


def test_the_same_picture_is_stored_once():
    client = editor()
    page = step_form(client)
    for row in (0, 1):
        page[f"steps-{row}-picture_alt"] = "A teal square"
    page.save(**{"steps-0-upload": upload(image()), "steps-1-upload": upload(image())})
    assert Picture.objects.count() == 1


def test_a_picture_needs_a_description():
    client = editor()
    page = step_form(client)
    assert "Describe the picture" in form_errors(page.save(**{"steps-0-upload": upload(image())}))[0]
    page["steps-0-picture"] = "lights"
    assert page.save().status_code == 200
    page["steps-0-picture_alt"] = "Lights"
    assert page.save().status_code == 302


def test_an_invalid_upload_is_reported_at_its_field_and_nothing_is_stored():
    client = editor()
    page = step_form(client)
    page["steps-0-picture_alt"] = "A square"
    response = page.save(**{"steps-0-upload": upload(SVG, "drawing.svg", "image/svg+xml")})
    assert "Drawings (SVG)" in form_errors(response)[0]
    assert not Picture.objects.exists()


def test_an_earlier_upload_can_be_chosen_again():
    client = editor()
    page = step_form(client)
    picture = images.save_picture(images.import_upload(upload(image())), client.get("/admin/").wsgi_request.user)
    page["steps-0-picture"], page["steps-0-picture_alt"] = picture.name, "A square"
    assert page.save().status_code == 302
    assert reopened(client)["steps-0-picture"] == picture.name


def test_the_form_shows_a_preview_of_each_picture():
    page = step_form(editor())
    options = read(page.response).all("option", value="lights")
    assert options[0]["data-picture"] == "/static/pictures/lights.svg"
    assert "product-zosi-camera" not in page.response.content.decode()


def test_an_unknown_picture_is_refused_unless_the_step_had_it_already():
    client = editor()
    page = step_form(client)
    page["steps-0-picture"], page["steps-0-picture_alt"] = "no-such-picture", "?"
    assert page.save().status_code == 200
    Step.objects.filter(procedure__key="press").update(picture="from-elsewhere", picture_alt="?")
    assert reopened(client).save().status_code == 302


# --- Where readers see it --------------------------------------------------------------------------------------------


def saved_picture(content=None):
    return images.save_picture(
        images.import_upload(upload(content or image())), editor().get("/admin/").wsgi_request.user
    )


def test_an_upload_is_served_publicly_and_cached_for_a_year():
    picture = saved_picture()
    response = Client().get(f"/pictures/{picture.name}.webp")
    assert response.content == bytes(picture.content)
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not response.cookies


@pytest.mark.parametrize("name", ["up-0000000000000000", "lights", "up-x"])
def test_a_missing_picture_is_not_found(name):
    assert Client().get(f"/pictures/{name}.webp").status_code == 404


def test_a_picture_takes_no_post():
    assert Client().post(f"/pictures/{saved_picture().name}.webp").status_code == 405


def test_a_step_shows_an_uploaded_picture_with_its_size(django_assert_num_queries):
    picture = saved_picture()
    shown = {"src": f"/pictures/{picture.name}.webp", "alt": "A square", "width": 60, "height": 40}
    assert presenters.picture_context(picture.name, "A square") == shown
    with django_assert_num_queries(0):
        presenters.picture_context(picture.name, "A square")


def test_a_step_whose_picture_is_missing_shows_none():
    assert presenters.picture_context("up-0123456789abcdef", "?") is None
    assert presenters.picture_context("no-such-picture", "?") is None


def test_a_customer_sees_it_on_the_step():
    picture = saved_picture()
    wizard = toy()
    Step.objects.filter(procedure__key="press", key="hold").update(picture=picture.name, picture_alt="A teal square")
    publishing.publish(Wizard.objects.get(pk=wizard.pk))
    client = Client()
    place = client.post("/begin/toy/s/").url
    for answer in ("no", "loose"):
        place = client.post(place, {"answer": answer}).url
    images = read(client.get(place)).all("img")
    assert images == [
        {
            "class": "pic",
            "src": f"/pictures/{picture.name}.webp",
            "width": "60",
            "height": "40",
            "alt": "A teal square",
            "loading": "lazy",
        }
    ]
