"""POST to an untrusted server: the allowed addresses. Responses are in test_http_client_responses.py."""

from __future__ import annotations

import pytest

from tests.support.names import INSIDE, Names
from wizards.support.delivery import http_client
from wizards.support.delivery.http_client import AddressRules, NotAcceptedError, check_url, post

pytestmark = pytest.mark.once


@pytest.fixture
def connected(monkeypatch) -> list[str]:
    """Record the addresses that would be connected to; no connection is made."""
    asked: list[str] = []

    def connect(address, timeout=None):
        asked.append(address[0])
        raise ConnectionRefusedError("not in this test")

    monkeypatch.setattr(http_client.socket, "create_connection", connect)
    return asked


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused_and_nobody_is_called(connected, address):
    with pytest.raises(NotAcceptedError, match="not on the public internet"):
        post("https://hooks.example.org/", b"", {}, AddressRules(), Names([address]))
    assert connected == []


def test_a_name_that_leads_inside_among_others_is_refused(connected):
    with pytest.raises(NotAcceptedError, match=r"resolves to 10\.0\.0\.1"):
        post("https://hooks.example.org/", b"", {}, AddressRules(), Names(["8.8.8.8", "10.0.0.1"]))
    assert connected == []


def test_the_connection_goes_to_the_address_that_was_looked_at(connected):
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(ConnectionRefusedError):
        post("https://hooks.example.org/", b"", {}, AddressRules(), names)
    assert connected == ["8.8.8.8"]
    assert names.asked == [("hooks.example.org", 443)]


def test_a_name_that_points_inside_the_next_time_is_refused_then(connected):
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(ConnectionRefusedError):
        post("https://hooks.example.org/", b"", {}, AddressRules(), names)
    with pytest.raises(NotAcceptedError, match=r"resolves to 127\.0\.0\.1"):
        post("https://hooks.example.org/", b"", {}, AddressRules(), names)
    assert connected == ["8.8.8.8"]


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "017700000001", "localhost", "127.0.0.1"])
def test_every_way_to_write_this_machine_is_refused_by_the_system_s_own_resolver(connected, host):
    with pytest.raises((NotAcceptedError, OSError)) as refused:
        post(f"https://{host}/", b"", {}, AddressRules())
    assert connected == []
    assert not isinstance(refused.value, ConnectionRefusedError)


# --- The URL ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.org/", "must start with https://"),
        ("ftp://hooks.example.org/", "must start with https://"),
        ("file:///etc/passwd", "must start with https://"),
        ("//hooks.example.org/", "must start with https://"),
        ("", "must start with https://"),
        ("https:///x", "needs a host"),
        ("https://", "needs a host"),
        ("https://hooks.example.org:0/", "needs a host"),
        ("https://hooks.example.org/a b", "needs a host"),
        ("https://hooks.example.org/a\r\nX: y", "needs a host"),
        ("https://hooks.example.org:99999/", "not a valid URL"),
        ("https://[::1/", "not a valid URL"),
        ("https://a..b/", "not a valid URL"),
        ("https://me:secret@hooks.example.org/", "must not contain a user name"),
        ("https://me@hooks.example.org/", "must not contain a user name"),
        ("https://hooks.example.org/#part", "must not contain a user name"),
        ("https://localhost/", "not on the public internet"),
        ("https://x.localhost./", "not on the public internet"),
        ("https://127.0.0.1/", "not on the public internet"),
        ("https://2130706433/", "not on the public internet"),
        ("https://[::1]/", "not on the public internet"),
        ("https://[::ffff:10.0.0.1]/", "not on the public internet"),
    ],
)
def test_an_address_that_can_never_be_used_is_refused_with_a_sentence(url, why):
    with pytest.raises(NotAcceptedError, match=why):
        check_url(url, AddressRules())


@pytest.mark.parametrize(
    "url", ["https://hooks.example.org", "https://bücher.example/a?b=c", "https://[2606:4700::1]:8443/"]
)
def test_other_addresses_are_taken(url):
    assert check_url(url, AddressRules()).scheme == "https"


def test_plain_http_and_ones_own_network_have_to_be_allowed():
    assert check_url("http://hooks.example.org/", AddressRules(http=True)).hostname
    assert check_url("https://10.0.0.1/", AddressRules(private=True)).hostname
    with pytest.raises(NotAcceptedError):
        check_url("http://10.0.0.1/", AddressRules(private=True))
