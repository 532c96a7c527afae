"""Which addresses are on the public internet."""

from __future__ import annotations

import ipaddress

import pytest

from tests.support.names import INSIDE
from wizards.support.delivery.ssrf import NOT_PUBLIC, is_public

pytestmark = pytest.mark.once

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


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_on_the_public_internet_is_known_as_such(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_address_is_one(address):
    assert is_public(address)


def test_the_ranges_are_those_that_python_does_not_call_global_and_more():
    assert NOT_PUBLIC
    for network in NOT_PUBLIC:
        assert isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network)
        assert not is_public(str(network[0]))
        assert not is_public(str(network[-1]))
