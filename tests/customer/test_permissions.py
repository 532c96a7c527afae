"""Who owns a session, which methods each URL takes, and that looking changes nothing."""

import hashlib

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from tests import roles
from tests.reading import read
from tests.visitor import CSRF, HTMX, Visitor, filled, publish, routes, rows
from wizards import journal, permissions
from wizards.models import CODE_LENGTH

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SESSION_ROUTES = sorted(routes("s/<code:code>/").values())
ROUTES = sorted(routes().items())
ALLOWED = {name: methods for name, methods in roles.methods().items() if name in dict(ROUTES)}
FORM = {"answer": "no", "helped": "yes", "words": "hello"}


@pytest.fixture
def visitor():
    """Give a visitor at the second page of a session through the toy: a step of a procedure."""
    publish()
    return Visitor().begin().walk("no")


def ask(client, method, address):
    """Send what would be a legal form to an address; return the response."""
    data = FORM if method == "POST" else None
    return client.post(address, data) if data else client.generic(method, address)


def places(code):
    """Return the addresses of a session, for its first page and its second."""
    return [filled(pattern, code=code, number=number) for pattern in SESSION_ROUTES for number in (1, 2)]


# Someone else's


def test_the_routes_of_a_session_are_known():
    assert len(SESSION_ROUTES) >= 9


@pytest.mark.parametrize("method", METHODS)
def test_someone_elses_session_is_a_404_everywhere(visitor, method):
    stranger = Visitor().begin()
    before = rows()
    for address in places(visitor.code):
        response = ask(stranger.client, method, address)
        assert response.status_code in {404, 405}, address
        assert response.status_code == 404 or method not in response["Allow"]
    assert rows() == before


@pytest.mark.parametrize("method", METHODS)
def test_someone_elses_session_and_one_that_does_not_exist_look_alike(visitor, method):
    stranger = Visitor().begin()
    nobodys = "2" * CODE_LENGTH
    theirs, none = ([ask(stranger.client, method, each) for each in places(code)] for code in (visitor.code, nobodys))
    assert len(theirs) >= 18
    assert [each.status_code for each in theirs] == [each.status_code for each in none]
    assert [read(each).text for each in theirs] == [read(each).text for each in none]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_cookie_every_session_is_a_404(visitor, method):
    responses = [ask(Client(), method, address) for address in places(visitor.code)]
    assert {response.status_code for response in responses} == {404, 405}
    assert [each for each in responses if each.status_code == 404 and "/" not in read(each).links] == []


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "0",
        "x" * 43,
        "x" * 100_000,
        '"a\\000b"',
        '"\\355\\240\\200"',
        "\udcff",
        "größe",
        "[1, 2]",
        "' OR 1=1 --",
        "%00",
        "visitor=visitor",
    ],
    ids=lambda cookie: ascii(cookie)[:20],
)
def test_a_forged_cookie_opens_nothing(visitor, cookie):
    before = rows()
    for address in places(visitor.code):
        # As a browser's bytes arrive: what is not a byte cannot be sent.
        sent = f"csrf={CSRF}; visitor={cookie}".encode("utf-8", "surrogateescape").decode("latin-1")
        for method in ("GET", "POST"):
            status, page = Visitor().raw(method, address, b"answer=next&helped=yes", HTTP_COOKIE=sent)
            assert status in {404, 405}, (address, page)
    assert rows() == before


def test_the_digest_itself_opens_nothing(visitor):
    client = Client()
    client.cookies["visitor"] = visitor.session.visitor
    assert client.get(visitor.address()).status_code == 404


def test_the_secret_of_a_staff_session_or_another_cookie_opens_nothing(visitor):
    client = Client()
    secret = visitor.client.cookies["visitor"].value
    for name in ("staff", "csrf", "Visitor", "__Host-visitor"):
        client.cookies[name] = secret
    assert client.get(visitor.address()).status_code == 404


def test_the_secret_in_the_address_or_the_form_opens_nothing(visitor):
    secret = visitor.client.cookies["visitor"].value
    for response in (
        Client().get(visitor.address(), {"visitor": secret}),
        Client().post(visitor.address(), {"visitor": secret, "answer": "next"}),
        Client().get(visitor.address(), headers={"visitor": secret, "authorization": secret}),
    ):
        assert response.status_code == 404
    assert len(visitor.log) == 2


