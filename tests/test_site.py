"""The site as `make run` serves it: a first start, a second one, what it serves, and how it stops."""

import http.cookiejar
import json
import re
import urllib.parse
import urllib.request

import pytest

from tests.site import Site

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Give a site that was started, stopped and started again; with what each start printed."""
    site = Site.copy(tmp_path_factory.mktemp("site"))
    site.start()
    code = site.stop()
    site.first_code, site.first_output = code, site.output
    site.start()
    yield site
    site.stop()


def fetch(address, **headers):
    return urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10)


def test_ctrl_c_stops_it_without_a_word(started):
    assert started.first_code == 0
    assert started.first_output.endswith("Stop with Ctrl-C.\n")


def test_the_first_start_prints_the_addresses_and_the_accounts(started):
    accounts = json.loads((started.folder / "var" / "accounts.json").read_text())
    assert set(accounts) == {"editor", "agent", "reviewer", "admin"}
    assert all(account["password"] in started.first_output for account in accounts.values())
    assert re.search(r"^Customers: http://127\.0\.0\.1:\d+/$", started.first_output, re.MULTILINE)
    assert re.search(r"^Staff: +http://127\.0\.0\.1:\d+/admin/", started.first_output, re.MULTILINE)


def test_the_second_start_serves_within_five_seconds_and_prints_no_password(started):
    assert started.seconds < 5
    output = (started.folder / "output").read_text()
    accounts = json.loads((started.folder / "var" / "accounts.json").read_text())
    assert not any(account["password"] in output for account in accounts.values())


def test_what_it_writes_is_for_its_owner_only(started):
    var = started.folder / "var"
    assert var.stat().st_mode & 0o777 == 0o700
    # The static files are public anyway, and lie in a folder that only its owner enters.
    open_to_others = [path.name for path in var.iterdir() if path.stat().st_mode & 0o077]
    assert open_to_others == []


def test_the_first_page_is_compressed_and_hides_its_workings(started):
    answer = fetch(started.url, **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "'unsafe" not in answer.headers["Content-Security-Policy"]


def test_static_files_are_compressed_and_kept_for_good(started):
    page = fetch(started.url).read().decode()
    files = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page)
    assert files
    for file in files:
        answer = fetch(started.url + file, **{"Accept-Encoding": "br"})
        assert answer.headers["Content-Encoding"] == "br", file
        assert "immutable" in answer.headers["Cache-Control"], file


def test_the_accounts_open_the_staffs_pages(started):
    accounts = json.loads((started.folder / "var" / "accounts.json").read_text())
    for account in accounts.values():
        assert "Log out" in log_in(started.url, account).read().decode()


def log_in(url, account):
    """Log in as a browser does; return the page that follows."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = browser.open(f"{url}/admin/login/?next=/admin/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    form = urllib.parse.urlencode(account | {"csrfmiddlewaretoken": token}).encode()
    return browser.open(f"{url}/admin/login/?next=/admin/", form)
