"""IP addresses and CIDR networks in fields, IPv4 and IPv6."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_V4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}/\d{1,2}\Z")
_V6 = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*/\d{1,3}\Z")


@lru_cache(maxsize=1024)
def network(text: str) -> IPv4Network | IPv6Network | None:
    """The network of a CIDR text, host bits ignored; None when it is not one."""
    if not (_V4.match(text) or _V6.match(text)):
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def address(text: str) -> IPv4Address | IPv6Address | None:
    """The address of a text, or None."""
    try:
        return ip_address(text.strip())
    except ValueError:
        return None


def contains(cidr: str, ip: str) -> bool | None:
    """Whether the address lies in the network; None when the first is not a network or the second not an address."""
    net, ip_found = network(cidr), address(ip)
    if net is None or ip_found is None:
        return None
    return ip_found in net
