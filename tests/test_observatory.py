"""MDN's HTTP Observatory gives every page at least 125 points, for every role and with production settings."""

from __future__ import annotations

import os
import re
import runpy
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver

from helpdesk import errors, security_headers
from tests import observatory
from tests.admin.forms.editing import toy
from tests.observatory import Answer, judge
from tests.test_devserver import ROOT
from tests.visitor import HTMX, Visitor
from wizards import search
from wizards.models import Case, Delivery, Node, Procedure, Search, Session, Version, Webhook
from wizards.review import findings
from wizards.support.delivery import outbox

pytestmark = [pytest.mark.once, pytest.mark.django_db]

HOST = "help.example.org"
HTTPS = {"HTTP_HOST": HOST, "HTTP_X_FORWARDED_PROTO": "https"}
MIN_SCORE = 125


# --- The site in production ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def for_production():
    """Return the settings of an https site behind a proxy, with the static files of the tests."""
    environment = dict(os.environ)
    os.environ |= {"SITE_URL": f"https://{HOST}", "TRUSTED_PROXY": "true", "STATIC_PLAIN": "true"}
    try:
        read = runpy.run_path(str(ROOT / "helpdesk" / "settings.py"))
    finally:
        os.environ.clear()
        os.environ.update(environment)
    return {name: value for name, value in read.items() if name.isupper()}


@pytest.fixture
def production(settings, for_production):
    """Apply the production settings, without the second step, which has its own test."""
    for name, value in for_production.items():
        if getattr(settings, name, None) != value and name not in {"DATABASES", "LOGGING"}:
            setattr(settings, name, value)
    settings.STAFF_MFA = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def world(production) -> dict[str, Any]:
    """Create data for every page; return the keys for its addresses, and the browsers that may see it."""
    wizard = toy()
    owner = Visitor(**HTTPS).begin().walk("no")
    root = staff("root", is_superuser=True)
    case = Case.objects.create(session=owner.session)
    hook = Webhook.objects.create(name="hook", url="https://hooks.example.org/", secret="whsec_" + "A" * 32)
    outbox.notify_webhooks(case, outbox.OPENED)
    Search.objects.create(words="Red light", query="red light", found=0)
    user = User.objects.get()
    finding = findings.open_session_finding(owner.session, user, "Look.", user)
    call = root.post("/desk/begin/", {"way": "toy/s", "caller": ""})["Location"].split("/")[2]
    named = {
        "auth.user": user.pk,
        "auth.group": Group.objects.first().pk,
        "wizards.wizard": wizard.pk,
        "wizards.node": Node.objects.first().pk,
        "wizards.procedure": Procedure.objects.first().pk,
        "wizards.version": Version.objects.first().pk,
        "wizards.webhook": hook.pk,
        "wizards.delivery": Delivery.objects.first().pk,
    }
    return {"owner": owner, "root": root, "call": call, "case": case.pk, "finding": finding.pk, "named": named}


def staff(name: str, *groups: str, **rights: bool) -> Client:
    """Return the browser of a member of staff."""
    user = User.objects.create(username=name, is_staff=True, **rights)
    user.groups.set(Group.objects.filter(name__in=groups))
    client = Client(raise_request_exception=False, **HTTPS)
    client.force_login(user)
    return client


def addresses(world: dict[str, Any]) -> Iterator[str]:
    """Yield an address for every route of the site. Parameters without a value are 1."""
    for pattern in patterns(get_resolver().url_patterns):
        words = {"slug": "toy", "symptom": "s", "code": world["owner"].code, "number": 1, "name": "up-" + "0" * 16}
        words["pk"] = world["case"] if pattern.startswith("desk/") else world["finding"]
        if pattern.startswith("desk/"):
            words["code"] = world["call"]
        if match := re.match(r"admin/(\w+)/(\w+)/", pattern):
            words["object_id"] = words["pk"] = world["named"].get(f"{match[1]}.{match[2]}", 1)
        yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda part, words=words: str(words.get(part[1], 1)), pattern)


def patterns(entries: Any, before: str = "") -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, URLPattern):
            yield re.sub(r"\(\?P<url>.*|[\^$]", "", before + str(entry.pattern))
        else:
            yield from patterns(entry.url_patterns, before + str(entry.pattern))


# --- Scoring pages ---------------------------------------------------------------------------------------------------


def judged(client: Client, response: Any, address: str = "/") -> observatory.Judgement:
    """Score a response, together with the cookies that the browser has after it."""
    page = "" if response.streaming else response.content.decode(errors="replace")
    headers = {name.lower(): value for name, value in response.headers.items()}
    plain = client.get(address, headers={"x-forwarded-proto": "http"}).headers.get("Location", "")
    return judge(Answer(f"https://{HOST}{address}", headers, client.cookies, page, plain))


