"""What every request passes: forged and damaged requests get a page in plain words, and no view sees them."""

import io
import json
import sqlite3
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.test import Client
from django.urls import path
from django.utils.http import parse_header_parameters
from django.views.decorators.csrf import csrf_exempt
from hypothesis import given
from hypothesis import strategies as st

from helpdesk import errors, middleware, urls, wsgi

# The database is only there to be left alone: a request begins and ends with a look at its connections.
pytestmark = [pytest.mark.urls(__name__), pytest.mark.once, pytest.mark.django_db]

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
LIMIT = 64 * 1024


@csrf_exempt
def echo(request: HttpRequest, word: str = "") -> JsonResponse:
    """Answer with what arrived."""
    return JsonResponse({"form": dict(request.POST.lists()), "query": request.GET, "cookies": request.COOKIES})


def protected(request: HttpRequest) -> JsonResponse:
    return JsonResponse({})


def fragment(request: HttpRequest) -> HttpResponse:
    """Answer with a form for forgery protection, as a fragment where the address says so."""
    response = HttpResponse(get_token(request))
    response.is_fragment = "fragment" in request.path
    return response


def broken(request: HttpRequest) -> JsonResponse:
    raise RuntimeError("for the test")


def away(request: HttpRequest) -> JsonResponse:
    raise OperationalError("connection refused")


def mistaken(request: HttpRequest) -> JsonResponse:
    """Ask for a table that is not there, as the code does where a migration is missing."""
    try:
        sqlite3.connect(":memory:").execute("SELECT 1 FROM nowhere")
    except sqlite3.OperationalError as cause:
        raise OperationalError(*cause.args) from cause


urlpatterns = [
    path("echo/<str:word>/", echo),
    path("admin/echo/", echo),
    path("protected/", protected),
    path("fragment/", fragment),
    path("whole/", fragment),
    path("broken/", broken),
    path("away/", csrf_exempt(away)),
    path("mistaken/", mistaken),
    *urls.urlpatterns,
]
handler400 = "helpdesk.errors.bad_request"
handler403 = "helpdesk.errors.permission_denied"
handler404 = "helpdesk.errors.page_not_found"
handler500 = "helpdesk.errors.server_error"


def post(body, kind=FORM, address="/echo/a/", **headers):
    body = body.encode() if isinstance(body, str) else body
    return Client().generic("POST", address, body, kind, headers=headers)


def refused(response, reason):
    """Return whether the answer is the page for what cannot be read, with its reason."""
    return response.status_code == 400 and reason in response.content.decode() and "<h1" in response.content.decode()


def test_a_form_arrives_as_it_was_sent():
    response = post(urlencode({"words": "größer 📷"}))
    assert response.json()["form"] == {"words": ["größer 📷"]}


def test_a_body_just_within_the_limit_arrives():
    assert post("a=" + "b" * (LIMIT - 3)).status_code == 200


def test_a_body_over_the_limit_is_refused():
    assert refused(post("a=" + "b" * LIMIT), middleware.TOO_LARGE)


def test_a_large_upload_is_refused_before_it_is_read():
    request = Client().request
    response = request(
        REQUEST_METHOD="POST",
        PATH_INFO="/echo/a/",
        CONTENT_TYPE=MULTIPART,
        CONTENT_LENGTH=str(LIMIT + 1),
        **{"wsgi.input": Unreadable()},
    )
    assert refused(response, middleware.TOO_LARGE)


class Unreadable(io.BytesIO):
    def read(self, *args):
        raise AssertionError("The body was read.")


def test_editors_pages_keep_djangos_own_limits():
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
def test_editors_uploads_have_a_limit_that_the_page_says_before_anything_is_read(kind):
    response = upload_to_editors(str(middleware.LONGEST_UPLOAD + 1), kind)
    assert response.status_code == 413
    assert "<h1>" in response.content.decode()
    assert "larger than 6 MB" in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"


def test_a_picture_of_5_mb_arrives_at_editors_pages():
    head = 'Content-Disposition: form-data; name="file"; filename="a"'
    whole = f"--x\r\n{head}\r\n\r\n{'b' * 5 * 1024 * 1024}\r\n--x--\r\n".encode()
    assert upload_to_editors(str(len(whole)), body=io.BytesIO(whole)).status_code == 200


