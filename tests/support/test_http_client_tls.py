"""POST over TLS: which certificates are accepted."""

from __future__ import annotations

import datetime
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.names import Names
from tests.support.receivers import HOST, hook_server
from wizards.support.delivery.http_client import AddressRules, post

pytestmark = pytest.mark.once


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
        assert post(url, b"{}", {}, AddressRules(private=True), Names([HOST]), client_side) == 204
        assert server.seen[0]["host"] == f"hooks.example.org:{server.port}"
    assert names == ["hooks.example.org"]


def test_a_certificate_of_another_name_is_refused(certificate):
    server_side, client_side = certificate
    with hook_server(context=server_side) as server:
        url = f"https://other.example.org:{server.port}/"
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            post(url, b"{}", {}, AddressRules(private=True), Names([HOST]), client_side)
        assert server.seen == []


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate):
    server_side, _ = certificate
    with hook_server(context=server_side) as server:
        url = f"https://hooks.example.org:{server.port}/"
        with pytest.raises(ssl.SSLCertVerificationError):
            post(url, b"{}", {}, AddressRules(private=True), Names([HOST]))
        assert server.seen == []
