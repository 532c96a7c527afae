"""One POST to a stranger's server: where it may lead, how long it may take, and what is believed."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.cases.receivers import HOST, hook_server
from wizards.cases import posting
from wizards.cases.addresses import is_public
from wizards.cases.posting import NotAcceptedError, Rules, checked, post

pytestmark = pytest.mark.once

ANYTHING = Rules(http=True, private=True)
PUBLIC = Rules(http=True)

INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
    "",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
]
OUTSIDE = [
    "8.8.8.8",
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "198.20.0.1",
    "223.255.255.1",
]
OUTSIDE += ["2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888"]


class Names:
    """A resolver that answers what it is told, one answer after the other, and counts."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers.pop(0)


@pytest.fixture
def connected(monkeypatch) -> list[str]:
    """Keep to which addresses connections were asked for; none is made."""
    asked: list[str] = []

    def connect(address, timeout=None):
        asked.append(address[0])
        raise ConnectionRefusedError("not in this test")

    monkeypatch.setattr(posting.socket, "create_connection", connect)
    return asked


# --- Where it may lead --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_on_the_public_internet_is_known_as_such(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_address_is_one(address):
    assert is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused_and_nobody_is_called(connected, address):
    with pytest.raises(NotAcceptedError, match="not on the public internet"):
        post("https://hooks.example.org/", b"", {}, Rules(), Names([address]))
    assert connected == []


def test_a_name_that_leads_inside_among_others_is_refused(connected):
    with pytest.raises(NotAcceptedError, match=r"leads to 10\.0\.0\.1"):
        post("https://hooks.example.org/", b"", {}, Rules(), Names(["8.8.8.8", "10.0.0.1"]))
    assert connected == []


def test_the_connection_goes_to_the_address_that_was_looked_at(connected):
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(ConnectionRefusedError):
        post("https://hooks.example.org/", b"", {}, Rules(), names)
    assert connected == ["8.8.8.8"]
    assert names.asked == [("hooks.example.org", 443)]


def test_a_name_that_points_inside_the_next_time_is_refused_then(connected):
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(ConnectionRefusedError):
        post("https://hooks.example.org/", b"", {}, Rules(), names)
    with pytest.raises(NotAcceptedError, match=r"leads to 127\.0\.0\.1"):
        post("https://hooks.example.org/", b"", {}, Rules(), names)
    assert connected == ["8.8.8.8"]


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "017700000001", "localhost", "127.0.0.1"])
def test_every_way_to_write_this_machine_is_refused_by_the_system_s_own_resolver(connected, host):
    with pytest.raises((NotAcceptedError, OSError)) as refused:
        post(f"https://{host}/", b"", {}, Rules())
    assert connected == []
    assert not isinstance(refused.value, ConnectionRefusedError)


# --- The URL ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.org/", "begin with https://"),
        ("ftp://hooks.example.org/", "begin with https://"),
        ("file:///etc/passwd", "begin with https://"),
        ("//hooks.example.org/", "begin with https://"),
        ("", "begin with https://"),
        ("https:///x", "needs a host"),
        ("https://", "needs a host"),
        ("https://hooks.example.org:0/", "needs a host"),
        ("https://hooks.example.org/a b", "needs a host"),
        ("https://hooks.example.org/a\r\nX: y", "needs a host"),
        ("https://hooks.example.org:99999/", "no address that can be read"),
        ("https://[::1/", "no address that can be read"),
        ("https://a..b/", "no address that can be read"),
        ("https://me:secret@hooks.example.org/", "no user name"),
        ("https://me@hooks.example.org/", "no user name"),
        ("https://hooks.example.org/#part", "no user name"),
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
        checked(url, Rules())


@pytest.mark.parametrize(
    "url", ["https://hooks.example.org", "https://bücher.example/a?b=c", "https://[2606:4700::1]:8443/"]
)
def test_other_addresses_are_taken(url):
    assert checked(url, Rules()).scheme == "https"


def test_plain_http_and_ones_own_network_have_to_be_allowed():
    assert checked("http://hooks.example.org/", Rules(http=True)).hostname
    assert checked("https://10.0.0.1/", Rules(private=True)).hostname
    with pytest.raises(NotAcceptedError):
        checked("http://10.0.0.1/", Rules(private=True))


# --- Talking ------------------------------------------------------------------------------------------------------


def send(server, url: str = "", seconds: float = 5, **options) -> int:
    return post(url or server.url, b"{}", {"X-One": "1"}, ANYTHING, seconds=seconds, **options)


def test_the_status_of_the_answer_is_returned_whatever_it_is():
    with hook_server() as server:
        for status in (204, 302, 404, 500):
            server.status = status
            assert send(server) == status


def test_a_redirect_is_not_followed():
    with hook_server() as server, hook_server() as other:
        server.status, server.headers = 307, {"Location": other.url}
        assert send(server) == 307
        assert other.seen == []


def test_host_path_and_query_arrive_as_they_stand_in_the_url():
    with hook_server() as server:
        url = f"http://hooks.example.org:{server.port}/a%20b/ü?x=1&y=%2F"
        assert send(server, url, resolver=Names([HOST])) == 204
        assert server.seen[0]["host"] == f"hooks.example.org:{server.port}"
        assert server.seen[0]["x-one"] == "1"


