"""Protection against server-side request forgery: which IP addresses are public and so open to webhooks."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

# IANA's special-purpose registries, and the ranges that embed an IPv4 address. Listed in full because the meaning of
# Python's `is_global` differs between versions.
NOT_PUBLIC = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        # Of IPv6 only 2000::/3 is allocated; inside it these are not public:
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
ALLOCATED_IPV6 = ip_network("2000::/3")


def is_public(address: str) -> bool:
    """Return whether an IP address is on the public internet; False for anything that is not an IP address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and (ip not in ALLOCATED_IPV6 or ip.scope_id):
        return False
    return not any(ip in network for network in NOT_PUBLIC if network.version == ip.version)