def assert_scores_well(client: Client, response: Any, address: str = "/") -> None:
    judgement = judged(client, response, address)
    assert judgement.score >= MIN_SCORE, (address, response.status_code, judgement)


def test_every_page_scores_125_for_everybody(world):
    everyone = {
        "nobody": Client(raise_request_exception=False, **HTTPS),
        "the customer": world["owner"].client,
        "an administrator": world["root"],
    }
    pages = dict.fromkeys(everyone, 0)
    for address in addresses(world):
        for who, client in everyone.items():
            response = client.get(address)
            assert response.status_code < 500, (who, address)
            pages[who] += response.status_code == 200
            assert_scores_well(client, response, address)
    assert pages["nobody"] >= 7
    assert pages["the customer"] >= 12
    assert pages["an administrator"] >= 80


@pytest.mark.parametrize("group", ["editors", "agents", "reviewers", "leads"])
def test_the_start_pages_of_each_role_score_125(world, group):
    client = staff("someone", group)
    for address in ("/account/start/", "/admin/", "/desk/", "/review/", "/account/", "/account/password/"):
        assert_scores_well(client, client.get(address), address)


def test_setting_up_a_phone_scores_125(production, settings):
    settings.STAFF_MFA = True
    client = staff("someone", "agents")
    assert client.get("/desk/")["Location"] == "/account/phone/"
    assert_scores_well(client, client.get("/account/phone/"), "/account/phone/")


@pytest.mark.parametrize(
    ("status", "send"),
    [
        (400, lambda client: client.get("/?q=%00")),
        (400, lambda client: client.get("/", headers={"host": "evil.example"})),
        (403, lambda client: Client(enforce_csrf_checks=True, **HTTPS).post("/search/missed/")),
        (404, lambda client: client.get("/nowhere/")),
        (405, lambda client: client.post("/")),
        (400, lambda client: client.post("/search/missed/", {"words": "a" * 70_000})),
        (413, lambda client: client.generic("POST", "/admin/", b"", "text/plain", CONTENT_LENGTH="9999999")),
        (404, lambda client: client.get("/static/nothing.css")),
        (200, lambda client: client.get("/healthz")),
        (200, lambda client: client.get("/readyz")),
        (405, lambda client: client.post("/healthz")),
    ],
    ids=["nul", "host", "csrf", "404", "405", "too large", "413", "no file", "healthz", "readyz", "machine 405"],
)
def test_an_error_page_scores_125(production, status, send):
    client = Client(raise_request_exception=False, **HTTPS)
    response = send(client)
    assert response.status_code == status
    assert_scores_well(client, response)


def test_forbidden_scores_125(world):
    client = staff("someone", "agents")
    response = client.get("/admin/auth/user/")
    assert response.status_code == 403
    assert_scores_well(client, response)


def test_too_many_tries_score_125(world, settings):
    settings.RATES = settings.RATES | {"begin": "1 per hour"}
    client = Client(**HTTPS)
    assert [client.post("/begin/toy/s/").status_code for _ in range(2)] == [303, 429]
    assert_scores_well(client, client.post("/begin/toy/s/"))


def test_too_many_passwords_score_125(production):
    client = Client(**HTTPS)
    form = {"login": "nobody", "password": "wrong"}
    responses = [client.post("/account/login/", form) for _ in range(31)]
    assert responses[-1].status_code == 429
    assert_scores_well(client, responses[-1])


@pytest.mark.parametrize("without_template", [False, True], ids=["with its page", "with bare words"])
def test_a_server_error_scores_125(production, monkeypatch, without_template):
    def broken(*args: Any, **kwargs: Any) -> HttpResponse:
        raise RuntimeError("for the test")

    monkeypatch.setattr(search, "search", broken)
    if without_template:
        monkeypatch.setattr(errors, "render_to_string", broken)
    client = Client(raise_request_exception=False, **HTTPS)
    response = client.get("/search/?q=light")
    assert response.status_code == 500
    assert_scores_well(client, response)


def test_a_frame_beside_the_map_is_for_this_site_only(world):
    address = f"/admin/wizards/node/{world['named']['wizards.node']}/change/?_beside=1"
    response = world["root"].get(address)
    policy = observatory.policy_of(response["Content-Security-Policy"])
    assert (policy["frame-ancestors"], response["X-Frame-Options"]) == ({"'self'"}, "SAMEORIGIN")
    assert_scores_well(world["root"], response, address)


def test_a_static_file_tells_other_sites_nothing(production):
    response = Client(**HTTPS).get("/static/site.css")
    response.close()
    headers = response.headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    assert "Access-Control-Allow-Origin" not in headers


def test_a_fragment_carries_no_document_headers(world):
    response = world["owner"].answer("yes", number=1, headers=HTMX)
    assert response.status_code == 200
    assert not set(security_headers.DOCUMENT_HEADERS) & set(response.headers)
    assert response["X-Content-Type-Options"] == "nosniff"