def test_a_proxy_in_the_environment_is_not_asked(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with hook_server() as server:
        assert send(server) == 204


def drip(handler) -> None:
    """Answer a byte at a time, for ever."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 1000:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)


def say(*lines: bytes, again: int = 1):
    """Answer exactly this."""

    def raw(handler) -> None:
        for _ in range(again):
            for line in lines:
                handler.wfile.write(line)

    return raw


def timed(call) -> float:
    began = time.monotonic()
    with pytest.raises(OSError):  # noqa: PT011  the sort is the sentence here
        call()
    return time.monotonic() - began


def test_an_answer_that_drips_ends_in_time():
    with hook_server() as server:
        server.raw = drip
        assert timed(lambda: send(server, seconds=0.5)) < 1.5


def test_a_server_that_says_nothing_ends_in_time():
    with hook_server() as server:
        server.pause = 3
        assert timed(lambda: send(server, seconds=0.5)) < 1.5


def test_a_resolver_that_says_nothing_ends_in_time():
    def slow(host: str, port: int) -> list[str]:
        time.sleep(3)
        return [HOST]

    assert timed(lambda: post("http://a.example/", b"", {}, ANYTHING, slow, seconds=0.3)) < 1.5


def test_a_server_that_never_finishes_its_handshake_ends_in_time():
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        silent.listen()
        url = f"https://{HOST}:{silent.getsockname()[1]}/"
        assert timed(lambda: post(url, b"", {}, ANYTHING, seconds=0.5)) < 1.5


def test_a_body_that_nobody_reads_ends_in_time():
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        silent.listen()
        url = f"http://{HOST}:{silent.getsockname()[1]}/"
        assert timed(lambda: post(url, b"x" * 50_000_000, {}, ANYTHING, seconds=0.5)) < 1.5


def test_by_default_it_is_ten_seconds():
    assert posting.SECONDS == 10


@pytest.mark.parametrize(
    ("lines", "again"),
    [
        ((b"HTTP/1.1 100 Continue\r\n\r\n",), 10_000),
        ((b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5_000,), 1),
        ((b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"y" * 60_000 + b"\r\n") * 3,), 1),
        ((b"HTTP/1.1 200 " + b"x" * 200_000,), 1),
        ((b"no http at all\r\n\r\n",), 1),
        ((b"HTTP/1.1 abc\r\n\r\n",), 1),
        ((b"\xff\xfe\0",), 1),
        ((), 1),
    ],
)
def test_an_answer_that_is_too_long_or_no_answer_is_a_failure(lines, again):
    with hook_server() as server:
        server.raw = say(*lines, again=again)
        with pytest.raises(OSError):  # noqa: PT011
            send(server)


def test_at_most_64_kilobytes_of_an_answer_are_read():
    answer = posting._Answer(posting._Line(Endless(), time.monotonic() + 5))
    with pytest.raises(OSError, match="too long"):
        read_all(answer)
    assert answer.source.line.given == 64 * 1024


def read_all(answer: posting._Answer) -> None:
    while answer.readinto(bytearray(1000)):
        pass


class Endless:
    """A socket from which one can read without end."""

    given = 0

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv_into(self, buffer, count: int) -> int:
        self.given += count
        return count


# --- TLS ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate for hooks.example.org; return (what the server uses, what a client trusts)."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example.org")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.org")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key").write_bytes(key.private_bytes(*form))
    (folder / "certificate").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificate", folder / "key")
    return server, ssl.create_default_context(cafile=str(folder / "certificate"))


def test_over_tls_the_name_of_the_url_is_asked_for_at_the_address_that_was_checked(certificate):
    server_side, client_side = certificate
    names: list[str | None] = []
    server_side.sni_callback = lambda line, name, context: names.append(name)
    with hook_server(context=server_side) as server:
        url = f"https://hooks.example.org:{server.port}/"
        assert post(url, b"{}", {}, Rules(private=True), Names([HOST]), client_side) == 204
        assert server.seen[0]["host"] == f"hooks.example.org:{server.port}"
    assert names == ["hooks.example.org"]


def test_a_certificate_of_another_name_is_refused(certificate):
    server_side, client_side = certificate
    with hook_server(context=server_side) as server:
        url = f"https://other.example.org:{server.port}/"
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            post(url, b"{}", {}, Rules(private=True), Names([HOST]), client_side)
        assert server.seen == []


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate):
    server_side, _ = certificate
    with hook_server(context=server_side) as server:
        url = f"https://hooks.example.org:{server.port}/"
        with pytest.raises(ssl.SSLCertVerificationError):
            post(url, b"{}", {}, Rules(private=True), Names([HOST]))
        assert server.seen == []


def test_the_ranges_are_those_that_python_does_not_call_global_and_more():
    for network in posting.is_public.__globals__["NOT_PUBLIC"]:
        assert isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network)
        assert not is_public(str(network[0]))
        assert not is_public(str(network[-1]))