def test_what_states_no_length_is_not_read_on_editors_pages():
    body = io.BytesIO(b"--x\r\n" + b"b" * (middleware.LONGEST_UPLOAD + 1))
    assert upload_to_editors("", body=body).json()["form"] == {}
    assert body.tell() == 0


@pytest.mark.parametrize("address", ["/echo/a/", "/admin/echo/"])
@pytest.mark.parametrize("length", ["", "many", "-1", "²", "٣", "9" * 5000], ids=lambda length: length[:5])
def test_a_length_that_is_no_number_is_no_fault_of_ours(length, address):
    request = Client().request
    response = request(REQUEST_METHOD="POST", PATH_INFO=address, CONTENT_TYPE=FORM, CONTENT_LENGTH=length)
    assert response.status_code == (400 if length else 200)


@pytest.mark.django_db
@pytest.mark.parametrize("query", [f"id__in={2**63}", f"pk__in=1,{2**64}", f"id__in=-{2**63 + 1}"])
def test_a_number_that_no_column_has_is_refused_on_editors_lists(admin_client, query):
    with transaction.atomic():  # PostgreSQL takes no more statements after one that it refused
        assert admin_client.get(f"/admin/auth/user/?{query}").status_code == 400
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("chosen", ["../../etc/passwd", "", "1.5", "\u00b2", "9" * 30])
@pytest.mark.parametrize("rows", ["auth/group", "wizards/webhook", "wizards/delivery"])
def test_what_is_no_key_is_no_fault_of_ours_on_editors_lists(admin_client, rows, chosen):
    action = {"action": "delete_selected", "_selected_action": chosen}
    assert admin_client.post(f"/admin/{rows}/", action).status_code in {200, 302, 400}


@pytest.mark.django_db
@pytest.mark.parametrize("year", ["99999", "0", "-1", str(2**31), str(2**64)])
def test_a_year_that_no_calendar_has_is_no_fault_of_ours(admin_client, year):
    assert admin_client.get(f"/admin/wizards/delivery/?made_at__year={year}").status_code in {302, 400}


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
    assert parse_header_parameters(wsgi.plain_type(kind)) == ("multipart/form-data", {"boundary": between})
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
def test_a_form_that_cannot_be_read_gets_a_page_that_says_so(kind, body):
    status, page = ask(kind, body.encode())
    assert status == 400 or (kind == MULTIPART and status == 200)
    assert status == 200 or errors.UNREADABLE in page


