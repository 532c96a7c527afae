"""The checked-in file of nginx: what it accepts, what it adds to an answer, and what it leaves to the site."""

from __future__ import annotations

import gzip
import http.client
import socket
import ssl
from pathlib import Path

import pytest

from tools.scale.customers import Customer
from tools.scale.site import NAME, PROXY, Site, wait_for

pytestmark = pytest.mark.once


@pytest.fixture
def customer(site: Site, certificate: Path) -> Customer:
    customer = Customer(site.proxy, certificate)
    yield customer
    customer.leave()


def line_of(site: Site, part: str) -> str:
    """Return the last line of nginx's log with `part` in it; it is written a moment after the answer."""
    found: list[str] = []

    def there() -> bool:
        found[:] = [line for line in site.proxy.log.read_text().splitlines() if part in line]
        return bool(found)

    wait_for(f"a line with {part}", there)
    return found[-1]


def test_nginx_finds_no_mistake_in_it(site: Site):
    said = site.proxy.check()
    assert "test is successful" in said
    assert "[warn]" not in said


def test_the_site_s_own_security_headers_come_through_once(customer: Customer):
    answer = customer.ask("GET", "/")
    assert answer.status == 200
    for name in ("Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"):
        assert len(answer.headers.get_all(name)) == 1, name
    assert "nginx/" not in answer.headers["Server"]


def padding(compressed: bytes) -> bytes:
    """Return the name in a gzip file's head: the site puts one of random length there, and nginx none."""
    return compressed[10:].partition(b"\0")[0] if compressed[3] & 8 else b""


def test_pages_come_as_the_site_compressed_them(customer: Customer):
    answers = [customer.ask("GET", "/", {"Accept-Encoding": "gzip"}) for _ in range(6)]
    for answer in answers:
        assert answer.headers.get_all("Content-Encoding") == ["gzip"]
        assert b"<!DOCTYPE html>" in gzip.decompress(answer.page)
    assert len({padding(answer.page) for answer in answers}) > 1
    plain = customer.ask("GET", "/")
    assert plain.headers["Content-Encoding"] is None
    assert b"<!DOCTYPE html>" in plain.page


def test_a_file_with_a_hash_in_its_name_is_kept_for_good_and_comes_compressed_from_the_disk(
    site: Site, customer: Customer
):
    folder = site.proxy.folder / "static"
    folder.mkdir(exist_ok=True)
    (folder / "site.0123456789ab.css").write_text("body {}")
    (folder / "site.0123456789ab.css.gz").write_bytes(b"as it lies there")
    plain = customer.ask("GET", "/static/site.0123456789ab.css")
    assert (plain.status, plain.page) == (200, b"body {}")
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Vary"] == "Accept-Encoding"
    assert customer.ask("GET", "/static/site.0123456789ab.css", {"Accept-Encoding": "gzip"}).page == b"as it lies there"


def test_a_static_file_that_is_not_here_is_asked_of_the_hosts(customer: Customer):
    assert customer.ask("GET", "/static/favicon.svg").status == 200
    assert customer.ask("GET", "/static/site.ba9876543210.css").status == 404


def test_plain_http_leads_to_the_site_s_own_name_by_https(site: Site):
    asked = http.client.HTTPConnection(PROXY, site.proxy.plain, timeout=10)
    asked.request("GET", "/w/rings/?a=b", headers={"Host": "elsewhere.example.com"})
    answer = asked.getresponse()
    asked.close()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/w/rings/?a=b")


def test_another_name_gets_no_certificate(site: Site, certificate: Path):
    trust = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
    refused = pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name")
    with socket.create_connection((PROXY, site.proxy.port), 10) as plain, refused:
        trust.wrap_socket(plain, server_hostname="elsewhere.example.com")


def test_it_speaks_http_2(site: Site, certificate: Path):
    trust = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
    trust.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((PROXY, site.proxy.port), 10) as plain,
        trust.wrap_socket(plain, server_hostname=NAME) as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"


def test_a_form_that_is_a_little_too_large_gets_the_site_s_own_page_and_a_huge_one_gets_none(customer: Customer):
    a_little = customer.ask("POST", "/search/missed/", q="x" * 70_000)
    assert a_little.status == 400
    assert b"What your browser sent is too large" in a_little.page
    assert customer.ask("POST", "/search/missed/", q="x" * 200_000).status == 413


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/metrics/"])
def test_what_is_for_machines_is_not_for_the_public(site: Site, customer: Customer, path: str):
    assert customer.ask("GET", path).status == 404
    assert line_of(site, f" GET {path} 404 ").endswith('"-" "-"')


def test_its_log_says_nothing_about_who_asked_or_what_they_searched_for(site: Site, customer: Customer):
    customer.ask("GET", "/search/?q=my+name+is+Anna", {"User-Agent": "a kind of browser"})
    line = line_of(site, " GET /search/ 200 ")
    assert [word for word in ("Anna", "browser", customer.address) if word in line] == []
