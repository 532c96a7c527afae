"""Limits of forms: a longer body is refused by its Content-Length, before anything is read."""

import io
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from helpdesk import request_guard
from tests.request_guard.echoes import LIMIT, MARKS, post, refused
from tests.visitor import FORM, MULTIPART

pytestmark = MARKS


def test_a_form_arrives_as_it_was_sent():
    response = post(urlencode({"words": "größer 📷"}))
    assert response.json()["form"] == {"words": ["größer 📷"]}


def test_a_body_just_within_the_limit_arrives():
    assert post("a=" + "b" * (LIMIT - 3)).status_code == 200


def test_a_body_over_the_limit_is_refused():
    assert refused(post("a=" + "b" * LIMIT), request_guard.TOO_LARGE)


def test_the_limit_comes_from_the_settings():
    assert settings.MAX_FORM_BYTES == LIMIT


def test_a_large_upload_is_refused_before_it_is_read():
    request = Client().request
    response = request(
        REQUEST_METHOD="POST",
        PATH_INFO="/echo/a/",
        CONTENT_TYPE=MULTIPART,
        CONTENT_LENGTH=str(LIMIT + 1),
        **{"wsgi.input": Unreadable()},
    )
    assert refused(response, request_guard.TOO_LARGE)


class Unreadable(io.BytesIO):
    def read(self, *args):
        raise AssertionError("The body was read.")


def test_the_admin_keeps_djangos_own_limits():
    file = 'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + "b" * LIMIT
    body = f"--x\r\n{file}\r\n--x--\r\n"
    assert post(body, MULTIPART, "/admin/echo/").status_code == 200
    assert post(body, MULTIPART).status_code == 400


def upload_to_editors(length, kind=MULTIPART, body=None):
    return Client().request(
        REQUEST_METHOD="POST",
        PATH_INFO="/admin/echo/",
        CONTENT_TYPE=kind,
        CONTENT_LENGTH=length,
        **{"wsgi.input": body or Unreadable()},
    )


@pytest.mark.parametrize("kind", [MULTIPART, FORM, "application/octet-stream"])
def test_an_upload_over_the_admins_limit_is_refused_before_it_is_read(kind):
    response = upload_to_editors(str(request_guard.MAX_UPLOAD_BYTES + 1), kind)
    assert response.status_code == 413
    assert "<h1>" in response.content.decode()
    assert "larger than 6 MB" in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"


def test_an_image_of_5_mb_arrives_in_the_admin():
    head = 'Content-Disposition: form-data; name="file"; filename="a"'
    whole = f"--x\r\n{head}\r\n\r\n{'b' * 5 * 1024 * 1024}\r\n--x--\r\n".encode()
    assert upload_to_editors(str(len(whole)), body=io.BytesIO(whole)).status_code == 200


def test_a_body_without_a_length_is_not_read_in_the_admin():
    body = io.BytesIO(b"--x\r\n" + b"b" * (request_guard.MAX_UPLOAD_BYTES + 1))
    assert upload_to_editors("", body=body).json()["form"] == {}
    assert body.tell() == 0


@pytest.mark.parametrize("address", ["/echo/a/", "/admin/echo/"])
@pytest.mark.parametrize("length", ["", "many", "-1", "²", "٣", "9" * 5000], ids=lambda length: length[:5])
def test_a_length_that_is_not_a_number_is_refused(length, address):
    request = Client().request
    response = request(REQUEST_METHOD="POST", PATH_INFO=address, CONTENT_TYPE=FORM, CONTENT_LENGTH=length)
    assert response.status_code == (400 if length else 200)
