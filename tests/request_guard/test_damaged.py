"""Forged and damaged requests of any bytes get a page in plain words and reach no view."""

import json

import pytest
from django.test import Client
from django.utils.http import parse_header_parameters
from hypothesis import given
from hypothesis import strategies as st

from helpdesk import errors, request_guard, wsgi
from tests.request_guard.echoes import MARKS, ask, post, refused
from tests.visitor import FORM, MULTIPART

pytestmark = MARKS

CHARSETS = ["unicode_escape", "hex", "utf-7", "rot13", "idna", "undefined", "zip", "utf-16", "nonsense", "a\0b", ""]


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("kind", [FORM, MULTIPART], ids=["urlencoded", "multipart"])
def test_a_forged_charset_is_ignored(charset, kind):
    bodies = {
        FORM: "a=%5Cud800%ff",
        MULTIPART: '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\\ud800\r\n--x--\r\n',
    }
    status, page = ask(f"{kind}; charset={charset}", bodies[kind].encode(), query="q=%5Cud800")
    assert status == 200
    arrived = json.loads(page)
    assert arrived["form"]["a"][0].startswith("\\ud800")
    assert arrived["query"] == {"q": "\\ud800"}


@pytest.mark.parametrize("boundary", ["x", '"x y"', "'x'", '"x;y"', r'"x\"y"', r'"x\\y"', r'"x\";y"'])
def test_a_boundary_is_passed_on_as_it_was(boundary):
    between = json.loads(boundary) if boundary.startswith('"') else boundary
    body = f'--{between}\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--{between}--\r\n'
    kind = f"multipart/form-data; charset=hex; boundary={boundary}"
    assert parse_header_parameters(wsgi.utf8_content_type(kind)) == ("multipart/form-data", {"boundary": between})
    status, page = ask(kind, body.encode())
    assert (status, json.loads(page)["form"]) == (200, {"a": ["b"]})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", "--x--"),
        ("multipart/form-data; boundary=é", "--x--"),
        ("multipart/form-data; boundary=x; charset*=nonsense''x", "--x--"),
        ("text/plain; charset*=nonsense''x", ""),
        (MULTIPART, "--x\r\nContent-Disposition: form-data; name*=nonsense''x\r\n\r\nb\r\n--x--\r\n"),
        (FORM, "&".join(f"a{n}=b" for n in range(1001))),
        (FORM, "a=b&" * 5000),
    ],
    ids=["no boundary", "odd boundary", "odd charset", "odd charset of text", "odd name", "many fields", "repeated"],
)
def test_an_unreadable_form_gets_a_page_that_says_so(kind, body):
    status, page = ask(kind, body.encode())
    assert status == 400 or (kind == MULTIPART and status == 200)
    assert status == 200 or errors.UNREADABLE in page


@given(kind=st.sampled_from([FORM, "multipart/form-data; boundary=x", "text/plain"]), parameters=st.text(max_size=40))
def test_no_content_type_causes_a_server_error(kind, parameters):
    assert ask(f"{kind};{parameters}", b"a=b", query="q=%5C")[0] in {200, 400}


@given(
    headers=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40)
        | st.sampled_from(
            [
                'Content-Disposition: form-data; name="a"',
                'Content-Disposition: form-data; name="a"; filename="b"',
                "Content-Disposition: form-data; name*=hex''%ff; filename*=zip''b",
                "Content-Type: text/plain; charset*=nonsense''x",
                "Content-Transfer-Encoding: base64",
                "Content-Length: x",
            ]
        ),
        max_size=4,
    ),
    body=st.binary(max_size=40),
)
def test_no_multipart_form_causes_a_server_error(headers, body):
    form = b"--x\r\n" + "\r\n".join(headers).encode() + b"\r\n\r\n" + body + b"\r\n--x--\r\n"
    assert ask(MULTIPART, form)[0] in {200, 400}


@pytest.mark.parametrize(
    "address", ["/echo/%00/", "/echo/a%00b/", "/%00", "/echo/a/?q=%00", "/echo/a/?%00=q"], ids=lambda address: address
)
def test_a_nul_in_the_address_is_refused(address):
    assert refused(Client().get(address), request_guard.NOT_TEXT)


@pytest.mark.parametrize("body", ["a=%00", "%00=a", "a=b&a=c%00"])
def test_a_nul_in_the_form_is_refused(body):
    assert refused(post(body), request_guard.NOT_TEXT)


def test_a_cookie_with_a_nul_is_dropped():
    client = Client(headers={"cookie": 'visitor="a\\000b"; other=fine'})
    assert client.get("/echo/a/").json()["cookies"] == {"other": "fine"}


@pytest.mark.parametrize("address", ["/echo/%ED%A0%80/", "/echo/%FF/?q=%ED%A0%80&r=%FF", "/%C0%AF"])
def test_an_address_with_broken_unicode_is_answered(address):
    assert Client().get(address).status_code in {200, 404}


def test_a_foreign_host_is_refused():
    response = Client(headers={"host": "evil.example"}).get("/protected/")
    assert refused(response, errors.UNREADABLE)
