"""One spelling of an address, and the network that one attacker or one office holds."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

# Reading an address takes longer than all else that is done with a row, and few sources send most rows.
_REMEMBERED = 16_384


@lru_cache(_REMEMBERED)
def network_of(source: str) -> str:
    """The /64 of an IPv6 address, what one line or one server gets (RFC 6177); anything else as it is."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    if not isinstance(address, IPv6Address):
        return source
    mapped = address.ipv4_mapped
    if mapped is not None:
        return str(mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"


@lru_cache(_REMEMBERED)
def one_spelling(source: str) -> str:
    """The address as RFC 5952 writes it; text that is no address stays."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def neighbourhood(source: str) -> str:
    """The /24 or /48 around an address: what one hosting customer often holds."""
    try:
        address = ip_address(source.partition("/")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> 80 << 80)}/48"
    return ".".join(str(address).split(".")[:3]) + ".0/24"
