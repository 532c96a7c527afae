"""Which addresses of the internet protocol are public: the only ones that a webhook may reach."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

# IANA's special-purpose registries, and what carries an address of version 4 inside. Stated in full, because what
# Python calls global differs between its versions.
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
        # Of version 6 only 2000::/3 is given out at all; of it, not:
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
GIVEN_OUT = ip_network("2000::/3")


def is_public(address: str) -> bool:
    """Return whether an address, written in digits, is that of a machine on the public internet."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and (found not in GIVEN_OUT or found.scope_id):
        return False
    return not any(found in network for network in NOT_PUBLIC if network.version == found.version)