def test_every_cookie_is_bound_to_this_host_and_hidden_from_scripts(world):
    client = Client(**HTTPS)
    client.get("/account/login/")
    jars = [client.cookies, world["owner"].client.cookies, world["root"].cookies]
    cookies = {name: cookie for jar in jars for name, cookie in jar.items()}
    assert {"__Host-csrf", "__Host-visitor"} <= set(cookies)
    for name, cookie in cookies.items():
        if name.startswith("__Host-staff"):  # set by the client of the tests
            continue
        assert (name[:7], cookie["path"], cookie["domain"]) == ("__Host-", "/", "")
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


# --- The scoring -----------------------------------------------------------------------------------------------------

BEST = {
    "content-type": "text/html",
    "content-security-policy": "default-src 'none'; script-src 'self'; form-action 'self'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
URL = f"https://{HOST}/"


def test_the_best_headers_score_140():
    assert judge(Answer(URL, BEST, plain=URL)).score == 140


def test_an_answer_without_headers_loses_points():
    judgement = judge(Answer(URL, {}, plain=""))
    assert judgement.score == 100 - 25 - 20 - 20 - 5 - 20
    assert judgement.findings["redirection"] == "missing"


@pytest.mark.parametrize(
    ("changes", "loss"),
    [
        ({"content-security-policy": ""}, 10 + 25 + 5 + 20),
        ({"content-security-policy": BEST["content-security-policy"] + "; default-src 'self'"}, 10 + 25 + 25),
        ({"content-security-policy": "default-src 'none'; script-src 'unsafe-inline'; frame-ancestors 'none'"}, 30),
        ({"content-security-policy": "default-src 'self'; frame-ancestors 'none'"}, 5),
        ({"content-security-policy": "default-src 'none'; style-src data:; frame-ancestors 'none'"}, 10),
        ({"content-security-policy": "default-src 'none'; img-src http:; frame-ancestors 'none'"}, 20),
        ({"content-security-policy": "default-src 'none'; script-src 'unsafe-eval'; frame-ancestors 'none'"}, 20),
        ({"strict-transport-security": "max-age=3600"}, 10),
        ({"strict-transport-security": "preload"}, 20),
        ({"x-content-type-options": "sniff"}, 5),
        ({"referrer-policy": "unsafe-url"}, 10),
        ({"referrer-policy": "nonsense"}, 10),
        ({"cross-origin-resource-policy": "nonsense"}, 15),
        ({"cross-origin-opener-policy": "unsafe-none"}, 10),
        ({"access-control-allow-origin": "https://a.example", "access-control-allow-credentials": "true"}, 50),
    ],
)
def test_a_missing_header_costs_what_the_table_says(changes, loss):
    judgement = judge(Answer(URL, BEST | changes, plain=URL))
    lost = sum(observatory.TABLE[name][found] for name, found in judgement.findings.items())
    assert lost == 40 - loss
    assert judgement.score < 140


@pytest.mark.parametrize(
    ("page", "finding"),
    [
        ("<p>None</p>", "no-scripts"),
        ("<script src=/static/site.js></script>", "same-origin"),
        ("<script src=/a.js integrity=sha256-x></script>", "same-origin-with-integrity"),
        ("<script src=/a.js></script><script src=https://a.example/b.js></script>", "external-over-https"),
        ("<script src=//a.example/b.js></script>", "external-insecure"),
        ("<script src=http://a.example/b.js integrity=x></script>", "external-with-integrity-insecure"),
    ],
)
def test_scripts_from_elsewhere_cost(page, finding):
    assert judge(Answer(URL, BEST, page=page)).findings["subresource-integrity"] == finding


@pytest.mark.parametrize(
    ("name", "attributes", "finding"),
    [
        ("csrf", {"secure": True, "httponly": True, "samesite": "Lax"}, "secure-httponly-and-samesite"),
        ("other", {"secure": True}, "secure-and-httponly"),
        ("csrf", {"secure": True}, "anticsrf-without-samesite"),
        ("sessionid", {"secure": True, "samesite": "Lax"}, "session-without-httponly"),
        ("sessionid", {"httponly": True, "samesite": "Lax"}, "session-without-secure-but-hsts"),
        ("other", {"samesite": "Lax"}, "without-secure-but-hsts"),
        ("other", {"samesite": "None"}, "samesite-invalid"),
    ],
)
def test_a_careless_cookie_costs(name, attributes, finding):
    response = HttpResponse()
    response.set_cookie(name, "x", **attributes)
    assert judge(Answer(URL, BEST, response.cookies)).findings["cookies"] == finding


def test_the_admin_is_among_the_pages(world):
    all_addresses = set(addresses(world))
    assert len(all_addresses) > 150
    for model in admin.site._registry:
        assert f"/admin/{model._meta.app_label}/{model._meta.model_name}/" in all_addresses
    assert Session.objects.exists()