def ask(kind, body, query=""):
    """Send a form the whole way, as gunicorn would; return the status and the page."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/echo/a/",
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "127.0.0.1:8000",
        "CONTENT_TYPE": kind.encode().decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
    }
    answers = []
    body = b"".join(wsgi.application(environ, lambda status, headers: answers.append(status)))
    return int(answers[0][:3]), body.decode()


@given(kind=st.sampled_from([FORM, "multipart/form-data; boundary=x", "text/plain"]), parameters=st.text(max_size=40))
def test_no_content_type_ends_in_a_fault_of_ours(kind, parameters):
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
def test_no_multipart_form_ends_in_a_fault_of_ours(headers, body):
    form = b"--x\r\n" + "\r\n".join(headers).encode() + b"\r\n\r\n" + body + b"\r\n--x--\r\n"
    assert ask(MULTIPART, form)[0] in {200, 400}


@pytest.mark.parametrize(
    "address", ["/echo/%00/", "/echo/a%00b/", "/%00", "/echo/a/?q=%00", "/echo/a/?%00=q"], ids=lambda address: address
)
def test_a_nul_in_the_address_is_refused(address):
    assert refused(Client().get(address), middleware.NOT_TEXT)


@pytest.mark.parametrize("body", ["a=%00", "%00=a", "a=b&a=c%00"])
def test_a_nul_in_the_form_is_refused(body):
    assert refused(post(body), middleware.NOT_TEXT)


def test_a_cookie_with_a_nul_is_forgotten():
    client = Client(headers={"cookie": 'visitor="a\\000b"; other=fine'})
    assert client.get("/echo/a/").json()["cookies"] == {"other": "fine"}


def test_an_address_with_broken_unicode_is_answered():
    for address in ("/echo/%ED%A0%80/", "/echo/%FF/?q=%ED%A0%80&r=%FF", "/%C0%AF"):
        assert Client().get(address).status_code in {200, 404}


def test_a_host_that_is_not_ours_is_refused():
    response = Client(headers={"host": "evil.example"}).get("/protected/")
    assert refused(response, errors.UNREADABLE)


def test_a_form_from_elsewhere_is_refused_with_a_way_on():
    response = Client(enforce_csrf_checks=True).post("/protected/")
    assert response.status_code == 403
    page = response.content.decode()
    assert "reload the page" in page
    assert 'href="/"' in page


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://testserver", 200), ("http://evil.example", 403), ("https://evil.example", 403), ("null", 403)],
)
def test_a_form_with_a_stolen_token_is_taken_from_our_own_pages_only(origin, status):
    client = Client(enforce_csrf_checks=True)
    token = client.get("/whole/").content.decode()
    response = client.post("/protected/", {"csrfmiddlewaretoken": token}, headers={"origin": origin})
    assert response.status_code == status


def test_an_address_that_names_nothing_leads_home():
    response = Client().get("/nowhere/")
    assert response.status_code == 404
    assert 'href="/"' in response.content.decode()


@pytest.mark.parametrize("address", ["/nowhere/", "/broken/", "/?q=%00"])
def test_no_page_about_what_went_wrong_is_stored(address):
    response = Client(raise_request_exception=False).get(address)
    assert response.status_code >= 400
    assert response["Cache-Control"] == "no-store"


def test_a_fault_of_ours_is_owned_up_to_without_details():
    client = Client(raise_request_exception=False)
    response = client.get("/broken/")
    assert response.status_code == 500
    assert "<h1" in response.content.decode()
    assert "RuntimeError" not in response.content.decode()


def test_a_fault_of_ours_is_owned_up_to_even_where_the_template_is_broken_too(monkeypatch):
    monkeypatch.setattr(errors, "render_to_string", broken)
    response = Client(raise_request_exception=False).get("/broken/")
    assert response.status_code == 500
    assert "<h1>Something went wrong on our side</h1>" in response.content.decode()


def test_while_the_database_is_away_a_calm_page_says_when_to_try_again():
    response = Client(raise_request_exception=False).get("/away/?a=b&c=d")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response["Cache-Control"] == "no-store"
    page = response.content.decode()
    assert "<h1" in page
    assert 'href="/away/?a=b&amp;c=d">Try again' in page
    assert "refused" not in page


@pytest.mark.parametrize(
    ("came", "leads"),
    [
        ("http://testserver/s/abc/3/", "http://testserver/s/abc/3/"),
        ("http://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_a_form_that_cannot_be_taken_is_tried_again_from_its_own_page(settings, came, leads):
    settings.ALLOWED_HOSTS = ["testserver"]
    headers = {"referer": came} if came else {}
    response = Client(raise_request_exception=False).post("/away/", headers=headers)
    assert response.status_code == 503
    assert f'href="{leads}">Try again' in response.content.decode()


def test_a_statement_that_is_wrong_is_a_fault_of_ours():
    assert Client(raise_request_exception=False).get("/mistaken/").status_code == 500


def test_every_page_carries_the_security_headers():
    headers = Client().get("/echo/a/").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_a_fragment_leaves_out_what_only_a_whole_page_needs():
    visitor = Client()
    whole = visitor.get("/whole/")
    assert "csrf" in whole.cookies
    again = visitor.get("/whole/")
    assert "csrf" in again.cookies
    part = visitor.get("/fragment/")
    assert "csrf" not in part.cookies
    for name in middleware.FOR_DOCUMENTS:
        assert name in whole.headers
        assert name not in part.headers
    assert part.headers["X-Content-Type-Options"] == "nosniff"


def test_a_fragment_still_gives_a_first_cookie_for_forms():
    assert "csrf" in Client().get("/fragment/").cookies


def test_a_refusal_carries_them_too():
    headers = post("a=%00").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]


def test_the_limit_is_the_one_that_the_settings_name():
    assert settings.LONGEST_FORM == LIMIT
