"""The site as `make run` serves it: the first and the second start, what it serves, and how it stops."""

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.site import Site

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Return a site that was started, stopped and started again, with the output of each start."""
    site = Site.copy(tmp_path_factory.mktemp("site"))
    site.start()
    code = site.stop()
    site.first_code, site.first_output = code, site.output
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="module")
def behind_proxy(started):
    """Return the address of the same site behind a proxy that speaks https."""
    site = Site(started.folder)
    site.start(SITE_URL="https://127.0.0.1", TRUSTED_PROXY="true")
    yield site.url
    site.stop()


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def fetch(address, **headers):
    """Fetch an address without following redirects; return the status, the headers and the text."""
    request = urllib.request.Request(address, headers=headers)
    try:
        answer = urllib.request.build_opener(NoRedirects).open(request, timeout=10)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        return answer.status, answer.headers, answer.read().decode(errors="replace")


def test_ctrl_c_stops_it_silently(started):
    assert started.first_code == 0
    assert started.first_output.endswith("Stop with Ctrl-C.\n")


def test_the_first_start_prints_the_addresses_and_the_accounts(started):
    accounts = json.loads((started.folder / "var" / "accounts.json").read_text())
    assert set(accounts) == {"editor", "agent", "reviewer", "admin"}
    assert all(account["password"] in started.first_output for account in accounts.values())
    assert re.search(r"^Customers: http://127\.0\.0\.1:\d+/$", started.first_output, re.MULTILINE)
    assert re.search(r"^Staff: +http://127\.0\.0\.1:\d+/admin/", started.first_output, re.MULTILINE)


def test_the_second_start_changes_no_files(started, capsys):
    var = started.folder / "var"
    files = [file for file in var.rglob("*") if file.is_file() and not file.name.startswith("db.sqlite3")]
    assert files
    assert [file.name for file in files if file.stat().st_mtime > started.began_at] == []
    assert "published" not in (started.folder / "output").read_text()
    with capsys.disabled():
        print(f"\nThe second start served after {started.seconds:.1f} s")


def test_the_second_start_prints_no_password(started):
    output = (started.folder / "output").read_text()
    accounts = json.loads((started.folder / "var" / "accounts.json").read_text())
    assert len(accounts) == 4
    assert not any(account["password"] in output for account in accounts.values())


def test_its_files_are_for_their_owner_only(started):
    var = started.folder / "var"
    assert var.stat().st_mode & 0o777 == 0o700
    # Not the files below static/: they are public anyway, in a folder that only its owner can enter.
    files = list(var.iterdir())
    assert files
    open_to_others = [path.name for path in files if path.stat().st_mode & 0o077]
    assert open_to_others == []


def test_the_first_page_is_compressed_and_hides_its_workings(started):
    _, headers, _ = fetch(started.url, **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Cache-Control"] == "no-store"
    assert "'unsafe" not in headers["Content-Security-Policy"]


def test_static_files_are_compressed_and_immutable(started):
    _, _, page = fetch(started.url)
    files = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page)
    assert files
    for file in files:
        _, headers, _ = fetch(started.url + file, **{"Accept-Encoding": "br"})
        assert headers["Content-Encoding"] == "br", file
        assert "immutable" in headers["Cache-Control"], file


def test_the_accounts_open_the_pages_of_staff(started):
    accounts = json.loads((started.folder / "var" / "accounts.json").read_text())
    assert len(accounts) == 4
    for account in accounts.values():
        assert "Log out" in log_in(started.url, account)


def log_in(url, account):
    """Log in as a browser does; return the next page."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    address = f"{url}/account/login/?next=/admin/"
    with browser.open(address, timeout=10) as answer:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())[1]
    form = {"login": account["username"], "password": account["password"], "csrfmiddlewaretoken": token}
    form = urllib.parse.urlencode(form).encode()
    with browser.open(address, form, timeout=10) as answer:
        return answer.read().decode()


def test_plain_http_redirects_to_https_if_the_site_is_https(behind_proxy):
    status, headers, _ = fetch(behind_proxy)
    assert status == 301
    assert headers["Location"].startswith("https://127.0.0.1")


def test_cookies_are_bound_to_the_host_if_the_site_is_https(behind_proxy):
    address = f"{behind_proxy}/account/login/"
    status, headers, _ = fetch(address, **{"X-Forwarded-Proto": "https"})
    assert status == 200
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    (cookie,) = headers.get_all("Set-Cookie")
    assert cookie.startswith("__Host-csrf=")
    assert "; Secure" in cookie
    assert "; HttpOnly" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