def test_staff_own_no_customers_session_by_being_staff(visitor, admin_client):
    assert admin_client.get(visitor.address()).status_code == 404


def test_the_owner_sees_every_page(visitor):
    statuses = {address: visitor.client.get(address).status_code for address in places(visitor.code)}
    for address, status in statuses.items():
        if address.endswith("/2/news/"):
            assert status == 204
        else:
            # There are no steps to show on page 1; the others take forms only.
            assert status in {200, 302, 405} or (status, address[-8:]) == (400, "1/steps/")
    assert {200, 204, 302, 405} <= set(statuses.values())


def test_one_visitor_owns_several_sessions(visitor):
    first = visitor.address()
    visitor.begin()
    assert visitor.address() != first
    assert visitor.client.get(first).status_code == visitor.see().status_code == 200


# What the database and the addresses hold


def test_the_database_holds_only_the_digest_of_the_secret(visitor):
    secret = visitor.client.cookies["visitor"].value
    held = repr(rows(*apps.get_models()))
    assert secret not in held
    assert hashlib.sha256(secret.encode()).hexdigest() in held


def test_the_secret_is_on_no_page_and_in_no_url(visitor):
    secret, addresses = visitor.client.cookies["visitor"].value, [*places(visitor.code), "/"]
    assert len(addresses) >= 19
    for address in addresses:
        response = visitor.client.get(address)
        assert secret not in response.content.decode() + str(response.headers.get("Location"))
        assert visitor.session.visitor not in response.content.decode()


def test_a_code_is_twelve_characters_that_cannot_be_mistaken_for_each_other():
    version = publish()
    codes = [journal.begin(version, "s", permissions.digest(str(number))).code for number in range(100)]
    assert set("".join(codes)) <= set("23456789abcdefghjkmnpqrstuvwxyz")
    assert len(set("".join(codes))) > 25
    assert {len(code) for code in codes} == {12}
    assert len(set(codes)) == 100


# Methods


@pytest.mark.parametrize(("name", "pattern"), ROUTES)
def test_a_url_takes_its_methods_and_answers_405_to_others(visitor, name, pattern):
    address = filled(pattern, code=visitor.code, number=1, slug="toy", symptom="s")
    methods = (*METHODS, "TRACE", "BREW")
    responses = {method: ask(visitor.client, method, address) for method in methods}
    refused = {method: response["Allow"] for method, response in responses.items() if response.status_code == 405}
    assert refused == dict.fromkeys(set(methods) - set(ALLOWED[name].split(", ")), ALLOWED[name])


# Looking


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_any_page_writes_nothing(visitor, method, headers):
    visitor.walk("next")
    before = rows(*apps.get_models())
    with connection.execute_wrapper(reads_only):
        for pattern in routes().values():
            for number in (0, 1, 2, 3, 99):
                address = filled(pattern, code=visitor.code, number=number, slug="toy", symptom="s")
                for query in ("", "?said=remark&q=reset&answer=worked&helped=yes&words=x"):
                    response = visitor.client.generic(method, address + query, headers=headers)
                    missing = {404} if pattern.startswith("pictures/") else set()
                    assert response.status_code in {200, 204, 301, 302, 400, 405} | missing, address
    assert rows(*apps.get_models()) == before


def test_looking_without_a_session_writes_nothing(client):
    publish()
    before = rows(*apps.get_models())
    with connection.execute_wrapper(reads_only):
        for address in ("/", "/search/?q=reset", "/w/toy/", "/contact/", "/nowhere/", "/s/222222222222/1/"):
            client.get(address)
    assert rows(*apps.get_models()) == before


def reads_only(execute, sql, params, many, context):
    """Let only statements through that read."""
    assert sql.split()[0].upper() in {"SELECT", "SAVEPOINT", "RELEASE"}, sql
    return execute(sql, params, many, context)


@pytest.mark.parametrize("name", ["step", "told", "steps", "remark", "help"])
def test_a_head_request_answers_as_get_does_without_a_body(visitor, name):
    answer = visitor.client.head(visitor.address(name))
    assert answer.status_code == 200
    assert answer.content == b""


def test_a_customer_gets_no_django_session(visitor):
    visitor.walk("worked")
    visitor.send("feedback", helped="yes")
    visitor.client.get("/")
    assert "staff" not in visitor.client.cookies
    assert not apps.get_model("sessions", "Session").objects.exists()
